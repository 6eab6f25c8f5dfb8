"""Writes the pictures of a call as they are shown into an MP4, without sound."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from app.call.shown import ShownFrame

TIME_BASE = Fraction(1, 1000)


@contextmanager
def open_take(path: Path, size: tuple[int, int]) -> Iterator[Callable[[ShownFrame], None]]:
    """Records for as long as the block runs.

    Args:
        path: the MP4 to write.
        size: width and height of its pictures, pixels; others are scaled, and odd sides lose a pixel.

    Yields:
        A function that takes each shown picture.
    """
    width, height = (max(side // 2 * 2, 2) for side in size)
    started_ns: int | None = None
    last_ms = -1
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "superfast", "crf": "20"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.time_base = stream.codec_context.time_base = TIME_BASE

        def take(shown: ShownFrame) -> None:
            nonlocal started_ns, last_ms
            started_ns = shown.t_shown_ns if started_ns is None else started_ns
            scaled = np.asarray(cv2.resize(shown.rgb, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
            frame = av.VideoFrame.from_ndarray(scaled, format="rgb24")
            last_ms = max(last_ms + 1, (shown.t_shown_ns - started_ns) // 1_000_000)
            frame.pts, frame.time_base = last_ms, TIME_BASE
            container.mux(stream.encode(frame))

        yield take
        container.mux(stream.encode(None))
