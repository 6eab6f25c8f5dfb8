"""What a link carries, read from packets that waited for one another on it. Pure: time is an argument.

The second of two was sent before the first had arrived, so the time between their arrivals is what the link took for
it, and for what else this end sent between them.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

MS = 1_000_000

TRAIN_NS = 400 * MS
TRAIN_LEAST_BYTES = 3000
"""What the link carries is taken from packets that waited for one another, so long back, and from no fewer bytes."""

RATE_NS = 450 * MS
"""The rate of arrival is taken over so long, or less where a report tells of a change."""

OWN_SHARE = 0.5
"""Of what the link carries for this end that pictures keep beside its other traffic: an identity that crosses takes all
it can get, and yields when its own messages get slow."""

ARRIVALS_LEAST = 4
"""Packets that a rate of arrival needs."""

PACKETS_MOST = 512
"""Packets remembered at most, should the other end tell times that do not advance."""


@dataclass(frozen=True, slots=True)
class _Train:
    """A packet that waited for the one before: when it arrived, its size, what went between, how long after."""

    at_ns: int
    size: int
    beside: int
    took_ns: int


class PathRate:
    """Watches the arrivals of a stream of packets; times are the other end's."""

    def __init__(self) -> None:
        self._arrived: deque[tuple[int, int]] = deque(maxlen=PACKETS_MOST)
        self._trains: deque[_Train] = deque(maxlen=PACKETS_MOST)
        self._before: tuple[int, int] | None = None

    def add(self, sent_ns: int, arrived_ns: int, size: int, beside: int, least_ns: int | None) -> None:
        """Take an arrival in.

        Args:
            sent_ns: on this end's clock.
            arrived_ns: on the other's.
            size: bytes with all headers.
            beside: bytes that this end had sent in other packets by then.
            least_ns: least delay between the two, None before it is known.
        """
        self._arrived.append((arrived_ns, size))
        while arrived_ns - self._arrived[0][0] > RATE_NS:
            self._arrived.popleft()
        before, self._before = self._before, (arrived_ns, beside)
        if before is None or least_ns is None or not 0 < arrived_ns - before[0] < TRAIN_NS:
            return
        if sent_ns + least_ns < before[0]:
            self._trains.append(_Train(arrived_ns, size, max(beside - before[1], 0), arrived_ns - before[0]))
        while self._trains and arrived_ns - self._trains[0].at_ns > TRAIN_NS:
            self._trains.popleft()

    def arrival_kbps(self) -> float | None:
        """Give the rate at which packets arrived lately; None where there were too few."""
        if len(self._arrived) < ARRIVALS_LEAST:
            return None
        span_ns = self._arrived[-1][0] - self._arrived[0][0]
        size = sum(size for _, size in self._arrived) - self._arrived[0][1]
        return size * 8e6 / span_ns if span_ns > 0 else None

    def capacity_kbps(self, over_ns: int = TRAIN_NS, least_bytes: int = TRAIN_LEAST_BYTES) -> float | None:
        """Give what the link carries of these packets, None where too few have met there lately.

        Beside other traffic of this end it is a share of all that the link carries for it, at least.
        """
        met = [train for train in self._trains if self._trains[-1].at_ns - train.at_ns <= over_ns]
        size, took_ns = sum(train.size for train in met), sum(train.took_ns for train in met)
        if size < least_bytes:
            return None
        return max(size, OWN_SHARE * (size + sum(train.beside for train in met))) * 8e6 / took_ns

    def due_kbps(self) -> float:
        """Give the share that is due beside more of this end's other traffic than of this; 0 where there is less."""
        size, beside = sum(train.size for train in self._trains), sum(train.beside for train in self._trains)
        if beside <= size:
            return 0.0
        return OWN_SHARE * (size + beside) * 8e6 / sum(train.took_ns for train in self._trains)

    def rest(self) -> None:
        """Forget what was seen, after a pause."""
        self._arrived.clear()
        self._trains.clear()
        self._before = None
