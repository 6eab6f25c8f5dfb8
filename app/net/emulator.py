"""A worse link than the machine has: seeded loss, delay and rate, applied to every UDP packet a peer sends."""

from __future__ import annotations

import random
from dataclasses import dataclass

WIRE_OVERHEAD = 28
"""Bytes of IPv4 and UDP header that every datagram costs on the wire."""

QUEUE_MS = 250
"""Length of the emulated bottleneck's queue: what home routers hold, enough for one key picture at its rate."""

QUEUE_LEAST_BYTES = 5 * 1280
"""The queue holds five full packets at any rate, or a slow link would pass no handshake."""


@dataclass(frozen=True, slots=True)
class LinkConditions:
    """One direction of a link.

    Attributes:
        loss: share of packets lost, 0..1.
        delay_ms: time every packet takes, beyond what the rate adds.
        rate_kbps: rate in kbit/s including headers, or None for no limit.
    """

    loss: float = 0.0
    delay_ms: float = 0.0
    rate_kbps: float | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.loss <= 1.0:
            raise ValueError(f"loss of {self.loss:g} is not between 0 and 1")
        if not 0.0 <= self.delay_ms <= 10_000:
            raise ValueError(f"delay of {self.delay_ms:g} ms is not between 0 and 10000")
        if self.rate_kbps is not None and not 1.0 <= self.rate_kbps <= 10_000_000:
            raise ValueError(f"rate of {self.rate_kbps:g} kbps is not between 1 and 10000000")

    @property
    def is_perfect(self) -> bool:
        """Whether packets pass untouched."""
        return self.loss == 0.0 and self.delay_ms == 0.0 and self.rate_kbps is None


class LinkEmulator:
    """Decides for each packet when it leaves the link, if at all. Pure: time is an argument, chance is seeded."""

    def __init__(self, conditions: LinkConditions, seed: int) -> None:
        self._conditions = conditions
        self._random = random.Random(seed)
        self._idle_at_ns = 0
        self.lost = 0
        self.overflowed = 0

    def admit(self, payload_bytes: int, now_ns: int) -> int | None:
        """Give the time at which a packet arrives, ns on the caller's clock, or None where it is lost.

        Args:
            payload_bytes: UDP payload.
            now_ns: time of sending, not decreasing.
        """
        conditions = self._conditions
        left_ns = now_ns
        if conditions.rate_kbps is not None:
            ns_per_byte = 8_000_000 / conditions.rate_kbps
            waiting_ns = max(self._idle_at_ns - now_ns, 0)
            if waiting_ns > max(QUEUE_MS * 1_000_000, QUEUE_LEAST_BYTES * ns_per_byte):
                self.overflowed += 1
                return None
            left_ns = now_ns + waiting_ns + round((payload_bytes + WIRE_OVERHEAD) * ns_per_byte)
            self._idle_at_ns = left_ns
        if self._random.random() < conditions.loss:
            self.lost += 1
            return None
        return left_ns + round(conditions.delay_ms * 1_000_000)
