"""Pictures with the times at which they were shown, into an MP4 without sound."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

TIME_BASE = Fraction(1, 1000)


@contextmanager
def open_mp4(path: Path, size: tuple[int, int], crf: int = 20) -> Iterator[Callable[[NDArray[np.uint8], int], None]]:
    """Writes for as long as the block runs.

    Args:
        path: the MP4 to write.
        size: width and height of its pictures, pixels, both even.
        crf: quality of H.264, lower is better.

    Yields:
        A function that takes each picture, uint8 (height, width, 3), and when it was shown, in ns; times ascend.

    Raises:
        OSError: the file cannot be written.
    """
    started_ns: int | None = None
    last_ms = -1
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "superfast", "crf": str(crf)})
        (stream.width, stream.height), stream.pix_fmt = size, "yuv420p"
        stream.time_base = stream.codec_context.time_base = TIME_BASE

        def write(rgb: NDArray[np.uint8], t_shown_ns: int) -> None:
            nonlocal started_ns, last_ms
            started_ns = t_shown_ns if started_ns is None else started_ns
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            last_ms = max(last_ms + 1, (t_shown_ns - started_ns) // 1_000_000)
            frame.pts, frame.time_base = last_ms, TIME_BASE
            container.mux(stream.encode(frame))

        yield write
        container.mux(stream.encode(None))
