"""Pictures of every page of the client, in light and dark, of the sample portrait alone."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication

from app import paths
from app.call.camera import FileCamera
from app.call.meeting import MeetingEvents, MeetingOptions, MeetingReport
from app.call.shown import ShownFrame
from app.call.wishes import Say, Wishes
from app.net.safety import SafetyString
from app.people import People
from app.ui import theme
from app.ui.application import make_application
from app.ui.call_page import CallPage
from app.ui.call_request import CallRequest
from app.ui.context import Context, Hold
from app.ui.demo_call import demo_options, hold_demo
from app.ui.enrol_page import EnrolPage
from app.ui.enrol_screenshots import Portray, portray_sample, stage_views
from app.ui.main_window import MainWindow
from app.ui.pages import ENTRIES
from app.ui.settings_page import SettingsPage
from models.clip import read_clip

WINDOW = (1120, 760)

WIDTH_PX = 1120
"""Of a picture: as wide as the window, drawn twice as large, so that letters are smooth, and under half a megabyte."""

CODE = "7-crossover-clockwork"
SAFETY = SafetyString((0, 12, 25, 33, 47, 61))

SETTLED_S = 8.0
"""Time in the call after which its figures have something to say."""

LONGEST_S = 90.0

THEMES = {"light": theme.LIGHT, "dark": theme.DARK}


@dataclass
class SampleCall:
    """A call with the sample portrait: what comes before the picture is staged, the picture is that of a real call.

    Attributes:
        hold: what holds it.
        somebody_calls: set when somebody is to have typed the code.
    """

    hold: Hold = hold_demo
    somebody_calls: threading.Event = field(default_factory=threading.Event)

    def __call__(
        self,
        options: MeetingOptions,
        events: MeetingEvents,
        on_frame: Callable[[ShownFrame], None],
        wishes: Wishes,
    ) -> MeetingReport:
        """Hold it; see `app.call.meeting.hold_meeting`."""
        events.on_code(CODE)
        events.on_phase("waiting")
        while not (self.somebody_calls.wait(0.05) or wishes.leave.is_set()):
            pass
        events.on_safety(SAFETY)
        events.on_phase("incoming")
        while not (wishes.answer or wishes.leave.wait(0.05)):
            pass
        own = FileCamera(paths.sample_clip(), 256, events.news.on_own, lambda name, exc: None)
        own.begin(time.monotonic_ns())
        confirming = threading.Thread(target=_confirm, args=(events, wishes), daemon=True)
        confirming.start()
        try:
            return self.hold(options, events, on_frame, wishes)
        finally:
            own.request_stop()
            own.join()
            confirming.join()


def _confirm(events: MeetingEvents, wishes: Wishes) -> None:
    """Say of each line of chat that it has arrived."""
    number = 0
    while not wishes.leave.wait(0.1):
        for request in wishes.requests.take_all():
            if isinstance(request, Say):
                number += 1
                events.news.on_chat_arrived(number)


def take_pages(
    folder: Path, hold: Hold = hold_demo, settled_s: float = SETTLED_S, portray: Portray = portray_sample
) -> list[Path]:
    """Write a picture of every page in both themes.

    Args:
        folder: where they go; made if it is missing.
        hold: what holds the call.
        settled_s: time in the call before its picture is taken.
        portray: renders the sample's avatar for the pages of the enrolment.

    Raises:
        RuntimeError: the call showed no picture.
    """
    folder.mkdir(parents=True, exist_ok=True)
    application = make_application()
    before = theme.colours()
    with tempfile.TemporaryDirectory() as own:
        sample = SampleCall(hold)
        context = Context(
            Path(own) / "settings.json",
            hold=sample,
            make_options=lambda settings, code, known: demo_options(settings),
            people=_sample_people(Path(own)),
        )
        window = MainWindow(context)
        window.resize(*WINDOW)
        window.show()
        taken = _take_plain_pages(application, window, folder, portray)
        taken += _take_call(application, window, folder, sample, settled_s)
        window.close_now()
    theme.apply(application, before)
    return taken


def _sample_people(folder: Path) -> People:
    """A list with the sample portrait in it."""
    people = People(folder)
    picture = next(read_clip(paths.sample_clip(), size=256)).rgb
    people.met("Sample portrait", people.keep_identity(paths.sample_identity().read_bytes()), picture, time.time(), 61)
    return people


def _take_plain_pages(application: QApplication, window: MainWindow, folder: Path, portray: Portray) -> list[Path]:
    taken = []
    for entry in ENTRIES:
        if entry.name == "call":
            continue
        window.show_page(entry.name)
        page = window.page
        if isinstance(page, EnrolPage):
            run_for(0.5)  # what is kept on this computer comes first, and is none of the pictures' business
            for name in stage_views(page, portray):
                taken += _take(application, window, folder, name)
            page.show_overview()
        elif isinstance(page, SettingsPage):
            for number, part in enumerate((page.devices.mirror, page.data, page.look)):
                page.scroll_to(part)
                taken += _take(application, window, folder, f"{entry.name}-{number + 1}")
        else:
            taken += _take(application, window, folder, entry.name)
    return taken


def _take_call(
    application: QApplication, window: MainWindow, folder: Path, sample: SampleCall, settled_s: float
) -> list[Path]:
    window.show_page("call", CallRequest("host"))
    page = window.page
    assert isinstance(page, CallPage)
    _until(lambda: page.waiting.code.text() == CODE)
    taken = _take(application, window, folder, "code")
    sample.somebody_calls.set()
    _until(lambda: page.views.currentWidget() is page.incoming)
    taken += _take(application, window, folder, "incoming")
    page.incoming.accept.click()
    _until(lambda: page.deck.top.badge.property("tone") == "face")
    page.actions_.enable(in_call=True, is_demo=False)
    run_for(settled_s)
    taken += _take(application, window, folder, "call")
    page.actions_.figures.trigger()
    page.chat.add_theirs("Can you see me well?")
    page.actions_.chat.trigger()
    page._say("Perfectly, and it took two kilobits a second.")
    run_for(1.5)
    taken += _take(application, window, folder, "call-chat")
    page.actions_.hang_up.trigger()
    _until(lambda: page.views.currentWidget() is page.over)
    return [*taken, *_take(application, window, folder, "call-over")]


def _take(application: QApplication, window: MainWindow, folder: Path, name: str) -> list[Path]:
    taken = []
    for words, colours in THEMES.items():
        theme.apply(application, colours)
        run_for(0.4)
        path = folder / f"{name}-{words}.png"
        grabbed = window.grab().toImage()
        grabbed.setDevicePixelRatio(1)
        if grabbed.width() > WIDTH_PX:
            grabbed = grabbed.scaledToWidth(WIDTH_PX, Qt.TransformationMode.SmoothTransformation)
        if not grabbed.save(str(path)):
            raise OSError(f"cannot be written: {path}")
        taken.append(path)
    return taken


def run_for(seconds: float) -> None:
    """Let the window live for so long."""
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


def _until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST_S
    while not is_so():
        if time.monotonic() > end:
            raise RuntimeError("the call did not go as far as its picture")
        run_for(0.05)
