"""A call's window on a real X server, with a staged call behind it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.call.meeting import MeetingEvents, MeetingOptions, MeetingReport
from app.call.options import SessionOptions
from app.ui.call_window import CallWindow, show_call
from tests.fakes.meeting import CODE, REPORT, SAFETY, stage_meeting

OPTIONS = MeetingOptions(SessionOptions(size=(256, 256)), "ws://nowhere/v1")


@pytest.fixture
def window(qtbot: QtBot) -> CallWindow:
    shown = CallWindow(OPTIONS, MeetingEvents(), stage_meeting)
    qtbot.addWidget(shown)
    shown.show()
    qtbot.waitExposed(shown)
    return shown


def test_shows_the_code_then_the_other_person_and_the_safety_string(window: CallWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.code == CODE, timeout=10_000)
    qtbot.waitUntil(lambda: window.badge.text() == "Face stream", timeout=10_000)
    assert window.received.picture.image_size == (256, 256)
    assert window.tiles["payload_kbps"].text == "1.9"
    assert SAFETY.emoji in window.safety.text()
    assert SAFETY.names in window.safety.text()


def test_a_key_changes_the_size_and_escape_hangs_up(window: CallWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.received.picture.image_size == (256, 256), timeout=10_000)
    qtbot.keyClick(window, Qt.Key.Key_M)
    assert window.bridge.mute.is_set()
    assert window.windowTitle() == "Visavis, muted"
    qtbot.keyClick(window, Qt.Key.Key_M)
    assert not window.bridge.mute.is_set()
    qtbot.keyClick(window, Qt.Key.Key_3)
    qtbot.waitUntil(lambda: window.received.picture.image_size == (512, 512), timeout=10_000)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isVisible()
    assert window.bridge.stop(timeout_s=5)
    assert window.bridge.report == REPORT


def test_reconnecting_shows_until_it_is_over(window: CallWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.badge.text() == "Face stream", timeout=10_000)
    window.bridge.phase_changed.emit("reconnecting")
    qtbot.wait(300)
    assert window.badge.text() == "reconnecting"
    window.bridge.phase_changed.emit("connected")
    qtbot.waitUntil(lambda: window.badge.text() == "Face stream", timeout=10_000)


def test_events_are_passed_on_and_the_report_comes_back(qapp: QApplication, qtbot: QtBot) -> None:
    codes: list[str] = []
    events = MeetingEvents(on_code=codes.append)

    def end_at_once(*arguments: object, **_: object) -> MeetingReport:
        told = arguments[1]
        assert isinstance(told, MeetingEvents)
        told.on_code(CODE)
        return MeetingReport("host", "its time was over", "", 0, {}, 0, 0, 0, 0, 0, 0, 0, 0)

    assert show_call(OPTIONS, events, end_at_once).ended == "its time was over"
    assert codes == [CODE]


def test_what_kept_the_ends_apart_is_raised_when_the_window_closes(qapp: QApplication, qtbot: QtBot) -> None:
    def fail(*_: object, **__: object) -> MeetingReport:
        raise ValueError("wrong code")

    window = CallWindow(OPTIONS, MeetingEvents(), fail)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: window.badge.text() == "ended", timeout=10_000)
    assert window.news.text() == "wrong code"
    assert isinstance(window.bridge.error, ValueError)
