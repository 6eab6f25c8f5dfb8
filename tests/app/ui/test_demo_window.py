"""The demo's window on a real X server, with a staged call behind it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.call.demo import DemoOptions, DemoReport
from app.settings import load_settings
from app.ui.demo_window import DemoWindow, show_demo
from tests.fakes.staged_demo import stage_demo


@pytest.fixture
def window(qtbot: QtBot, clip: Path) -> DemoWindow:
    """A window that shows the staged call."""
    shown = DemoWindow(DemoOptions(clip, seconds=60, size=(256, 256)), stage_demo)
    qtbot.addWidget(shown)
    shown.show()
    qtbot.waitExposed(shown)
    return shown


def test_draws_on_the_virtual_screen(qapp: QApplication, screen: str) -> None:
    assert qapp.platformName() == screen


def test_shows_three_pictures_and_their_figures(window: DemoWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.badge.text() == "Face stream", timeout=10_000)
    assert window.original.picture.image_size == (512, 512)
    assert window.received.picture.image_size == (256, 256)
    assert window.h265.picture.image_size == (256, 256)
    assert window.tiles["payload_kbps"].text == "1.9"
    assert window.received.figure.text() == "1.9 kbps"
    assert window.h265.figure.text().endswith(" kbps")
    assert window.reason.text() == "the identity arrived"


def test_a_key_changes_the_size_while_the_call_runs(window: DemoWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.received.picture.image_size == (256, 256), timeout=10_000)
    qtbot.keyClick(window, Qt.Key.Key_5)
    qtbot.waitUntil(lambda: window.received.picture.image_size == (1024, 1024), timeout=10_000)
    assert window.size_bar.side == 1024
    qtbot.keyClick(window, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: window.received.picture.image_size == (768, 768), timeout=10_000)
    window.size_bar.choose(128)
    qtbot.waitUntil(lambda: window.received.picture.image_size == (128, 128), timeout=10_000)


def test_space_holds_the_picture_and_the_call_goes_on(window: DemoWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.received.picture.image_size is not None, timeout=10_000)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.keyClick(window, Qt.Key.Key_3)
    qtbot.wait(200)
    assert window.received.picture.image_size == (256, 256)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.received.picture.image_size == (512, 512), timeout=10_000)


def test_closing_ends_the_call(window: DemoWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.received.picture.image_size is not None, timeout=10_000)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isVisible()
    assert window.bridge.stop(timeout_s=5)
    assert window.bridge.report is not None


def test_a_slow_window_drops_pictures_and_the_call_does_not_wait(qapp: QApplication, qtbot: QtBot, clip: Path) -> None:
    window = DemoWindow(DemoOptions(clip, seconds=1, size=(128, 128)), stage_demo)
    qtbot.addWidget(window)
    assert window.bridge.stop(timeout_s=0) is False  # nobody runs the event loop from here on
    qtbot.waitUntil(lambda: window.bridge.stop(timeout_s=5), timeout=10_000)


def test_the_window_closes_at_the_end_and_gives_the_report(qapp: QApplication, clip: Path) -> None:
    report = show_demo(DemoOptions(clip, seconds=1, size=(256, 256)), close_at_end=True, run=stage_demo)
    assert report is not None
    assert report.frames_shown == 25


def test_the_chosen_size_is_remembered(qapp: QApplication, clip: Path) -> None:
    show_demo(DemoOptions(clip, seconds=1, size=(512, 512)), close_at_end=True, run=stage_demo)
    assert load_settings().size == 512


def test_what_ended_the_call_is_raised_when_the_window_closes(qapp: QApplication, clip: Path) -> None:
    def fail(*_: object, **__: object) -> DemoReport:
        raise RuntimeError("the peers did not connect")

    with pytest.raises(RuntimeError, match="did not connect"):
        show_demo(DemoOptions(clip), close_at_end=True, run=fail)
