"""A call on disk: every picture at its time and at one size."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

from app.call.shown import LiveStats, ShownFrame
from app.call.take import open_take

STATS = LiveStats(0, 0, 0, 0, 0, 0)


def shown(side: int, at_ms: int) -> ShownFrame:
    return ShownFrame(np.full((side, side, 3), 90, np.uint8), 0, "face", 0, at_ms * 1_000_000, "", STATS)


def test_pictures_keep_their_times_and_get_one_size(tmp_path: Path) -> None:
    path = tmp_path / "take.mp4"
    with open_take(path, (65, 64)) as take:
        for side, at_ms in ((64, 5000), (128, 5040), (32, 5040), (64, 6000)):
            take(shown(side, at_ms))
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    assert [(frame.width, frame.height) for frame in frames] == [(64, 64)] * 4
    assert [round(float(frame.time or 0), 3) for frame in frames] == [0, 0.04, 0.041, 1.0]
