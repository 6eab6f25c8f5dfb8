"""A demo call without a network: plays a clip through the same callbacks as `app.call.demo.run_demo`."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import numpy as np

from app.call.comparison import LoopedClip
from app.call.demo import DemoOptions, DemoReport, LiveStats, Mode, ShownFrame, SizeInterval
from app.call.recording import fit_square

H265_FRAMES = 10
"""Pictures before the staged identity arrives."""


def stage_demo(
    options: DemoOptions,
    on_frame: Callable[[ShownFrame], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    wanted_size: Callable[[], tuple[int, int] | None] = lambda: None,
) -> DemoReport:
    """Shows the clip's own pictures at 25 fps, first as H.265, then as the face stream."""
    clip = LoopedClip(options.clip, 256)
    frames = round(options.seconds * 25)
    sizes = []
    for seq in range(frames):
        if should_stop():
            break
        size = wanted_size() or options.size
        sizes.append(size)
        rgb = clip.picture(seq)
        assert rgb is not None
        mode: Mode = "h265" if seq < H265_FRAMES else "face"
        reason = "no identity yet" if mode == "h265" else "the identity arrived"
        now_ns = time.monotonic_ns()
        stats = LiveStats(1.9, 40.0, 9.0, 16.0, 25.0, 80.0)
        picture = np.ascontiguousarray(fit_square(rgb, size[0]))
        if on_frame is not None:
            on_frame(ShownFrame(picture, seq, mode, now_ns - 80_000_000, now_ns, reason, stats))
        time.sleep(0.01)
    switches = sum(a != b for a, b in itertools.pairwise(sizes))
    mode_seconds = {"face": max(0, len(sizes) - H265_FRAMES) / 25, "h265": H265_FRAMES / 25, "audio_only": 0.0}
    interval = SizeInterval(options.size, len(sizes) / 25, 1.9, 25.0)
    return DemoReport(
        seconds=len(sizes) / 25, mode_seconds=mode_seconds, payload_kbps=1.9, wire_kbps_out=40.0, wire_kbps_back=9.0,
        audio_kbps=16.0, frames_shown=len(sizes), fps=25.0, latency_ms_p50=80.0, latency_ms_p95=95.0,
        freeze_ms_max=60.0, psnr=30.0, resolution_switches=switches, h265_kbps=100.0, identity_seconds=1.0,
        by_size=(interval,),
    )  # fmt: skip
