"""Which packets are on the way, as far as reports have told. Pure: time is an argument."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from app.net.sequence import ahead

MS = 1_000_000

GONE_NS = 1_500 * MS
"""A packet that nothing was heard of for so long is not on the way any more."""

SETTLE_MOST = 128
"""Packets looked at for each report: at most two seconds' worth are on the way."""

SENT_MOST = 4096
"""Packets remembered at most: at 1200 kbit/s eight seconds of them."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What the other end says of one packet.

    Attributes:
        stream: SSRC.
        sequence: RTP sequence number.
        arrived_ns: when it arrived, on the other end's clock; None where it did not.
        held_ns: from its arrival to the report.
    """

    stream: int
    sequence: int
    arrived_ns: int | None
    held_ns: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """A packet as it was sent: when, its bytes, and bytes of other packets that had been sent by then."""

    at_ns: int
    size: int
    beside: int


class InFlight:
    """Keeps packets from sending until a report tells of them, or will not any more."""

    def __init__(self) -> None:
        self._sent: dict[tuple[int, int], Sent] = {}
        self.bytes = 0

    def add(self, stream: int, sequence: int, sent: Sent) -> None:
        """Note a packet that leaves."""
        self.forget(sent.at_ns)
        self._sent[stream, sequence] = sent
        self.bytes += sent.size

    def take(self, arrival: Arrival) -> Sent | None:
        """Give the packet that a report tells of, once; None where it was never sent or has been told of."""
        sent = self._sent.pop((arrival.stream, arrival.sequence), None)
        if sent is not None:
            self.bytes -= sent.size
        return sent

    def forget(self, now_ns: int) -> None:
        """Let go of packets that nothing will be heard of."""
        while self._sent:
            key = next(iter(self._sent))
            sent = self._sent[key]
            if now_ns - sent.at_ns < GONE_NS and len(self._sent) < SENT_MOST:
                return
            del self._sent[key]
            self.bytes -= sent.size

    def settle(self, arrivals: Sequence[Arrival]) -> None:
        """Let go of packets before those that a report begins with: the report on them was lost."""
        firsts: dict[int, int] = {}
        for arrival in arrivals:
            firsts.setdefault(arrival.stream, arrival.sequence)
        oldest = itertools.islice(self._sent, SETTLE_MOST)
        passed = [key for key in oldest if key[0] in firsts and ahead(key[1], firsts[key[0]]) < 0]
        for key in passed:
            self.bytes -= self._sent.pop(key).size

    def clear(self) -> None:
        """Forget all, after a pause."""
        self._sent.clear()
        self.bytes = 0
