"""A meeting point for the tests of this folder, and the lines to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from app.net.codes import PairingError
from app.net.connection import LinkReport, PeerHandlers
from app.net.emulator import LinkConditions
from app.net.media import MediaPacket
from app.net.negotiation import Line
from app.net.pairing import Pairing, PairingHandlers
from app.net.peer import Peer, PeerOptions
from app.net.safety import SafetyString
from app.net.wire_plan import WireMode

PERFECT = LinkConditions()


class LineEnd:
    """A line to the meeting point and everything that it said."""

    def __init__(self, url: str) -> None:
        self.codes: list[str] = []
        self.paired: list[bool] = []
        self.messages: list[bytes] = []
        self.lines: list[bool] = []
        self.failures: list[PairingError] = []
        self.on_message: Callable[[bytes], None] = self.messages.append
        self.on_line: Callable[[bool], None] = self.lines.append
        self.pairing = Pairing(
            url,
            PairingHandlers(
                on_code=self.codes.append,
                on_paired=lambda: self.paired.append(True),
                on_message=lambda message: self.on_message(message),
                on_line=lambda is_up: self.on_line(is_up),
                on_failed=self.failures.append,
            ),
        )


def wait_for(condition: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def pair(first: LineEnd, second: LineEnd) -> str:
    """Bring two lines together; gives the code."""
    first.pairing.host()
    wait_for(lambda: first.codes)
    second.pairing.join(first.codes[0])
    wait_for(lambda: first.paired and second.paired)
    return first.codes[0]


@pytest.fixture
def lines(meeting_point: str) -> Iterator[tuple[LineEnd, LineEnd]]:
    ends = LineEnd(meeting_point), LineEnd(meeting_point)
    yield ends
    for end in ends:
        end.pairing.close()


@dataclass
class End:
    """A peer and everything that reached it."""

    face: list[bytes] = field(default_factory=list)
    feedback: list[bytes] = field(default_factory=list)
    control: list[bytes] = field(default_factory=list)
    video: list[MediaPacket] = field(default_factory=list)
    audio: list[MediaPacket] = field(default_factory=list)
    key_requests: list[bool] = field(default_factory=list)
    clocks: list[int] = field(default_factory=list)
    sound_clocks: list[int] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    reports: list[LinkReport] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    safety: list[SafetyString] = field(default_factory=list)
    ends: list[tuple[str, bool]] = field(default_factory=list)

    def start(self, conditions: LinkConditions = PERFECT, seed: int = 0, wire: WireMode = "auto") -> End:
        return self.start_with(PeerOptions(loopback=True, conditions=conditions, seed=seed, wire=wire))

    def start_with(self, options: PeerOptions) -> End:
        handlers = PeerHandlers(
            on_face=self.face.append,
            on_feedback=self.feedback.append,
            on_control=self.control.append,
            on_video=self.video.append,
            on_audio=self.audio.append,
            on_key_request=lambda: self.key_requests.append(True),
            on_video_clock=self.clocks.append,
            on_audio_clock=self.sound_clocks.append,
            on_state=self.states.append,
            on_report=self.reports.append,
            on_dropped=self.dropped.append,
        )
        self.peer = Peer(options, handlers)
        self.peer.start()
        return self

    def meet(self, hosts: bool, line: Line) -> None:
        self.peer.meet(hosts, line, self.safety.append, lambda reason, theirs: self.ends.append((reason, theirs)))


class StraightLine:
    """A line in memory to another peer, that can be cut and that remembers what went over it."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.checks = 0
        self.is_cut = False
        self.deliver: Callable[[bytes], None] = lambda message: None

    def send(self, message: bytes, keep: str) -> None:
        self.sent.append(message)
        if not self.is_cut:
            self.deliver(message)

    def check(self) -> None:
        self.checks += 1


@dataclass
class Call:
    """Two peers that meet over straight lines."""

    host: End
    caller: End
    host_line: StraightLine
    caller_line: StraightLine

    @property
    def ends(self) -> tuple[End, End]:
        return self.host, self.caller

    def cut(self, is_cut: bool) -> None:
        for end in self.ends:
            assert end.peer.link is not None
            end.peer.link.is_cut = is_cut

    def close(self) -> None:
        for end in self.ends:
            end.peer.close()


def start_call(options: PeerOptions, caller_options: PeerOptions | None = None) -> Call:
    call = Call(End().start_with(options), End().start_with(caller_options or options), StraightLine(), StraightLine())
    call.host_line.deliver = call.caller.peer.signal
    call.caller_line.deliver = call.host.peer.signal
    call.caller.meet(False, call.caller_line)
    call.host.meet(True, call.host_line)
    return call
