"""What stands behind the client's window in tests: a staged call, and the other end of a real one as a process."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from app.call.figures import Figures
from app.call.meeting import MeetingEvents, MeetingOptions, MeetingReport
from app.call.options import SessionOptions
from app.call.quality import Quality
from app.call.shown import LiveStats, ShownFrame
from app.call.wishes import LookThrough, Say, Wishes
from app.net.emulator import LinkConditions
from app.net.peer import PeerOptions
from app.settings import Settings
from codec.types import Frame
from tests.fakes.meeting import CODE, REPORT, SAFETY

__all__ = ["CODE", "SAFETY", "LoopbackOptions", "OtherEnd", "StagedCall", "staged_options"]


@dataclass
class StagedCall:
    """A call without a network. A test sets what happens; the call says it and does what is wished."""

    error: Exception | None = None
    mode: str = "face"
    reason: str = "the other end renders the face"
    phase: str = "connected"
    said: list[str] = field(default_factory=list)
    asked_for_real: int = 0
    held: list[MeetingOptions] = field(default_factory=list)
    wishes: Wishes | None = None
    events: MeetingEvents | None = None
    go_on: threading.Event = field(default_factory=threading.Event)
    report: MeetingReport = REPORT

    def __call__(
        self,
        options: MeetingOptions,
        events: MeetingEvents,
        on_frame: Callable[[ShownFrame], None],
        wishes: Wishes,
    ) -> MeetingReport:
        self.held.append(options)
        self.wishes, self.events = wishes, events
        events.on_phase("preparing")
        if self.error is not None:
            raise self.error
        if options.code is None:
            events.on_code(CODE)
        events.on_phase("waiting")
        if not self._wait(self.go_on.is_set, wishes):
            return replace(self.report, ended="this end left", seconds=0.0)
        events.on_safety(SAFETY)
        if options.asks:
            events.on_phase("incoming")
            if not self._wait(lambda: wishes.answer != "", wishes) or wishes.answer == "decline":
                return replace(self.report, ended="this end declined the call", seconds=0.0)
        events.on_phase("connected")
        self._talk(options, events, on_frame, wishes)
        return self.report

    def _wait(self, is_so: Callable[[], bool], wishes: Wishes) -> bool:
        while not is_so():
            if wishes.leave.is_set():
                return False
            time.sleep(0.01)
        return True

    def _talk(
        self,
        options: MeetingOptions,
        events: MeetingEvents,
        on_frame: Callable[[ShownFrame], None],
        wishes: Wishes,
    ) -> None:
        said, phase, seq = ("", ""), "connected", 0
        while not wishes.leave.is_set():
            if phase != self.phase:
                phase = self.phase
                events.on_phase(phase)  # type: ignore[arg-type]  # a test sets one of the phases
            if said != (self.mode, self.reason):
                said = (self.mode, self.reason)
                events.news.on_mode(self.mode, self.reason)  # type: ignore[arg-type]  # a test sets one of the modes
            for request in wishes.requests.take_all():
                if isinstance(request, Say):
                    self.said.append(request.text)
                    events.news.on_chat_arrived(len(self.said))
                elif isinstance(request, LookThrough):
                    self.asked_for_real += 1
                    events.news.on_still(np.full((512, 512, 3), 120, np.uint8), "")
            width, height = (512, 512) if wishes.size == "auto" else wishes.size or options.session.size
            now_ns = time.monotonic_ns()
            if self.mode != "audio_only" and self.phase == "connected":
                picture = np.full((height, width, 3), 90, np.uint8)
                stats = LiveStats(1.9, 41.0, 40.0, 6.0, 25.0, 0.0)
                on_frame(ShownFrame(picture, seq, self.mode, 0, now_ns, self.reason, stats))  # type: ignore[arg-type]  # as above
            events.news.on_own(Frame(np.full((64, 64, 3), 150, np.uint8), now_ns, seq))
            if seq % 10 == 0:
                events.on_figures(
                    Figures(1.9, 2.1, 41, 40, 25, 12, "cpu", 80, 130, 0.03, 0.0, "face", Quality(3, "good", "loss"))
                )
            seq += 1
            time.sleep(0.01)


def staged_options(settings: Settings, code: str | None, known: Callable[[bytes], bytes | None]) -> MeetingOptions:
    """A call that nobody holds."""
    size = (settings.size, settings.size)
    return MeetingOptions(SessionOptions(size=size, known=known), "ws://nowhere/v1", code, asks=code is None)


@dataclass
class LoopbackOptions:
    """A real call with a clip as camera, over a meeting point of the test's own."""

    url: str
    clip: Path
    identity: Path | None = None
    outages: tuple[tuple[float, float], ...] = ()

    def __call__(self, settings: Settings, code: str | None, known: Callable[[bytes], bytes | None]) -> MeetingOptions:
        session = SessionOptions(
            camera=self.clip,
            microphone=self.clip,
            identity=self.identity,
            size=(128, 128),
            stages="tests.fakes.stages",
            known=known,
            peer=PeerOptions(conditions=LinkConditions(outages=self.outages)),
        )
        return MeetingOptions(session, self.url, code, asks=code is None)


class OtherEnd:
    """The other person: `visavis host` or `visavis call` as a process of its own."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "app", *arguments, "--headless", "--stages", "tests.fakes.stages"]
        command += ["--ice-server", "none"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def code(self) -> str:
        """Wait for the code of a host."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def wait_ended(self) -> str:
        """Wait until it ends by itself, and give what it said."""
        out, err = self._process.communicate(timeout=40)
        return out + err

    def leave(self) -> str:
        """Press Ctrl-C, and give what it said."""
        if self._process.poll() is None:
            self._process.send_signal(2)
        out, err = self._process.communicate(timeout=30)
        return out + err
