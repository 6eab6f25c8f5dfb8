"""The figures of a call at its viewing end. Pure: time is an argument; one lock, for many threads report."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, replace

import numpy as np

from app.call.shown import LiveStats, Mode
from app.net.wire import WireCounts

LIVE_NS = 2_000_000_000
"""Live figures look back this far: short enough to follow a change, long enough to be read."""

LATENCIES_KEPT = 100_000
"""An hour at 25 fps; a longer call forgets its beginning."""

SEGMENTS_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the call in one mode at one output size.

    Attributes:
        mode: what was shown.
        size: width and height shown, pixels.
        seconds: how long.
        face_bytes: face, plate and texture packets that arrived.
        video_bytes: H.265 that arrived.
        frames: pictures shown.
        wire_in_bytes: received, with 28 bytes per packet.
        wire_out_bytes: sent, the same.
    """

    mode: Mode
    size: tuple[int, int]
    seconds: float = 0.0
    face_bytes: int = 0
    video_bytes: int = 0
    frames: int = 0
    wire_in_bytes: int = 0
    wire_out_bytes: int = 0

    @property
    def payload_bytes(self) -> int:
        """Bytes of the stream that was shown."""
        return self.face_bytes if self.mode == "face" else self.video_bytes


def kbps(total_bytes: float, seconds: float) -> float:
    """Give a rate in kbit/s, 0 over no time."""
    return total_bytes * 8 / 1000 / seconds if seconds > 0 else 0.0


class ViewerStats:
    """Collects what the viewing end sees.

    Args:
        size: first output size, width and height.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self._lock = threading.Lock()
        self._began_ns: int | None = None
        self._segment = Segment("audio_only", size)
        self._segment_ns = 0
        self._segment_wire = WireCounts()
        self._segments: deque[Segment] = deque(maxlen=SEGMENTS_KEPT)
        self._latencies_ms: deque[float] = deque(maxlen=LATENCIES_KEPT)
        self._last_shown_ns: int | None = None
        self._recent: deque[tuple[int, str, float]] = deque()
        self._recent_wire: deque[tuple[int, WireCounts]] = deque()
        self.freeze_ns = 0
        self.frames_shown = 0
        self.audio_bytes = 0
        self.picture_bytes = 0
        self.resolution_switches = 0
        self.face_first_ns: int | None = None

    def begin(self, now_ns: int, wire: WireCounts) -> None:
        """Start counting."""
        with self._lock:
            self._began_ns = self._segment_ns = now_ns
            self._segment_wire = wire
            self._recent_wire.append((now_ns, wire))

    def _add(self, now_ns: int, kind: str, amount: float) -> None:
        self._recent.append((now_ns, kind, amount))
        while self._recent and now_ns - self._recent[0][0] > LIVE_NS:
            self._recent.popleft()

    def face_arrived(self, size_bytes: int, now_ns: int) -> None:
        """Count a face, plate or texture packet."""
        with self._lock:
            self.picture_bytes += size_bytes
            self._segment = replace(self._segment, face_bytes=self._segment.face_bytes + size_bytes)
            self._add(now_ns, "face", size_bytes)

    def video_arrived(self, size_bytes: int, now_ns: int) -> None:
        """Count an H.265 access unit."""
        with self._lock:
            self.picture_bytes += size_bytes
            self._segment = replace(self._segment, video_bytes=self._segment.video_bytes + size_bytes)
            self._add(now_ns, "h265", size_bytes)

    def audio_arrived(self, size_bytes: int, now_ns: int) -> None:
        """Count an Opus packet."""
        with self._lock:
            if self._began_ns is not None:
                self.audio_bytes += size_bytes
            self._add(now_ns, "audio", size_bytes)

    def shown(
        self, mode: Mode, size: tuple[int, int], latency_ms: float | None, now_ns: int, wire: WireCounts
    ) -> LiveStats:
        """Count a picture as it is shown, and give the live figures to go with it."""
        with self._lock:
            if (mode, size) != (self._segment.mode, self._segment.size):
                if size != self._segment.size and self._last_shown_ns is not None:
                    self.resolution_switches += 1
                self._end_segment(now_ns, wire)
                self._segment = Segment(mode, size)
            self._segment = replace(self._segment, frames=self._segment.frames + 1)
            self.frames_shown += 1
            if mode == "face" and self.face_first_ns is None:
                self.face_first_ns = now_ns
            if self._last_shown_ns is not None:
                self.freeze_ns = max(self.freeze_ns, now_ns - self._last_shown_ns)
            self._last_shown_ns = now_ns
            if latency_ms is not None:
                self._latencies_ms.append(latency_ms)
                self._add(now_ns, "latency", latency_ms)
            self._add(now_ns, "shown", 1)
            self._recent_wire.append((now_ns, wire))
            return self._live(mode, now_ns)

    def _live(self, mode: Mode, now_ns: int) -> LiveStats:
        while len(self._recent_wire) > 2 and now_ns - self._recent_wire[0][0] > LIVE_NS:
            self._recent_wire.popleft()
        sums = dict.fromkeys(("face", "h265", "audio", "shown"), 0.0)
        latencies = []
        for _, kind, amount in self._recent:
            if kind == "latency":
                latencies.append(amount)
            else:
                sums[kind] += amount
        since_ns = max(now_ns - LIVE_NS, now_ns if self._began_ns is None else self._began_ns)
        seconds = max((now_ns - since_ns) / 1e9, 0.1)
        (from_ns, before), (to_ns, after) = self._recent_wire[0], self._recent_wire[-1]
        wire_s = max((to_ns - from_ns) / 1e9, 0.1)
        return LiveStats(
            payload_kbps=kbps(sums["face" if mode == "face" else "h265"], seconds),
            wire_kbps_out=kbps(after.received_bytes - before.received_bytes, wire_s),
            wire_kbps_back=kbps(after.sent_bytes - before.sent_bytes, wire_s),
            audio_kbps=kbps(sums["audio"], seconds),
            fps=sums["shown"] / seconds,
            latency_ms=float(np.median(latencies)) if latencies else 0.0,
        )

    def _end_segment(self, now_ns: int, wire: WireCounts) -> None:
        before = self._segment_wire
        if self._began_ns is not None:
            self._segments.append(
                replace(
                    self._segment,
                    seconds=(now_ns - self._segment_ns) / 1e9,
                    wire_in_bytes=wire.received_bytes - before.received_bytes,
                    wire_out_bytes=wire.sent_bytes - before.sent_bytes,
                )
            )
        self._segment_ns, self._segment_wire = now_ns, wire

    def end(self, now_ns: int, wire: WireCounts) -> tuple[Segment, ...]:
        """Stop counting and give the call's segments, in order."""
        with self._lock:
            if self._last_shown_ns is not None:
                self.freeze_ns = max(self.freeze_ns, now_ns - self._last_shown_ns)
            self._end_segment(now_ns, wire)
            self._segment = Segment(self._segment.mode, self._segment.size)
            return tuple(self._segments)

    @property
    def face_after_s(self) -> float:
        """Seconds from the beginning to the first face shown, 0 where none was."""
        if self.face_first_ns is None or self._began_ns is None:
            return 0.0
        return (self.face_first_ns - self._began_ns) / 1e9

    def latency_ms(self, percentile: float) -> float:
        """Give a percentile of capture to shown, ms; 0 where none was measured."""
        with self._lock:
            return float(np.percentile(list(self._latencies_ms), percentile)) if self._latencies_ms else 0.0
