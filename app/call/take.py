"""Writes the pictures of a call as they are shown into an MP4, without sound."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from app.call.mp4 import open_mp4
from app.call.shown import ShownFrame


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
    with open_mp4(path, (width, height)) as write:

        def take(shown: ShownFrame) -> None:
            scaled = np.asarray(cv2.resize(shown.rgb, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
            write(scaled, shown.t_shown_ns)

        yield take
