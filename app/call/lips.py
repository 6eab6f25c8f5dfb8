"""Faces wait until their sound is about to be heard: the sound's clock is the master, and lips stay close to it.

`LipSync` decides (time is an argument), `FaceGate` waits.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from app.call.renderer import FaceJob
from app.call.stage import Stage
from app.net.control import SoundClock
from app.net.playout import SAMPLE_RATE, DelayMeter

LEAD_NS = 25_000_000
"""Lips are shown this much ahead of the sound: viewers notice 45 ms (ITU-R BT.1359), and rendering varies both ways."""

RENDER_MOST_NS = 250_000_000
"""Longest time for rendering that is reckoned with."""

RENDER_MEMORY = 16
"""Frames over which that time is looked at: what three of four take longer than is reckoned with, for lips that are too
early are noticed as well."""

NOTICED_MS = 45.0

SKEWS_KEPT = 15_000
"""Ten minutes."""

LAG_NS = 20_000_000
"""Lips may be this much behind before the sound is held back for them."""

PACE_PERCENTILE = 0.75
"""Share of frames that an even pace of the picture waits for, so that bundled ones are not shown in pairs."""

WAIT_MOST_NS = 1_000_000_000
"""Longest wait of a face: beyond, a clock is wrong."""

LAG_PERCENTILE = 0.75
"""Share of frames that the sound waits for: the rest are pictures that a busy machine rendered late."""

LAG_WINDOW = 50
"""Frames over which lagging is judged, two seconds."""

HOLD_MOST_MS = 250.0
"""Longest that sound is held back for the picture: beyond, talking suffers more than lips."""

WAITING_MOST = 40
"""Faces that may wait; more means that nothing is shown."""


@dataclass(frozen=True, slots=True)
class SyncCounts:
    """How lips and sound went.

    Attributes:
        skew_ms_p50: median of lips behind sound, negative when ahead.
        skew_ms_p5, skew_ms_p95: 5 % of the frames were further ahead, 5 % further behind.
        within: share of frames shown within 45 ms of their sound.
        hold_ms: how long the sound is held back for the picture.
    """

    skew_ms_p50: float = 0.0
    skew_ms_p5: float = 0.0
    skew_ms_p95: float = 0.0
    within: float = 0.0
    hold_ms: float = 0.0


class LipSync:
    """Says when a face is due, so early that rendering it ends a little before its sound is heard.

    `due_ns` is called on one thread, `shown` on one other.

    Args:
        heard_ns: tells when the sample with an RTP time stamp is heard, None where it is not known.
        hold_back: makes the sound wait so many ms for the picture.
    """

    def __init__(self, heard_ns: Callable[[int], int | None], hold_back: Callable[[float], None]) -> None:
        self.clock: SoundClock | None = None
        self._heard_ns = heard_ns
        self._hold_back = hold_back
        self._pace = DelayMeter()
        self._lags: deque[float] = deque(maxlen=LAG_WINDOW)
        self._skews: deque[float] = deque(maxlen=SKEWS_KEPT)
        self._hold_ms = 0.0
        self._render_ns = 0
        self._renders: deque[int] = deque(maxlen=RENDER_MEMORY)
        self._dues: deque[tuple[int, int]] = deque(maxlen=WAITING_MOST)

    def _samples(self, clock: SoundClock, seq: int) -> int:
        return round((seq - clock.seq) * SAMPLE_RATE * clock.fps_den / clock.fps_num)

    def due_ns(self, seq: int, now_ns: int) -> int:
        """Give when a face that arrives now is to be shown: now, or later."""
        clock = self.clock
        if clock is None:
            return now_ns
        samples = self._samples(clock, seq)
        self._pace.add(samples, now_ns)
        due_ns = now_ns
        if self._pace.base_ns is not None:
            even_ns = self._pace.base_ns + samples * 1e9 / SAMPLE_RATE + self._pace.spread_ms(PACE_PERCENTILE) * 1e6
            due_ns = max(due_ns, round(even_ns))
        heard_ns = self._heard_ns((clock.timestamp + samples) % (1 << 32))
        if heard_ns is not None and abs(heard_ns - now_ns) < WAIT_MOST_NS:
            due_ns = max(due_ns, heard_ns - LEAD_NS - self._render_ns)
        due_ns = min(due_ns, now_ns + WAIT_MOST_NS)
        self._dues.append((seq, due_ns))
        return due_ns

    def shown(self, seq: int, now_ns: int) -> None:
        """Take word that a face was shown; the renderer's thread."""
        clock = self.clock
        if clock is None:
            return
        due_ns = next((due_ns for due, due_ns in self._dues if due == seq), now_ns)
        self._renders.append(min(now_ns - due_ns, RENDER_MOST_NS))
        self._render_ns = sorted(self._renders)[len(self._renders) // 4]
        heard_ns = self._heard_ns((clock.timestamp + self._samples(clock, seq)) % (1 << 32))
        if heard_ns is not None and abs(heard_ns - now_ns) < WAIT_MOST_NS:
            lag_ms = (now_ns - heard_ns) / 1e6
            self._skews.append(lag_ms)
            self._judge(lag_ms)

    def _judge(self, lag_ms: float) -> None:
        """Hold the sound back where the picture cannot keep up, and let it go again when it can."""
        self._lags.append(lag_ms)
        if len(self._lags) < LAG_WINDOW // 2:
            return
        behind = sorted(self._lags)[int(LAG_PERCENTILE * len(self._lags))] - LAG_NS / 1e6
        # Waiting is taken back slowly, for every change of it stretches or shortens the sound.
        change = behind if behind > 0 else max(behind, -0.2)
        if behind > 0:
            self._lags.clear()
        self._hold_ms = min(max(self._hold_ms + change, 0.0), HOLD_MOST_MS)
        self._hold_back(self._hold_ms)

    def counts(self) -> SyncCounts:
        """Give how it went so far."""
        skews = sorted(self._skews)
        if not skews:
            return SyncCounts()

        def at(share: float) -> float:
            return skews[min(int(share * len(skews)), len(skews) - 1)]

        within = sum(abs(skew) <= NOTICED_MS for skew in skews) / len(skews)
        return SyncCounts(at(0.5), at(0.05), at(0.95), within, self._hold_ms)


class FaceGate(Stage):
    """Holds each face until it is due, then hands it to the renderer.

    Args:
        sync: says when.
        show: takes a face that is due.
        on_failure: see `Stage`.
    """

    def __init__(
        self, sync: LipSync, show: Callable[[FaceJob], None], on_failure: Callable[[str, Exception], None]
    ) -> None:
        super().__init__("lips", on_failure)
        self._sync = sync
        self._show = show
        self._condition = threading.Condition()
        self._waiting: deque[tuple[int, FaceJob]] = deque()
        self._ended = False
        self.dropped = 0

    def put(self, job: FaceJob) -> None:
        """Take a face, in the order of frames."""
        due_ns = self._sync.due_ns(job.seq, time.monotonic_ns())
        with self._condition:
            if len(self._waiting) >= WAITING_MOST:
                self._waiting.popleft()
                self.dropped += 1
            self._waiting.append((due_ns, job))
            self._condition.notify()

    def step(self) -> None:
        """Show the next face when it is due."""
        with self._condition:
            self._condition.wait_for(lambda: self._waiting or self._ended, 0.2)
            if not self._waiting:
                return
            wait_ns = self._waiting[0][0] - time.monotonic_ns()
            if wait_ns > 0 and not self._ended:
                self._condition.wait(wait_ns / 1e9)
                return
            _, job = self._waiting.popleft()
        self._show(job)

    def request_stop(self) -> None:
        """Ask the stage to end, and wake it."""
        super().request_stop()
        with self._condition:
            self._ended = True
            self._condition.notify_all()
