"""A call between two machines: find the other end by a code, connect, hold the call, come back after outages."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from app.call.figures import Figures
from app.call.mailbox import Backlog
from app.call.news import News
from app.call.options import SessionOptions
from app.call.session import Session
from app.call.shown import ShownFrame
from app.call.stats import Segment, kbps
from app.call.steering import Steering
from app.call.wishes import Wishes
from app.net.codes import PairingError
from app.net.pairing import Pairing, PairingHandlers
from app.net.safety import SafetyString

logger = logging.getLogger(__name__)

TICK_S = 0.1
"""How often the caller's wishes are asked for when no pictures come."""

FRAMES_WAITING = 8
"""Shown pictures that may wait for `on_frame`, a third of a second; beyond it `on_frame` misses some."""

LEAD_NS = 50_000_000
"""From the moment both ends are connected to this end's first frame."""

RINGING_AFTER_NS = 300_000_000
"""An end that is called answers at once where it need not ask anybody; after this long somebody is being asked."""

RING_NS = 60_000_000_000
"""How long somebody is asked before the call is given up."""

Phase = Literal[
    "preparing", "pairing", "waiting", "connecting", "incoming", "ringing", "connected", "reconnecting", "ended"
]
"""How far a call has come. Incoming: somebody has typed the code, and this end has to take the call; ringing: the other
end has to."""


@dataclass(frozen=True, slots=True)
class MeetingOptions:
    """A call to be held.

    Attributes:
        session: what this end has and how it reaches the other one.
        rendezvous: URL of the meeting point.
        code: what the other end's `host` printed; None to host.
        seconds: length of the call, counted from the connection; None until somebody leaves.
        asks: whether a host takes a call only when `Wishes.answer` says so; before, nothing is sent that could be seen
            or heard, and nothing of the kind is taken.
    """

    session: SessionOptions
    rendezvous: str
    code: str | None = None
    seconds: float | None = None
    asks: bool = False


@dataclass(frozen=True, slots=True)
class MeetingEvents:
    """Who is told what happens; from several threads, none may block.

    Attributes:
        on_code: the code to give to the other person (hosting end alone).
        on_phase: how far the call has come.
        on_safety: six pictures that both people should see alike.
        on_event: anything else, in a line.
        on_figures: the call's figures, once a second.
        news: the rest.
    """

    on_code: Callable[[str], None] = lambda code: None
    on_phase: Callable[[Phase], None] = lambda phase: None
    on_safety: Callable[[SafetyString], None] = lambda safety: None
    on_event: Callable[[str], None] = lambda event: None
    on_figures: Callable[[Figures], None] = lambda figures: None
    news: News = field(default_factory=News)


@dataclass(frozen=True, slots=True)
class MeetingReport:
    """What a call came to; units are in the names, `mode_seconds`, `payload_kbps` and the like as in a demo's report.

    Attributes:
        role: host or call.
        ended: why it ended.
        safety: names of the six pictures, empty where the ends never connected.
        reconnections: how often the connection was lost and came back.
        outage_seconds: how long each of them took, from the loss being noticed to the new connection.
    """

    role: str
    ended: str
    safety: str
    seconds: float
    mode_seconds: dict[str, float]
    payload_kbps: float
    wire_kbps_out: float
    wire_kbps_in: float
    audio_kbps: float
    frames_shown: int
    fps: float
    freeze_ms_max: float
    reconnections: int
    outage_seconds: tuple[float, ...] = field(default=())


class _CallEndedError(Exception):
    """The call is over; the argument says why."""


def hold_meeting(
    options: MeetingOptions,
    events: MeetingEvents,
    on_frame: Callable[[ShownFrame], None] = lambda shown: None,
    wishes: Wishes | None = None,
) -> MeetingReport:
    """Hold a call and give its figures.

    Args:
        options: what call.
        events: who is told.
        on_frame: called in the calling thread for each picture of the other end that is shown.
        wishes: what a person wants while the call goes on.

    Raises:
        ValueError: a file, the code or the meeting point's URL cannot be used, or the ends did not come together.
        ConnectionError: the ends met but could not connect.
        RuntimeError: this end's camera or codec failed.
    """
    return _Meeting(options, events, on_frame, wishes or Wishes()).run()


class _Meeting:
    """One call from start to end."""

    def __init__(
        self,
        options: MeetingOptions,
        events: MeetingEvents,
        on_frame: Callable[[ShownFrame], None],
        wishes: Wishes,
    ) -> None:
        self._options = options
        self._events = events
        self._on_frame = on_frame
        self._wishes = wishes
        self._hosts = options.code is None
        self._frames: Backlog[ShownFrame] = Backlog(FRAMES_WAITING)
        self._session = Session(options.session, self._shown, self._session_event, events.news)
        self._steering = Steering(self._session, wishes, events.on_figures, events.on_event)
        self._pairing = Pairing(
            options.rendezvous,
            PairingHandlers(
                on_code=self._code_given,
                on_paired=self._pairing_done,
                on_message=self._session.peer.signal,
                on_line=self._line_changed,
                on_failed=self._pairing_failed,
            ),
        )
        self._paired: queue.Queue[PairingError | None] = queue.Queue()
        self._was_paired = self._over = False
        self._ended = threading.Event()
        self._reason = ""
        self._safety = ""
        self._lost_ns: int | None = None
        self._outages_s: list[float] = []
        self._segments: tuple[Segment, ...] = ()

    def run(self) -> MeetingReport:
        """Hold the call."""
        try:
            self._pair()
            self._connect()
            self._take()
            self._talk()
            return self._report()
        except _CallEndedError as end:
            self._reason = str(end)
            return self._report()
        finally:
            self._over = True
            self._session.stop()
            self._pairing.close()
            self._events.on_phase("ended")

    # the two ends meet

    def _pair(self) -> None:
        """Get ready and meet. A host's code comes first: it has to be passed on, and that takes time anyway."""
        if self._options.code is None:
            self._events.on_phase("pairing")
            self._pairing.host()
        self._events.on_phase("preparing")
        self._session.prepare()
        if self._options.code is not None:
            self._events.on_phase("pairing")
            self._pairing.join(self._options.code)
        self._events.on_phase("waiting")
        while True:
            try:
                error = self._paired.get(timeout=TICK_S)
            except queue.Empty:
                self._stop_if_wanted()
                continue
            if error is not None:
                raise error
            return

    def _connect(self) -> None:
        self._events.on_phase("connecting")
        self._session.peer.meet(self._hosts, self._pairing, self._safety_known, self._call_ended)
        while True:
            self._stop_if_wanted()
            if self._ended.is_set():
                raise ConnectionError(self._reason)
            if self._session.peer.is_open:
                return
            time.sleep(TICK_S / 4)

    def _stop_if_wanted(self) -> None:
        if self._wishes.leave.is_set():
            self._session.peer.leave("hung up")
            raise _CallEndedError("this end left")

    # one takes the other's call

    def _take(self) -> None:
        """Wait until the end that was called has taken the call; before, nothing is sent that is seen or heard."""
        if self._hosts:
            if self._options.asks:
                self._events.on_phase("incoming")
                self._wait_for(lambda: self._wishes.answer != "", "nobody took the call")
            if self._wishes.answer == "decline":
                self._session.peer.leave("the call was declined")
                raise _CallEndedError("this end declined the call")
        else:
            self._session.greet()
            self._wait_for(lambda: self._session.was_greeted, "nobody took the call", "ringing")

    def _wait_for(self, is_so: Callable[[], bool], otherwise: str, phase: Phase | None = None) -> None:
        """Wait for something that people do; say a phase where they take their time."""
        began_ns = time.monotonic_ns()
        while not is_so():
            self._stop_if_wanted()
            self._stop_if_over()
            waited_ns = time.monotonic_ns() - began_ns
            if phase is not None and waited_ns > RINGING_AFTER_NS:
                self._events.on_phase(phase)
                phase = None
            if waited_ns > RING_NS:
                self._session.peer.leave(otherwise)
                raise _CallEndedError(otherwise)
            time.sleep(TICK_S / 4)

    def _stop_if_over(self) -> None:
        session = self._session
        if self._ended.is_set() or session.left is not None:
            raise _CallEndedError(session.left or self._reason)
        if session.failure is not None:
            raise RuntimeError(session.failure)

    def _code_given(self, code: str) -> None:
        if self._hosts:
            self._events.on_code(code)

    def _pairing_done(self) -> None:
        self._was_paired = True
        self._paired.put(None)

    def _pairing_failed(self, error: PairingError) -> None:
        if self._was_paired:
            self._events.on_event(f"coming back after an outage is not possible any more: {error}")
        self._paired.put(error)

    def _line_changed(self, is_up: bool) -> None:
        if self._over:
            return
        self._events.on_event(f"the meeting point is {'within' if is_up else 'out of'} reach")
        if is_up:
            self._session.peer.line_is_back()

    def _safety_known(self, safety: SafetyString) -> None:
        self._safety = safety.names
        self._events.on_safety(safety)

    def _call_ended(self, reason: str, is_their_fault: bool) -> None:
        self._reason = f"the other end was dropped: {reason}" if is_their_fault else reason
        self._ended.set()

    # the call

    def _talk(self) -> None:
        session, end_ns = self._session, None
        epoch_ns = time.monotonic_ns() + LEAD_NS
        session.begin(epoch_ns)
        if self._hosts:
            session.greet()
        self._events.on_phase("connected")
        if self._options.seconds is not None:
            end_ns = epoch_ns + round(self._options.seconds * 1e9)
        try:
            while True:
                self._look_around(end_ns)
                shown = self._frames.take(TICK_S)
                if shown is not None:
                    self._on_frame(shown)
        finally:
            self._segments = session.stats.end(time.monotonic_ns(), session.peer.counts())
            session.say_bye("hung up")
            session.peer.leave("hung up")

    def _look_around(self, end_ns: int | None) -> None:
        """Do what people want, and end the call when it is over."""
        self._stop_if_over()
        if end_ns is not None and time.monotonic_ns() >= end_ns:
            raise _CallEndedError("its time was over")
        if self._wishes.leave.is_set():
            raise _CallEndedError("this end left")
        self._steering.look(time.monotonic_ns())

    def _shown(self, shown: ShownFrame) -> None:
        self._frames.put(shown)

    def _session_event(self, event: str) -> None:
        now_ns = time.monotonic_ns()
        match event:
            case "connection reconnecting":
                self._lost_ns = now_ns
                self._events.on_phase("reconnecting")
            case "connection connected" if self._lost_ns is not None:
                self._outages_s.append((now_ns - self._lost_ns) / 1e9)
                self._lost_ns = None
                self._events.on_phase("connected")
            case _:
                self._events.on_event(event)

    def _report(self) -> MeetingReport:
        segments, stats = self._segments, self._session.stats
        seconds = sum(segment.seconds for segment in segments)
        in_mode = {mode: sum(s.seconds for s in segments if s.mode == mode) for mode in ("face", "h265", "audio_only")}
        main = "face" if in_mode["face"] > 0 else "h265"
        payload = sum(segment.payload_bytes for segment in segments if segment.mode == main)
        return MeetingReport(
            role="host" if self._hosts else "call",
            ended=self._reason,
            safety=self._safety,
            seconds=seconds,
            mode_seconds=in_mode,
            payload_kbps=kbps(payload, in_mode[main]),
            wire_kbps_out=kbps(sum(segment.wire_out_bytes for segment in segments), seconds),
            wire_kbps_in=kbps(sum(segment.wire_in_bytes for segment in segments), seconds),
            audio_kbps=kbps(stats.audio_bytes, seconds),
            frames_shown=stats.frames_shown,
            fps=stats.frames_shown / seconds if seconds > 0 else 0.0,
            freeze_ms_max=stats.freeze_ns / 1e6,
            reconnections=len(self._outages_s),
            outage_seconds=tuple(self._outages_s),
        )
