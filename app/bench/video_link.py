"""Pictures over an emulated link in time of its own: everything between encoder and decoder but sockets and threads.

The parts are those of a call: the encoder with its rate control, RTP packets of RFC 7798, the congestion controller,
the other end's reports and requests, its jitter buffer. A clock that jumps from one event to the next makes the outcome
the same on a busy machine, and a minute of call takes as long as its pictures take to encode.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from app.net.arrival_report import ArrivalLog, ReportReader
from app.net.congestion import CongestionController, VideoRoom
from app.net.emulator import WIRE_OVERHEAD, LinkConditions, LinkEmulator
from app.net.h265_rtp import depayload, packetise
from app.net.jitter_buffer import Requests
from app.net.media import MediaPacket
from app.net.repeats import Repeats

MS = 1_000_000

HEADERS = 12 + 10
"""RTP and SRTP around a payload, bytes; IP and UDP come on top."""

SOUND_EVERY_NS, SOUND_BYTES = 60 * MS, 195
"""The call's sound, which shares the link: 26 kbit/s."""

REQUEST_BYTES = 32
"""An RTCP message, UDP payload."""

HISTORY = 128
"""Packets that aiortc's sender keeps for repetition."""

MEDIA, REPEATS = 1, 2
"""Streams of the pictures and of what is sent again."""

TICKS_PER_FRAME = 3600


class Buffer(Protocol):
    """A jitter buffer; see `app.net.jitter_buffer.JitterBuffer`."""

    def add(self, sequence: int, timestamp: int, marker: bool, data: bytes, now_ns: int) -> list[MediaPacket]:
        """Take a packet."""

    def poll(self, now_ns: int) -> tuple[list[MediaPacket], Requests]:
        """Look at the clock."""

    def due_ns(self) -> int | None:
        """Give when it wants to look at the clock."""


Encode = Callable[[int, VideoRoom, bool, int], bytes | None]
"""Frame number, room, whether a key picture is wanted, and time in ns give an access unit, or None to leave it out."""


@dataclass(slots=True)
class Outcome:
    """What came of a call.

    Attributes:
        sent_ns: when each frame was sent, by number.
        shown_ns: when each was whole at the other end.
        used: bytes with all headers that left the link, sound included, and when.
        questions: packets that were asked for.
        key_requests: key pictures that were asked for.
        left_out: frames that were not encoded.
        overflowed: packets that the link's queue had no room for.
    """

    sent_ns: dict[int, int] = field(default_factory=dict)
    shown_ns: dict[int, int] = field(default_factory=dict)
    used: list[tuple[int, int]] = field(default_factory=list)
    questions: int = 0
    key_requests: int = 0
    left_out: int = 0
    overflowed: int = 0


@dataclass(frozen=True, slots=True)
class _Packet:
    timestamp: int
    marker: bool
    payload: bytes


class VirtualCall:
    """One call in one direction.

    Args:
        encode: makes access units.
        buffer: of the receiving end.
        there: the link towards it, with a delay where it has a rate.
        back: the link for reports and requests.
        fps: pictures a second.
        seed: of the links' chance.
        adaptive: whether the controller decides on what is sent; otherwise there is room without end.
    """

    def __init__(
        self,
        encode: Encode,
        buffer: Buffer,
        there: LinkConditions,
        back: LinkConditions,
        fps: float = 25.0,
        seed: int = 1,
        adaptive: bool = True,
    ) -> None:
        self._encode = encode
        self._buffer = buffer
        self._there, self._back = LinkEmulator(there, seed), LinkEmulator(back, seed + 1)
        self._frame_ns = round(1e9 / fps)
        self._adaptive = adaptive
        self.controller = CongestionController()
        self._log, self._reader = ArrivalLog(3), ReportReader()
        self._events: list[tuple[int, int, Callable[[int], None]]] = []
        self._count = 0
        self._sequence = 65_000
        self._repeats, self._repeated = Repeats(), 0
        self._history: dict[int, _Packet] = {}
        self._key_wanted = False
        self.outcome = Outcome()

    def run(self, seconds: float) -> Outcome:
        """Hold the call and give what came of it; time begins at 0."""
        end_ns = round(seconds * 1e9)
        for number in range(end_ns // self._frame_ns):
            self._at(number * self._frame_ns, partial(self._capture, number))
        for at_ns in range(0, end_ns, SOUND_EVERY_NS):
            self._at(at_ns, self._send_sound)
        while self._events:
            at_ns, _, work = heapq.heappop(self._events)
            work(at_ns)
        self.outcome.overflowed = self._there.overflowed
        return self.outcome

    def _at(self, at_ns: int, work: Callable[[int], None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (at_ns, self._count, work))

    # the sending end

    def _send_sound(self, now_ns: int) -> None:
        self.controller.sent_beside(SOUND_BYTES)
        arrival_ns = self._there.admit(SOUND_BYTES - WIRE_OVERHEAD, now_ns)
        if arrival_ns is not None:
            self.outcome.used.append((arrival_ns, SOUND_BYTES))

    def _capture(self, frame: int, now_ns: int) -> None:
        room = self.controller.room(now_ns) if self._adaptive else VideoRoom()
        unit = self._encode(frame, room, self._key_wanted, now_ns)
        if unit is None:
            self.outcome.left_out += 1
            return
        self._key_wanted = False
        self.outcome.sent_ns[frame] = now_ns
        payloads = packetise(unit)
        for payload in payloads:
            number = self._sequence % 0x10000
            self._history[number] = _Packet(frame * TICKS_PER_FRAME, payload is payloads[-1], payload)
            self._history.pop((number - HISTORY) % 0x10000, None)
            self._send(MEDIA, number, number, now_ns)
            self._sequence += 1

    def _send(self, stream: int, sequence: int, original: int, now_ns: int) -> None:
        packet = self._history[original]
        size = len(packet.payload) + HEADERS + (2 if stream == REPEATS else 0)
        self.controller.sent(stream, sequence, size + WIRE_OVERHEAD, now_ns)
        arrival_ns = self._there.admit(size, now_ns)
        if arrival_ns is not None:
            self._at(arrival_ns, lambda at_ns: self._arrive(stream, sequence, original, packet, at_ns))

    def _asked(self, packets: Sequence[int], now_ns: int) -> None:
        for number in packets:
            self._repeats.ask(number, now_ns, self.controller.repeat_after_ns())
        self._send_repeats(now_ns)

    def _send_repeats(self, now_ns: int) -> None:
        while self.controller.may_repeat(now_ns) or not self._adaptive:
            number = self._repeats.take(now_ns)
            if number is None:
                return
            if number in self._history:
                self._send(REPEATS, self._repeated % 0x10000, number, now_ns)
                self._repeated += 1

    def _reported(self, report: bytes, now_ns: int) -> None:
        self.controller.feedback(self._reader.read(report), now_ns)
        self._send_repeats(now_ns)

    def _want_key(self, now_ns: int) -> None:
        self._key_wanted = True

    # the receiving end

    def _arrive(self, stream: int, sequence: int, original: int, packet: _Packet, now_ns: int) -> None:
        size = len(packet.payload) + HEADERS + WIRE_OVERHEAD
        self.outcome.used.append((now_ns, size))
        self._log.add(stream, sequence, size, now_ns)
        data = depayload(packet.payload)
        self._show(self._buffer.add(original, packet.timestamp, packet.marker, data, now_ns), now_ns)
        self._look(now_ns)
        due_ns = self._log.due_ns()
        if due_ns is not None:
            self._at(max(due_ns, now_ns), self._report)

    def _show(self, units: list[MediaPacket], now_ns: int) -> None:
        for unit in units:
            self.outcome.shown_ns.setdefault(unit.timestamp // TICKS_PER_FRAME, now_ns)

    def _look(self, now_ns: int) -> None:
        units, requests = self._buffer.poll(now_ns)
        self._show(units, now_ns)
        if requests.packets:
            self.outcome.questions += len(requests.packets)
            self._answer(REQUEST_BYTES, now_ns, lambda at_ns: self._asked(requests.packets, at_ns))
        if requests.key:
            self.outcome.key_requests += 1
            self._answer(REQUEST_BYTES, now_ns, self._want_key)
        due_ns = self._buffer.due_ns()
        if due_ns is not None:
            self._at(max(due_ns, now_ns + MS), self._look)

    def _report(self, now_ns: int) -> None:
        due_ns = self._log.due_ns()
        if due_ns is not None and due_ns <= now_ns:
            report = self._log.report(now_ns)
            self._answer(len(report), now_ns, lambda at_ns: self._reported(report, at_ns))

    def _answer(self, size: int, now_ns: int, work: Callable[[int], None]) -> None:
        arrival_ns = self._back.admit(size, now_ns)
        if arrival_ns is not None:
            self._at(arrival_ns, work)
