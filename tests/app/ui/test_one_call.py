"""The client opened for one call, as `visavis host` and `visavis call` do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.call.meeting import MeetingEvents, MeetingOptions, MeetingReport
from app.call.options import SessionOptions
from app.ui.main_window import MainWindow
from app.ui.one_call import show_call
from tests.fakes.client import CODE, StagedCall
from tests.fakes.meeting import REPORT

OPTIONS = MeetingOptions(SessionOptions(size=(256, 256)), "ws://nowhere/v1")


def close_after(milliseconds: int) -> None:
    def close() -> None:
        for window in QApplication.topLevelWidgets():
            if isinstance(window, MainWindow) and window.isVisible():
                window.close_now()

    QTimer.singleShot(milliseconds, close)


def test_events_are_passed_on_and_the_report_comes_back(qapp: QApplication) -> None:
    codes: list[str] = []
    events = MeetingEvents(on_code=codes.append)
    staged = StagedCall(report=replace(REPORT, ended="its time was over"))

    def end_at_once(options: MeetingOptions, told: MeetingEvents, *rest: object) -> MeetingReport:
        assert options.asks
        told.on_code(CODE)
        return staged.report

    assert show_call(OPTIONS, events, end_at_once).ended == "its time was over"
    assert codes == [CODE]


def test_a_window_that_is_closed_hangs_up(qapp: QApplication) -> None:
    staged = StagedCall()
    staged.go_on.set()
    close_after(500)
    assert show_call(replace(OPTIONS, code=CODE), MeetingEvents(), staged) == REPORT
    assert not staged.held[0].asks


def test_what_kept_the_ends_apart_is_raised_when_the_window_closes(qapp: QApplication) -> None:
    close_after(500)
    with pytest.raises(ValueError, match="wrong code"):
        show_call(OPTIONS, MeetingEvents(), StagedCall(error=ValueError("wrong code")))
