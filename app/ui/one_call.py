"""The client opened for one call that a command line has asked for."""

from __future__ import annotations

from dataclasses import replace

from app.call.meeting import MeetingEvents, MeetingOptions, MeetingReport
from app.ui.application import make_application
from app.ui.call_page import CallPage
from app.ui.call_request import CallRequest
from app.ui.context import Context, Hold
from app.ui.main_window import MainWindow, run_window


def show_call(options: MeetingOptions, events: MeetingEvents, hold: Hold | None = None) -> MeetingReport:
    """Open the client on this call, and return when it is closed.

    Args:
        options: what call.
        events: told too, whatever happens.
        hold: what holds the call; the real thing when not given.

    Raises:
        ValueError: there is no display.
        Exception: what ended the call before its time.
    """
    make_application()
    results: list[MeetingReport | Exception] = []
    context = Context(hold=hold)
    window = MainWindow(context)
    known = replace(options.session, known=context.people.known_identity)
    request = CallRequest(
        "host" if options.code is None else "join",
        options.code or "",
        replace(options, session=known, asks=options.code is None),
        events,
        results.append,
    )
    window.show_page("call", request)
    page = window.page
    assert isinstance(page, CallPage)

    def close_in_time() -> None:
        if any(isinstance(result, MeetingReport) and result.ended == "its time was over" for result in results):
            window.close_now()

    page.call_over.connect(close_in_time)
    run_window(window)
    if not results:
        raise RuntimeError("closed before the call began")
    if isinstance(results[0], Exception):
        raise results[0]
    return results[0]
