"""The enrolment page on a real X server: a clip in the camera's place, staged trainings, and a real tiny one."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QListWidget, QWidget
from pytestqt.qtbot import QtBot

from app import paths
from app.call.stage import Stage
from app.enrolment import training, workshop
from app.enrolment.acts import Act
from app.enrolment.coverage import NEEDED_S, Coverage
from app.enrolment.guide import Guide, GuideView
from app.enrolment.reading import FaceReading
from app.enrolment.script import Script
from app.enrolment.trial import Trial
from app.enrolment.workshop import Unfinished, Workshop
from app.settings import NO_CAMERA, Settings, save_settings
from app.ui import enrol_bridges
from app.ui.context import Context
from app.ui.enrol_page import EnrolPage
from app.ui.enrol_views import ErrorView

SAYS = """
import os, sys
from app.enrolment.progress_lines import EnrolProgress, format_progress
def say(fraction): print(format_progress(EnrolProgress("training", fraction, 120.0)), file=sys.stderr, flush=True)
"""
WAITS = SAYS + "say(0.25); sys.stdin.read(); sys.exit(130)"
CRASHES = "import sys; print('visavis enroll: not enough memory', file=sys.stderr); sys.exit(1)"

SEEN = Coverage({act: needed for act, needed in NEEDED_S.items() if act is not Act.BROWS})


def succeeds(sample: Path, result: Path) -> str:
    done = '{"seconds": 2, "train_psnr": 31.5, "model_bytes": 2000000}'
    return SAYS + f"import shutil; say(0.9); shutil.copy({str(sample)!r}, {str(result)!r}); print('{done}')"


class QuickGuide(Guide):
    """Is content after some pictures of anybody."""

    def __init__(self, ends: str = "done") -> None:
        super().__init__()
        self.ends, self.count = ends, 0

    def update(self, reading: FaceReading | None, now_ns: int) -> GuideView:
        view = super().update(reading, now_ns)
        self.count += reading is not None
        stage = self.ends if self.count > 15 else "recording"
        return GuideView(stage, view.problem, 1.0, None, 1, "", Script(), SEEN, keep=True)  # type: ignore[arg-type]


class StagedTrial(Stage):
    """Shows one pair of pictures."""

    def __init__(self, *arguments: object) -> None:
        super().__init__("trial", lambda *_: None)
        self._on_pair = arguments[2]

    def step(self) -> None:
        rgb = np.zeros((64, 64, 3), np.uint8)
        assert callable(self._on_pair)
        self._on_pair(rgb, rgb)
        self._stopping.wait(0.05)


class Bench:
    """Opens pages, and sees that nothing of them is left."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.asked: list[str] = []
        self.answer = True
        self.context = Context(ask=self._ask)

    def _ask(self, parent: QWidget, title: str, question: str, yes: str) -> bool:
        self.asked.append(title)
        return self.answer

    def open(
        self,
        program: str | Callable[[Unfinished], str] = WAITS,
        camera: Path | None = None,
        guide: Callable[[], Guide] = QuickGuide,
    ) -> EnrolPage:
        def command(unfinished: Unfinished, minutes: float, threads: int) -> list[str]:
            return [sys.executable, "-c", program if isinstance(program, str) else program(unfinished)]

        return self.show(EnrolPage(self.context, camera or paths.sample_clip(), lambda _: guide(), command))

    def show(self, page: EnrolPage) -> EnrolPage:
        self.qtbot.addWidget(page, before_close_func=leave)
        page.resize(1100, 700)
        page.show()
        page.entered()
        return page

    def agree(self, page: EnrolPage) -> None:
        """Through the consent, by keyboard and mouse."""
        self.qtbot.mouseClick(page.overview.make, Qt.MouseButton.LeftButton)
        assert page.stack.currentWidget() is page.consent
        assert not page.consent.go_on.isEnabled()
        page.consent.name.setText("Ada")
        assert not page.consent.go_on.isEnabled()
        page.consent.consent.setFocus()
        self.qtbot.keyClick(page.consent.consent, Qt.Key.Key_Space)
        self.qtbot.mouseClick(page.consent.go_on, Qt.MouseButton.LeftButton)

    def wait_for(self, page: EnrolPage, view: QWidget) -> None:
        self.qtbot.waitUntil(lambda: page.stack.currentWidget() is view, timeout=60_000)


def leave(page: QWidget) -> None:
    """What the window does when it closes; no timer may go on."""
    assert isinstance(page, EnrolPage)
    page.hide()
    page.left()
    assert not any(timer.isActive() for timer in page.findChildren(QTimer))


@pytest.fixture
def bench(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(enrol_bridges, "Trial", StagedTrial)
    before = set(threading.enumerate())
    made = Bench(qtbot)
    yield made
    assert made.context.retirement.wait(30)
    qtbot.waitUntil(lambda: set(threading.enumerate()) <= before, timeout=30_000)
    folder = paths.enrolment_folder()
    assert not folder.exists() or not list(folder.glob("take-*"))


def test_nothing_begins_without_consent_and_a_cancel_leads_back(bench: Bench) -> None:
    page = bench.open()
    bench.wait_for(page, page.overview)
    bench.qtbot.mouseClick(page.overview.make, Qt.MouseButton.LeftButton)
    page.consent.name.setText("Ada")
    page.consent.cancelled.emit()
    assert page.stack.currentWidget() is page.overview
    assert not paths.enrolment_folder().exists()


def test_from_a_recording_to_the_own_avatar(bench: Bench) -> None:
    page = bench.open(lambda unfinished: succeeds(paths.sample_identity(), unfinished.result))
    bench.agree(page)
    bench.wait_for(page, page.recording)
    bench.qtbot.waitUntil(lambda: page.recording.ring.has_picture, timeout=60_000)
    bench.wait_for(page, page.result)
    assert "2 000 KB" in page.result.detail.text()
    bench.qtbot.waitUntil(lambda: page.result.avatar.image_size is not None, timeout=10_000)
    assert "raised brows" in page.result.hint.text()
    bench.qtbot.mouseClick(page.result.use, Qt.MouseButton.LeftButton)
    bench.wait_for(page, page.overview)
    assert bench.context.settings.identity == "Ada"
    assert paths.kept_identity("Ada").read_bytes() == paths.sample_identity().read_bytes()
    assert Workshop().unfinished() is None
    bench.qtbot.waitUntil(lambda: page.overview.list.count() == 1, timeout=10_000)


def test_recording_more_learns_from_both(bench: Bench) -> None:
    page = bench.open(lambda unfinished: succeeds(paths.sample_identity(), unfinished.result))
    bench.agree(page)
    bench.wait_for(page, page.result)
    bench.qtbot.mouseClick(page.result.record_more, Qt.MouseButton.LeftButton)
    bench.wait_for(page, page.recording)
    bench.wait_for(page, page.result)
    unfinished = Workshop().unfinished()
    assert unfinished is not None
    assert len(unfinished.clips) == 2


def test_leaving_a_recording_asks_and_deletes_it(bench: Bench) -> None:
    page = bench.open(guide=lambda: QuickGuide("recording"))
    bench.agree(page)
    bench.qtbot.waitUntil(lambda: page.recording.ring.has_picture, timeout=60_000)
    bench.answer = False
    assert not page.may_leave()
    bench.answer = True
    assert page.may_leave()
    page.left()
    assert bench.context.retirement.wait(30)
    assert list(paths.enrolment_folder().iterdir()) == []


def test_a_pause_keeps_the_training_and_it_goes_on(bench: Bench) -> None:
    page = bench.open(WAITS)
    bench.agree(page)
    bench.wait_for(page, page.training)
    bench.qtbot.waitUntil(lambda: page.training.bar.value() == 250, timeout=30_000)
    assert page.training.left_over.text() == "about 2 minutes left"
    bench.qtbot.mouseClick(page.training.pause, Qt.MouseButton.LeftButton)
    bench.wait_for(page, page.overview)
    bench.qtbot.waitUntil(lambda: page.overview.unfinished.isVisible(), timeout=10_000)
    bench.qtbot.mouseClick(page.overview.continue_training, Qt.MouseButton.LeftButton)
    bench.wait_for(page, page.training)
    page.left()


def test_an_unfinished_recording_can_be_thrown_away(bench: Bench) -> None:
    take = Workshop().begin_take()
    take.clip.write_bytes(b"a clip")
    Workshop().begin_training("Ada", take, SEEN)
    page = bench.open()
    bench.qtbot.waitUntil(lambda: page.overview.unfinished.isVisible(), timeout=10_000)
    bench.qtbot.mouseClick(page.overview.discard, Qt.MouseButton.LeftButton)
    assert Workshop().unfinished() is None
    assert len(bench.asked) == 1


def test_a_crashed_training_says_why_and_can_go_on(bench: Bench) -> None:
    page = bench.open(CRASHES)
    bench.agree(page)
    bench.wait_for(page, page.error)
    assert page.error.headline.text() == "Learning was broken off"
    assert page.error.detail.text() == "not enough memory"
    assert Workshop().unfinished() is not None
    bench.qtbot.mouseClick(page.error.try_again, Qt.MouseButton.LeftButton)
    bench.wait_for(page, page.training)
    bench.wait_for(page, page.error)


def shown_error(bench: Bench, page: EnrolPage) -> ErrorView:
    bench.wait_for(page, page.error)
    assert page.error.advice.text()
    return page.error


def test_without_a_camera_it_says_what_to_do(bench: Bench, tmp_path: Path) -> None:
    page = bench.open(camera=tmp_path / "unplugged.mp4")
    bench.agree(page)
    assert shown_error(bench, page).headline.text() == "The camera cannot be used"


def test_no_camera_in_the_settings_is_told_too(bench: Bench) -> None:
    save_settings(Settings(camera=NO_CAMERA))
    bench.context = Context(ask=bench._ask)
    page = bench.show(EnrolPage(bench.context))
    bench.agree(page)
    assert "settings" in shown_error(bench, page).detail.text()


def test_a_full_disk_is_told_before_anything_is_recorded(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop, "FREE_LEAST_BYTES", 1 << 62)
    page = bench.open()
    bench.agree(page)
    assert shown_error(bench, page).headline.text() == "The disk is full"


def test_a_disk_that_fills_up_while_recording_is_told_of(bench: Bench) -> None:
    page = bench.open(guide=lambda: QuickGuide("recording"))
    bench.agree(page)
    bench.qtbot.waitUntil(lambda: page.recording.ring.has_picture, timeout=60_000)
    assert page._studio is not None
    page._studio.failed.emit("recorder", "No space left on device")
    assert shown_error(bench, page).headline.text() == "The disk is full"


def test_who_cannot_be_verified_is_told_kindly(bench: Bench) -> None:
    page = bench.open(guide=lambda: QuickGuide("refused"))
    bench.agree(page)
    assert "make sure that it is you" in shown_error(bench, page).headline.text()


def test_a_dark_picture_and_no_face_are_told_while_recording(bench: Bench, clip: Path) -> None:
    page = bench.open(camera=clip, guide=Guide)
    bench.agree(page)
    bench.qtbot.waitUntil(lambda: "cannot see a face" in page.recording.problem.text(), timeout=60_000)


def test_avatars_are_chosen_renamed_exported_and_deleted(bench: Bench, tmp_path: Path) -> None:
    for name in ("Ada", "Ben"):
        path = paths.kept_identity(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(paths.sample_identity().read_bytes())
    page = bench.open()
    bench.qtbot.waitUntil(lambda: page.overview.list.count() == 2, timeout=10_000)
    page.overview.list.setCurrentRow(1)
    bench.qtbot.mouseClick(page.overview.use, Qt.MouseButton.LeftButton)
    assert bench.context.settings.identity == "Ben"
    page.kept.rename("Ben", "Benny")
    assert bench.context.settings.identity == "Benny"
    assert not paths.kept_identity("Ben").exists()
    page.kept.export("Benny", tmp_path / "copy.visavis")
    assert (tmp_path / "copy.visavis").stat().st_size > 1_000_000
    bench.qtbot.waitUntil(lambda: page.overview.list.count() == 2, timeout=10_000)
    page.overview.deleted.emit("Benny")
    assert bench.context.settings.identity == ""
    assert not paths.kept_identity("Benny").exists()


def test_a_name_that_is_taken_is_not_given(bench: Bench) -> None:
    for name in ("Ada", "Ben"):
        path = paths.kept_identity(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(paths.sample_identity().read_bytes())
    page = bench.open()
    told: list[str] = []
    page.noticed.connect(lambda text, is_fault: told.append(text))
    page.kept.rename("Ada", "Ben")
    page.kept.rename("Ada", "../Ben")
    assert len(told) == 2
    assert paths.kept_identity("Ada").exists()


def test_every_control_has_a_name_for_screen_readers_and_keys_reach_it(bench: Bench) -> None:
    page = bench.open()
    bench.qtbot.waitUntil(lambda: bool(page.overview.make.text()), timeout=10_000)
    kinds = (QAbstractButton, QLineEdit, QComboBox, QListWidget)
    for view in (page.overview, page.consent, page.recording, page.training, page.result, page.error):
        for control in [one for kind in kinds for one in view.findChildren(kind)]:
            if control.objectName().startswith("qt_"):
                continue
            named = control.accessibleName() or getattr(control, "text", str)()
            assert named or view is page.consent, control
            assert control.focusPolicy() & Qt.FocusPolicy.TabFocus, control


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_from_a_file_to_a_first_tiny_avatar(bench: Bench) -> None:
    """The real command on some pictures of the sample, paused once and taken up again."""

    budgets = iter((5.0, 0.01))  # the second one is spent when it begins, so it packs what the first one learned

    def real(unfinished: Unfinished, minutes: float, threads: int) -> list[str]:
        command = training.training_command(unfinished, next(budgets), 2, 64)
        return [*command, "--frames", "0:40"]

    page = bench.show(EnrolPage(bench.context, paths.sample_clip(), make_command=real))
    page._ask_consent(paths.sample_clip())
    page.consent.name.setText("Sample")
    page.consent.consent.setChecked(True)
    page.consent.agreed.emit()
    bench.wait_for(page, page.training)
    unfinished = Workshop().unfinished()
    assert unfinished is not None
    bench.qtbot.waitUntil(lambda: (unfinished.folder / "tracking.npz").exists(), timeout=110_000)
    bench.qtbot.waitUntil(lambda: "how you look" in page.training.stage.text(), timeout=300_000)
    page.training.paused.emit()
    bench.qtbot.waitUntil(lambda: page.stack.currentWidget() is page.overview, timeout=60_000)
    assert (unfinished.folder / "training.npz").exists()
    page.overview.go_on.emit()
    bench.qtbot.waitUntil(lambda: page.stack.currentWidget() is page.result, timeout=200_000)
    assert paths.check_input(unfinished.result, "identity").stat().st_size > 100_000
    bench.qtbot.waitUntil(lambda: page.result.camera.image_size is not None, timeout=110_000)
    page.result.used.emit()
    assert bench.context.settings.identity == "Sample"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_real_avatar_moves_beside_the_camera(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrol_bridges, "Trial", Trial)
    page = bench.open(lambda unfinished: succeeds(paths.sample_identity(), unfinished.result))
    bench.agree(page)
    bench.wait_for(page, page.result)
    bench.qtbot.waitUntil(lambda: page.result.avatar.image_size == (384, 384), timeout=300_000)
    assert page.result.camera.image_size == (512, 512)
