"""H.265 over links that change and lose: how much of the link it takes, how long pictures stand still, and how late.

First the rate of a link falls and comes back. Then the jitter buffer of this program and aiortc's own get the same
packets over the same lossy link.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.bench.report import Axis, Row
from app.bench.video_link import Buffer, Encode, Outcome, VirtualCall
from app.call.video_source import VideoSource
from app.net.congestion import VideoRoom
from app.net.emulator import LinkConditions
from app.net.h265_rtp import is_key
from app.net.jitter_buffer import JitterBuffer
from app.net.stock_buffer import StockBuffer
from models.clip import read_clip

X = Axis("from_s", "begin of the rate, s")
PANELS = (
    Axis("used", "share of the link used"),
    Axis("freeze_ms", "longest freeze, ms"),
    Axis("late_ms_p95", "late, ms"),
)

SIDE = 512
"""Of the camera's pictures, pixels."""

FRAMES_MOST = 150
"""Frames of the clip that are kept, forwards and backwards: 120 MB."""

BUFFER_KBPS = 150.0
"""Rate of the pictures that both buffers get, on a link that is not full: a picture is one packet or two."""

BUFFER_LINKS = (("clean", 0.0, 10.0), ("10 % lost, 100 ms there and back", 0.1, 50.0))


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of the call at one rate of the link: from and to in seconds, kbit/s."""

    begin: float
    end: float
    kbps: float


def phases(rates: Sequence[float], seconds: float) -> list[Phase]:
    """Give the phases of a call that spends so many seconds at each rate."""
    return [Phase(index * seconds, (index + 1) * seconds, rate) for index, rate in enumerate(rates)]


def read_pictures(clip: Path) -> list[NDArray[np.uint8]]:
    """Read a clip's first frames, and give them forwards and backwards, so that no jump comes when they repeat."""
    there = [frame.rgb for frame in read_clip(clip, frames=(0, FRAMES_MOST), size=SIDE)]
    return there + there[::-1]


def encoder_of(pictures: Sequence[NDArray[np.uint8]], source: VideoSource, kbps: float | None = None) -> Encode:
    """Make an encoder of endless pictures.

    Args:
        pictures: in turn.
        source: encodes them.
        kbps: fixed rate, or None for the link's.
    """

    def encode(frame: int, room: VideoRoom, key: bool, now_ns: int) -> bytes | None:
        room = room if kbps is None else VideoRoom(kbps)
        return source.encode(pictures[frame % len(pictures)], 0, room, key, now_ns)

    return encode


def measure_steps(
    pictures: Sequence[NDArray[np.uint8]], fps: Fraction, course: Sequence[Phase], delay_ms: float, loss: float
) -> list[Row]:
    """Send pictures over a link whose rate changes, and give a row for each phase."""
    steps = tuple((phase.begin, phase.kbps) for phase in course[1:])
    there = LinkConditions(loss, delay_ms, course[0].kbps, rate_steps=steps)
    source = VideoSource(fps)
    back = LinkConditions(loss, delay_ms)
    call = VirtualCall(encoder_of(pictures, source), JitterBuffer(is_key), there, back, float(fps))
    try:
        outcome = call.run(course[-1].end)
    finally:
        source.close()
    return [_phase_row(outcome, phase, delay_ms) for phase in course]


def _phase_row(outcome: Outcome, phase: Phase, delay_ms: float) -> Row:
    used = sum(size for at_ns, size in outcome.used if phase.begin <= at_ns / 1e9 < phase.end)
    return {
        "delay_ms": delay_ms,
        "from_s": phase.begin,
        "link_kbps": phase.kbps,
        "used": used * 8 / 1000 / (phase.end - phase.begin) / phase.kbps,
        **shown_figures(outcome, phase.begin, phase.end, delay_ms),
    }


def shown_figures(outcome: Outcome, begin: float, end: float, delay_ms: float) -> dict[str, float]:
    """Give pace, longest freeze and lateness beyond the link's own delay of what was shown between two seconds."""
    shown = sorted((at_ns, frame) for frame, at_ns in outcome.shown_ns.items() if begin <= at_ns / 1e9 < end)
    gaps = [(after - before) / 1e6 for (before, _), (after, _) in pairwise(shown)] or [(end - begin) * 1000]
    late = [(at_ns - outcome.sent_ns[frame]) / 1e6 - delay_ms for at_ns, frame in shown] or [(end - begin) * 1000]
    return {
        "fps": len(shown) / (end - begin),
        "freeze_ms": max(gaps),
        "late_ms_p50": float(np.percentile(late, 50)),
        "late_ms_p95": float(np.percentile(late, 95)),
    }


def measure_buffers(pictures: Sequence[NDArray[np.uint8]], fps: Fraction, seconds: float) -> list[Row]:
    """Give both buffers the same packets over the same links, and a row for each."""
    rows: list[Row] = []
    for name, loss, delay_ms in BUFFER_LINKS:
        link = LinkConditions(loss, delay_ms)
        buffers: tuple[tuple[str, Buffer], ...] = (("own buffer", JitterBuffer(is_key)), ("aiortc's", StockBuffer()))
        for label, buffer in buffers:
            source = VideoSource(fps)
            encode = encoder_of(pictures, source, BUFFER_KBPS)
            try:
                outcome = VirtualCall(encode, buffer, link, link, float(fps), adaptive=False).run(seconds)
            finally:
                source.close()
            figures = shown_figures(outcome, 0.0, seconds, delay_ms)
            rows.append({"buffer": label, "link": name, **figures})
    return rows
