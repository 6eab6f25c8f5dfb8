"""Writes pictures into a video file: lossless in Matroska, or H.264 in MP4 for any player."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import numpy as np
from numpy.typing import NDArray

H264_OPTIONS = {"preset": "medium", "crf": "14"}
"""Visibly the same as the pictures: what is judged is the renderer, not the file."""

MAX_DENOMINATOR = 1_000_000
"""Finest frame rate that is written as it is: a stream may name one that a container cannot hold in its 31 bits."""


def check_video(path: Path, size: tuple[int, int]) -> None:
    """Checks that a video of this size can be written under this name.

    Raises:
        ValueError: the suffix is neither .mkv nor .mp4, or an MP4's side is odd.
    """
    suffix = path.suffix.lower()
    if suffix not in {".mkv", ".mp4"}:
        raise ValueError(f"output must end in .mkv (lossless) or .mp4: {path}")
    if suffix == ".mp4" and (size[0] % 2 or size[1] % 2):
        raise ValueError(f"an .mp4 needs even sides, not {size[0]}x{size[1]}; a .mkv takes any")


class VideoWriter:
    """A video file that is open for pictures; use it in a `with` block.

    Args:
        path: the file; its suffix decides the format.
        size: width and height in pixels.
        fps: pictures per second.

    Raises:
        ValueError: see `check_video`.
        OSError: the file cannot be written.
    """

    def __init__(self, path: Path, size: tuple[int, int], fps: Fraction) -> None:
        check_video(path, size)
        rate = fps.limit_denominator(MAX_DENOMINATOR)
        self._pts = 0
        self._lossless = path.suffix.lower() == ".mkv"
        self._container = av.open(str(path), "w", format="matroska" if self._lossless else "mp4")
        if self._lossless:
            self._stream = self._container.add_stream("ffv1", rate=rate, options={"slices": "4", "slicecrc": "1"})
            self._stream.pix_fmt = "bgr0"  # RGB as it is: a YUV format would round
        else:
            self._stream = self._container.add_stream("libx264", rate=rate, options=H264_OPTIONS)
            self._stream.pix_fmt = "yuv420p"
        self._stream.width, self._stream.height = size
        self._stream.codec_context.thread_count = 2

    def write(self, rgb: NDArray[np.uint8]) -> None:
        """Adds one picture, uint8 (H, W, 3)."""
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
        frame.pts = self._pts
        self._pts += 1
        self._container.mux(self._stream.encode(frame))

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._container.mux(self._stream.encode(None))
        self._container.close()
