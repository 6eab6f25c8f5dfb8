"""What packets wait on the way: their delay over the least of the last minute. Pure: time is an argument."""

from __future__ import annotations

import math
from collections import deque

MS = 1_000_000

BASE_BUCKET_NS, BASE_BUCKETS = 5_000 * MS, 12
"""The least delay is looked for in the last minute: in more, two clocks would drift apart by milliseconds."""

STANDING_REPORTS = 2
"""A queue that stood in so many reports is one; in one alone, it may be one large picture."""

TREND_NS = 350 * MS
"""The queue's slope is taken over so long: five reports."""


class PathDelay:
    """Watches the delay of a stream of packets. The two ends' clocks need not agree, only run at the same pace."""

    def __init__(self) -> None:
        self._least: deque[tuple[int, int]] = deque(maxlen=BASE_BUCKETS)
        self._recent: deque[tuple[int, float]] = deque()

    def add(self, delay_ns: int, now_ns: int) -> float:
        """Take the least delay of a report in and give the queue in ms.

        Args:
            delay_ns: from sending, on this end's clock, to arrival, on the other's.
            now_ns: when the report came.
        """
        bucket = now_ns // BASE_BUCKET_NS
        if self._least and self._least[-1][0] == bucket:
            self._least[-1] = (bucket, min(self._least[-1][1], delay_ns))
        else:
            self._least.append((bucket, delay_ns))
        queue_ms = (delay_ns - (self.least_ns() or 0)) / MS
        self._recent.append((now_ns, queue_ms))
        while now_ns - self._recent[0][0] > TREND_NS:
            self._recent.popleft()
        return queue_ms

    def least_ns(self) -> int | None:
        """Give the least delay of the last minute."""
        return min((delay for _, delay in self._least), default=None)

    def slope(self) -> float:
        """Give the queue's growth, ms a ms, by least squares; 0 where there are too few."""
        if len(self._recent) < 3:
            return 0.0
        times = [at_ns / MS for at_ns, _ in self._recent]
        middle = math.fsum(times) / len(times)
        level = math.fsum(queue for _, queue in self._recent) / len(times)
        spread = math.fsum((at - middle) ** 2 for at in times)
        rise = math.fsum((at - middle) * (queue - level) for at, (_, queue) in zip(times, self._recent, strict=True))
        return rise / spread if spread > 0 else 0.0

    def standing_ms(self) -> float:
        """Give the queue that has not been shorter in the last reports: what one large picture does is gone by then."""
        latest = list(self._recent)[-STANDING_REPORTS:]
        return min((queue_ms for _, queue_ms in latest), default=0.0)

    def rest(self) -> None:
        """Forget the queue, after a pause."""
        self._recent.clear()

    def forget(self) -> None:
        """Begin anew, for the way is another one."""
        self._least.clear()
        self._recent.clear()
