"""Two packets sent at once: the time between them, where they arrive, tells the rate of the link. Pure."""

from __future__ import annotations

from app.net import control
from app.net.wire_plan import rate_between

PROBE_BYTES = 400
"""Two of them take a quarter of a second on a link of 32 kbit/s."""

PROBE_WITHIN_NS = 1_000_000_000
"""Time between two probes of a pair at most; what takes longer was lost on the way and sent again."""


class LinkProbe:
    """Measures with the probes that come from the other end."""

    def __init__(self) -> None:
        self._first_ns: int | None = None

    def arrived(self, probe: control.Probe, now_ns: int) -> int | None:
        """Give the rate of the link towards this end, kbit/s, with the second probe of a pair."""
        first_ns, self._first_ns = self._first_ns, now_ns
        if first_ns is None or now_ns - first_ns >= PROBE_WITHIN_NS:
            return None
        self._first_ns = None
        return rate_between(probe.size, first_ns, now_ns)
