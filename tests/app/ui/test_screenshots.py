"""The pictures for the README."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from app.call.demo import DemoOptions
from app.call.meeting import MeetingOptions, MeetingReport
from app.ui import page_pictures
from app.ui.main_window import MainWindow
from app.ui.page_pictures import WINDOW as PAGE_WINDOW
from app.ui.page_pictures import take_pages
from app.ui.screenshots import WINDOW, take_demo
from tests.app.ui.readable import cut_off
from tests.fakes.client import StagedCall
from tests.fakes.staged_demo import stage_demo


def test_the_demo_is_pictured_in_its_face_mode(qapp: QApplication, clip: Path, tmp_path: Path) -> None:
    target = take_demo(tmp_path / "shots", DemoOptions(clip, seconds=30), stage_demo, settled_ns=300_000_000)
    image = QImage(str(target))
    assert (image.width(), image.height()) == WINDOW
    colours = {image.pixelColor(x, WINDOW[1] // 2).name() for x in range(0, WINDOW[0], 7)}
    assert len(colours) > 10


def test_a_call_that_ends_too_early_is_told_of(qapp: QApplication, clip: Path, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="before the face stream"):
        take_demo(tmp_path, DemoOptions(clip, seconds=0.5), stage_demo)


def test_every_page_is_pictured_in_light_and_dark_and_no_text_is_cut_off(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, unreadable = page_pictures._take, dict[str, list[str]]()

    def look_and_take(application: QApplication, window: MainWindow, folder: Path, name: str) -> list[Path]:
        taken = take(application, window, folder, name)
        if found := cut_off(window):
            unreadable[name] = found
        return taken

    monkeypatch.setattr(page_pictures, "_take", look_and_take)
    staged = StagedCall()
    staged.go_on.set()

    def hold(options: MeetingOptions, *rest: object) -> MeetingReport:
        return staged(replace(options, asks=False, code="is joined"), *rest)  # type: ignore[arg-type]  # as it is called

    taken = take_pages(tmp_path / "shots", hold, settled_s=0.3, portray=lambda pictures: pictures[0])
    names = {path.name for path in taken}
    for page in ("home", "code", "incoming", "call", "call-chat", "call-over", "enrol-recording", "settings-2"):
        assert {f"{page}-light.png", f"{page}-dark.png"} <= names
        light, dark = (QImage(str(tmp_path / "shots" / f"{page}-{words}.png")) for words in ("light", "dark"))
        assert light.pixelColor(5, 40).lightness() >= dark.pixelColor(5, 40).lightness()
        assert light.width() >= PAGE_WINDOW[0]
    assert not unreadable
