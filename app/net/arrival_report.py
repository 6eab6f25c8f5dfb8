"""Which packets arrived, and when: RTCP congestion control feedback (RFC 8888). Pure: time is an argument.

A report costs 66 bytes on the wire with two packets in it. RTCP's receiver reports come once a second, and a queue is
full in a quarter of that.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from app.net.in_flight import Arrival
from app.net.sequence import ahead

RTPFB = 205
CCFB = 11
"""Payload type and format of the report (RFC 8888 section 3.1)."""

ARRIVED = 0x8000
OFFSET_MOST = 0x1FFD
"""Longest time from arrival to report that can be said, in 1/1024 s: eight seconds."""

OFFSET_PER_S = 1024
STAMP_PER_S = 65536

REORDERED = 3
"""A packet that so many later ones came before is lost (RFC 9002 section 6.1.1 has the same number)."""

LEAST_NS = 50_000_000
"""Shortest time between two reports: more often they tell nothing new, for pictures come every 40 ms."""

MOST_NS = 120_000_000
"""Longest wait of an arrival for its report."""

BYTES_EACH = 1200
"""Bytes that arrive for each report: a report is an eighteenth of them."""

SPAN_MOST = 512
"""Packets of one stream in a report at most: half a second of 1200 kbit/s is sixty."""

STREAMS_MOST = 4
"""Streams that are reported: pictures, their retransmissions, and as many after a change of SSRC."""


@dataclass(slots=True)
class _Stream:
    """What is to be said of one stream: from ``first`` up to ``highest``, both included."""

    first: int
    highest: int
    arrived: dict[int, int] = field(default_factory=dict)


class ArrivalLog:
    """Keeps what arrives until it is reported.

    Args:
        ssrc: of the reporting end.
    """

    def __init__(self, ssrc: int) -> None:
        self._ssrc = ssrc
        self._streams: dict[int, _Stream] = {}
        self._bytes = 0
        self._waiting_ns: int | None = None
        self._reported_ns: int | None = None

    def add(self, stream: int, sequence: int, size: int, now_ns: int) -> None:
        """Note an arrival.

        Args:
            stream: SSRC.
            sequence: RTP sequence number.
            size: bytes.
            now_ns: monotonic clock.
        """
        known = self._streams.get(stream)
        if known is None:
            if len(self._streams) >= STREAMS_MOST:
                return
            known = self._streams[stream] = _Stream(sequence, sequence)
        distance = ahead(sequence, known.first)
        if distance < 0:
            return  # it has been reported, as arrived or lost
        if distance >= SPAN_MOST:
            known.first, known.highest = sequence, sequence
            known.arrived.clear()
        if ahead(sequence, known.highest) > 0:
            known.highest = sequence
        known.arrived.setdefault(sequence, now_ns)
        self._bytes += size
        if self._waiting_ns is None:
            self._waiting_ns = now_ns

    def due_ns(self) -> int | None:
        """Give when the next report is due, None while nothing has arrived since the last."""
        if self._waiting_ns is None:
            return None
        if self._bytes < BYTES_EACH:
            return self._waiting_ns + MOST_NS
        return self._waiting_ns if self._reported_ns is None else max(self._waiting_ns, self._reported_ns + LEAST_NS)

    def report(self, now_ns: int) -> bytes:
        """Give the report (RFC 8888 section 3.1), without what needs no saying again."""
        blocks = b"".join(self._block(ssrc, stream, now_ns) for ssrc, stream in self._streams.items())
        self._bytes, self._waiting_ns, self._reported_ns = 0, None, now_ns
        stamp = now_ns * STAMP_PER_S // 1_000_000_000 % (1 << 32)
        body = struct.pack("!L", self._ssrc) + blocks + struct.pack("!L", stamp)
        return struct.pack("!BBH", 0x80 | CCFB, RTPFB, len(body) // 4) + body

    def _block(self, ssrc: int, stream: _Stream, now_ns: int) -> bytes:
        span = ahead(stream.highest, stream.first) + 1
        if span <= 0 or not stream.arrived:
            return b""
        words = []
        for step in range(span):
            at_ns = stream.arrived.get((stream.first + step) % 0x10000)
            offset = 0 if at_ns is None else min((now_ns - at_ns) * OFFSET_PER_S // 1_000_000_000, OFFSET_MOST)
            words.append(0 if at_ns is None else ARRIVED | offset)
        block = struct.pack(f"!LHH{span}H", ssrc, stream.first, span, *words) + bytes(span % 2 * 2)
        self._settle(stream, span)
        return block

    def _settle(self, stream: _Stream, span: int) -> None:
        """Leave out of the next report what this one has said for good: arrivals, and losses that are none of order."""
        open_steps = [
            step
            for step in range(max(span - REORDERED, 0), span)
            if (stream.first + step) % 0x10000 not in stream.arrived
        ]
        keep = open_steps[0] if open_steps else span
        first = (stream.first + keep) % 0x10000
        stream.arrived = {at: when for at, when in stream.arrived.items() if ahead(at, first) >= 0}
        stream.first = first
        if not open_steps:
            stream.highest = (first - 1) % 0x10000


class ReportReader:
    """Reads the other end's reports, and carries its time stamps on when they begin anew after 18 hours."""

    def __init__(self) -> None:
        self._stamp: int | None = None

    def read(self, packet: bytes) -> list[Arrival]:
        """Give what one RTCP packet says.

        Raises:
            ValueError: it is no such report, or a damaged one.
        """
        if len(packet) < 12 or len(packet) % 4 or packet[0] & 0xDF != 0x80 | CCFB or packet[1] != RTPFB:
            raise ValueError("no congestion control feedback")
        if len(packet) != 4 * (1 + struct.unpack_from("!H", packet, 2)[0]):
            raise ValueError("congestion control feedback of another length than it says")
        stamp_ns = self._unwrap(struct.unpack_from("!L", packet, len(packet) - 4)[0])
        arrivals: list[Arrival] = []
        at, end = 8, len(packet) - 4
        while at < end:
            if at + 8 > end:
                raise ValueError("congestion control feedback ends in a block's header")
            ssrc, first, span = struct.unpack_from("!LHH", packet, at)
            at += 8
            if span > SPAN_MOST or at + 2 * span > end:
                raise ValueError("congestion control feedback is shorter than it says")
            words = struct.unpack_from(f"!{span}H", packet, at)
            at += 2 * (span + span % 2)
            arrivals += _arrivals(ssrc, first, words, stamp_ns)
        return arrivals

    def _unwrap(self, stamp: int) -> int:
        if self._stamp is None:
            self._stamp = stamp
        else:
            self._stamp += (stamp - self._stamp + (1 << 31)) % (1 << 32) - (1 << 31)
        return self._stamp * 1_000_000_000 // STAMP_PER_S


def _arrivals(ssrc: int, first: int, words: tuple[int, ...], stamp_ns: int) -> list[Arrival]:
    """Turn a block into arrivals and losses; a gap at the end may still be a matter of order, and is left out."""
    arrivals = []
    for step, word in enumerate(words):
        sequence = (first + step) % 0x10000
        offset = word & 0x1FFF
        if word & ARRIVED and offset <= OFFSET_MOST:
            held_ns = offset * 1_000_000_000 // OFFSET_PER_S
            arrivals.append(Arrival(ssrc, sequence, stamp_ns - held_ns, held_ns))
        elif not word & ARRIVED and len(words) - step > REORDERED:
            arrivals.append(Arrival(ssrc, sequence, None))
    return arrivals
