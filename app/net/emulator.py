"""A worse link than the machine has: seeded loss, delay, rate and outages, applied to every UDP packet a peer sends."""

from __future__ import annotations

import random
from dataclasses import dataclass

WIRE_OVERHEAD = 28
"""Bytes of IPv4 and UDP header that every datagram costs on the wire."""

QUEUE_MS = 250.0
"""Length of the emulated bottleneck's queue: what home routers hold, enough for one key picture at its rate."""

QUEUE_LEAST_BYTES = 5 * 1280
"""The queue holds five full packets at any rate, or a slow link would pass no handshake."""

OVERTAKEN_NS = 40_000_000
"""How long a packet that others overtake is held back: the time between two packets of a stream at 25 a second."""


@dataclass(frozen=True, slots=True)
class LinkConditions:
    """One direction of a link.

    Attributes:
        loss: share of packets lost, 0..1.
        delay_ms: time every packet takes, beyond what the rate adds.
        rate_kbps: rate in kbit/s including headers, or None for no limit.
        burst: mean number of packets lost in a row (Gilbert-Elliott: nothing arrives in the bad state); 1 for losses
            that do not depend on each other.
        jitter_ms: most that a packet takes beyond its delay, evenly spread; packets stay in order.
        reorder: share of packets that later ones overtake, 0..1.
        queue_ms: length of the bottleneck's queue.
        outages: pairs of seconds, counted from the first packet, between which nothing passes.
        rate_steps: (second, kbit/s) pairs in order, counted likewise, from which on the rate is another one.
    """

    loss: float = 0.0
    delay_ms: float = 0.0
    rate_kbps: float | None = None
    burst: float = 1.0
    jitter_ms: float = 0.0
    reorder: float = 0.0
    queue_ms: float = QUEUE_MS
    outages: tuple[tuple[float, float], ...] = ()
    rate_steps: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        for name, value in (("loss", self.loss), ("reordering", self.reorder)):
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"{name} of {value:g} is not between 0 and 1")
        for name, value in (("delay", self.delay_ms), ("jitter", self.jitter_ms), ("queue", self.queue_ms)):
            if not 0.0 <= value <= 10_000:
                raise ValueError(f"{name} of {value:g} ms is not between 0 and 10000")
        if self.rate_steps and self.rate_kbps is None:
            raise ValueError("a link whose rate changes needs one to begin with")
        for rate in (1.0 if self.rate_kbps is None else self.rate_kbps, *(rate for _, rate in self.rate_steps)):
            if not 1.0 <= rate <= 10_000_000:
                raise ValueError(f"rate of {rate:g} kbps is not between 1 and 10000000")
        seconds = [second for second, _ in self.rate_steps]
        if any(not 0.0 <= second <= 1e6 for second in seconds) or seconds != sorted(seconds):
            raise ValueError("the seconds at which the rate changes are not in order between 0 and a million")
        if not 1.0 <= self.burst <= 10_000:
            raise ValueError(f"burst of {self.burst:g} packets is not between 1 and 10000")
        if any(not 0.0 <= begin < end <= 1e6 for begin, end in self.outages):
            raise ValueError("an outage's seconds are not between 0 and a million, the first below the second")

    @property
    def is_perfect(self) -> bool:
        """Whether packets pass untouched."""
        return self == LinkConditions(burst=self.burst, queue_ms=self.queue_ms)


class LinkEmulator:
    """Decides for each packet when it leaves the link, if at all. Pure: time is an argument, chance is seeded.

    Attributes:
        is_cut: set it, and nothing passes until it is unset; for outages that begin when a test says so.
    """

    def __init__(self, conditions: LinkConditions, seed: int) -> None:
        self._conditions = conditions
        self._random = random.Random(seed)
        self._idle_at_ns = 0
        self._began_ns: int | None = None
        self._last_ns = 0
        self._is_bad = False
        self.is_cut = False
        self.lost = 0
        self.overflowed = 0

    def admit(self, payload_bytes: int, now_ns: int) -> int | None:
        """Give the time at which a packet arrives, ns on the caller's clock, or None where it is lost.

        Args:
            payload_bytes: UDP payload.
            now_ns: time of sending, not decreasing.
        """
        if self._began_ns is None:
            self._began_ns = now_ns
        left_ns = self._queue(payload_bytes, now_ns)
        if left_ns is None:
            self.overflowed += 1
            return None
        if self._is_out(now_ns) or self._loses():
            self.lost += 1
            return None
        return left_ns + self._delay_ns(left_ns)

    def _queue(self, payload_bytes: int, now_ns: int) -> int | None:
        """Give when the packet has passed the bottleneck, or None where its queue is full."""
        conditions = self._conditions
        if conditions.rate_kbps is None:
            return now_ns
        waiting_ns = max(self._idle_at_ns - now_ns, 0)
        least_ns = QUEUE_LEAST_BYTES * 8_000_000 / self._rate_kbps(self._second(now_ns))
        if waiting_ns > max(conditions.queue_ms * 1_000_000, least_ns):
            return None
        self._idle_at_ns = self._passed_ns(now_ns + waiting_ns, payload_bytes + WIRE_OVERHEAD)
        return self._idle_at_ns

    def _second(self, now_ns: int) -> float:
        """Seconds since the first packet."""
        return (now_ns - (now_ns if self._began_ns is None else self._began_ns)) / 1e9

    def _rate_kbps(self, second: float) -> float:
        assert self._conditions.rate_kbps is not None
        before = [rate for at, rate in self._conditions.rate_steps if at <= second]
        return before[-1] if before else self._conditions.rate_kbps

    def _passed_ns(self, from_ns: int, size: int) -> int:
        """Give when so many bytes are through that begin to pass at ``from_ns``, though the rate may change."""
        bits, at_ns = 8.0 * size, float(from_ns)
        second = self._second(from_ns)
        for until in (step for step, _ in self._conditions.rate_steps if step > second):
            bits_until = (until - second) * 1000 * self._rate_kbps(second)
            if bits <= bits_until:
                break
            at_ns += (until - second) * 1e9
            bits, second = bits - bits_until, until
        return round(at_ns + bits * 1_000_000 / self._rate_kbps(second))

    def _is_out(self, now_ns: int) -> bool:
        second = self._second(now_ns)
        return self.is_cut or any(begin <= second < end for begin, end in self._conditions.outages)

    def _loses(self) -> bool:
        loss, burst = self._conditions.loss, self._conditions.burst
        if burst == 1.0 or loss in (0.0, 1.0):
            return self._random.random() < loss
        if self._is_bad:
            self._is_bad = self._random.random() >= 1 / burst
        else:
            # The share of time spent in the bad state is the loss: p / (p + r) = loss, with r = 1 / burst.
            self._is_bad = self._random.random() < loss / (1 - loss) / burst
        return self._is_bad

    def _delay_ns(self, left_ns: int) -> int:
        """Give what a packet takes from the bottleneck on; it passes none before it, unless it is held back itself."""
        conditions = self._conditions
        delay_ns = round(conditions.delay_ms * 1_000_000)
        if conditions.jitter_ms > 0:
            delay_ns += round(self._random.random() * conditions.jitter_ms * 1_000_000)
            delay_ns = max(delay_ns, self._last_ns - left_ns)
        self._last_ns = left_ns + delay_ns
        if conditions.reorder > 0 and self._random.random() < conditions.reorder:
            delay_ns += OVERTAKEN_NS
        return delay_ns
