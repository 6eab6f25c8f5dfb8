"""A call on one side, in a thread of its own, and the window's thread on the other, with room for one picture each."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from app.call.shown import Mode, ShownFrame
from app.people import People

if TYPE_CHECKING:
    from app.call.figures import Figures
    from app.call.meeting import MeetingEvents, MeetingOptions, MeetingReport
    from app.call.policy import Sending
    from app.call.wishes import Answer, Wishes
    from codec.types import Frame

HoldCall = Callable[..., "MeetingReport"]
"""`app.call.meeting.hold_meeting`, or what stands in for it: the demo, or a test's."""

MakeOptions = Callable[[], "MeetingOptions"]
"""Gives the call to be held; on the call's thread, for loading what it takes takes a second."""


@dataclass(frozen=True, slots=True)
class ScreenPicture:
    """A picture of the other end as screens have it: Qt paints it twice as fast as three bytes a pixel.

    Attributes:
        bgrx: uint8 (H, W, 4), blue, green, red, 255.
        mode: the stream it came from.
    """

    bgrx: NDArray[np.uint8]
    mode: Mode


def for_screen(shown: ShownFrame) -> ScreenPicture:
    """Bring a picture into the order of a screen's bytes; 0.2 ms for 512 x 512, on the call's thread."""
    import cv2  # it takes a third of a second to load, and a call has it loaded

    return ScreenPicture(np.asarray(cv2.cvtColor(shown.rgb, cv2.COLOR_RGB2BGRA), np.uint8), shown.mode)


class CallBridge(QObject):
    """Holds a call in a thread of its own, and hands its pictures and its news to the window.

    A picture that the window did not take before the next one came is dropped and counted; the call never waits.

    Args:
        make_options: gives the call.
        hold: holds it.
        people: who is remembered.
        events: told too, whatever happens.
        on_end: told the report or the error, on the call's thread.

    Attributes:
        report: how the call went, once it is over.
        error: what ended it before its time.
        dropped: pictures that the window was too slow for.
    """

    arrived = Signal()
    own_arrived = Signal()
    code_given = Signal(str)
    phase_changed = Signal(str)
    safety_known = Signal(object)
    mode_changed = Signal(str, str)
    chat_came = Signal(str)
    chat_confirmed = Signal(int)
    still_came = Signal(object, str)
    looked_at = Signal()
    figures_changed = Signal(object)
    noted = Signal(str)
    ended = Signal()

    def __init__(
        self,
        make_options: MakeOptions,
        hold: HoldCall,
        people: People,
        events: MeetingEvents | None = None,
        on_end: Callable[[MeetingReport | Exception], None] = lambda result: None,
    ) -> None:
        super().__init__()
        self.report: MeetingReport | None = None
        self.error: Exception | None = None
        self.dropped = 0
        self.mute = threading.Event()
        self.camera_off = threading.Event()
        self._make_options = make_options
        self._hold = hold
        self._people = people
        self._events = events
        self._on_end = on_end
        self._lock = threading.Lock()
        self._waiting: ScreenPicture | None = None
        self._own: Frame | None = None
        self._last: NDArray[np.uint8] | None = None
        self._who: tuple[str, bytes | None] = ("", None)
        self._early: list[Callable[[Wishes], object]] = []
        self._wishes: Wishes | None = None
        self._leaving = False
        self._thread = threading.Thread(target=self._run, name="call", daemon=True)

    def start(self) -> None:
        """Begin the call."""
        self._thread.start()

    @property
    def call_thread(self) -> threading.Thread:
        """The call's thread."""
        return self._thread

    def leave(self) -> None:
        """Hang up; `ended` tells when that is done."""
        self._leaving = True
        self.wish(lambda wishes: wishes.leave.set())

    def wish(self, change: Callable[[Wishes], object]) -> None:
        """Change what is wanted of the call, as soon as there is one."""
        with self._lock:
            if self._wishes is None:
                self._early.append(change)
                return
        change(self._wishes)

    def answer(self, answer: str) -> None:
        """Take the call of somebody who waits, or decline it."""
        chosen: Answer = "accept" if answer == "accept" else "decline"

        def change(wishes: Wishes) -> None:
            wishes.answer = chosen

        self.wish(change)

    def choose_size(self, side: int) -> None:
        """Ask for pictures of `side` by `side` pixels from now on, 0 for the largest that the renderer holds."""

        def change(wishes: Wishes) -> None:
            wishes.size = (side, side) if side else "auto"

        self.wish(change)

    def choose_sending(self, sending: Sending) -> None:
        """Send the best there is, or something else alone."""

        def change(wishes: Wishes) -> None:
            wishes.sending = sending

        self.wish(change)

    def say(self, text: str) -> None:
        """Send a line of chat."""
        self.wish(lambda wishes: wishes.say(text))

    def look_through(self) -> None:
        """Ask for a real picture."""
        self.wish(lambda wishes: wishes.look_through())

    def set_flag(self, flag: threading.Event, is_set: bool) -> None:
        """Set or clear one of the call's switches."""
        if is_set:
            flag.set()
        else:
            flag.clear()

    def take(self) -> ScreenPicture | None:
        """Take the newest picture of the other end, once."""
        with self._lock:
            waiting, self._waiting = self._waiting, None
        return waiting

    def take_own(self) -> Frame | None:
        """Take the newest picture of one's own camera, once."""
        with self._lock:
            own, self._own = self._own, None
        return own

    # on the call's threads

    def _run(self) -> None:
        try:
            options = self._make_options()
            if options.session.mute.is_set():
                self.mute.set()
            session = replace(options.session, mute=self.mute, camera_off=self.camera_off)
            wishes = self._open_wishes()
            self.report = self._hold(replace(options, session=session), self._make_events(), self._put, wishes)
            self._remember(self.report)
        except Exception as error:  # it is shown on the page
            self.error = error
        if self.report is not None or self.error is not None:
            self._on_end(self.error or self.report)  # type: ignore[arg-type]  # one of the two is there
        self.ended.emit()

    def _open_wishes(self) -> Wishes:
        from app.call.wishes import Wishes

        wishes = Wishes()
        with self._lock:
            self._wishes = wishes
            early, self._early = self._early, []
        for change in early:
            change(wishes)
        return wishes

    def _remember(self, report: MeetingReport) -> None:
        if report.seconds <= 0 or report.role == "demo":
            return
        try:
            self._people.met(*self._who, self._last, time.time(), report.seconds)
        except OSError as error:
            self.noted.emit(str(error))

    def _make_events(self) -> MeetingEvents:
        from app.call.meeting import MeetingEvents
        from app.call.news import News

        also = self._events or MeetingEvents()
        news = News(
            on_own=self._put_own,
            on_mode=self.mode_changed.emit,
            on_chat=self.chat_came.emit,
            on_chat_arrived=self.chat_confirmed.emit,
            on_still=self.still_came.emit,
            on_looked_at=self.looked_at.emit,
            on_identity=self._keep_identity,
        )
        return MeetingEvents(
            _both(also.on_code, self.code_given.emit),
            _both(also.on_phase, self.phase_changed.emit),
            _both(also.on_safety, self.safety_known.emit),
            _both(also.on_event, self.noted.emit),
            self._tell_figures,
            news,
        )

    def _tell_figures(self, figures: Figures) -> None:
        self.figures_changed.emit(figures)

    def _keep_identity(self, data: bytes, name: str) -> None:
        try:
            self._who = (name, self._people.keep_identity(data))
        except OSError as error:
            self._who = (name, None)
            self.noted.emit(str(error))

    def _put(self, shown: ShownFrame) -> None:
        picture = for_screen(shown)
        with self._lock:
            first = self._waiting is None
            self.dropped += not first
            self._waiting = picture
            self._last = shown.rgb
        if first and not self._leaving:
            self.arrived.emit()

    def _put_own(self, frame: Frame) -> None:
        with self._lock:
            first = self._own is None
            self._own = frame
        if first and not self._leaving:
            self.own_arrived.emit()


def _both(first: Callable[..., None], second: Callable[..., None]) -> Callable[..., None]:
    def tell(news: object) -> None:
        first(news)
        second(news)

    return tell
