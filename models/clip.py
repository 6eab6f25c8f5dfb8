"""Frames of a video file, as the rest of the project wants pictures: square, scaled, numbered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from codec.types import Frame

MAX_PIXELS = 1 << 24
"""Largest picture accepted, twice that of 4K: decoding one of 8192 x 8192 takes 1.4 GB."""


@dataclass(frozen=True, slots=True)
class ClipInfo:
    """What is known of a clip without decoding it.

    Attributes:
        fps: frames per second.
        width: pixels of the coded picture.
        height: pixels of the coded picture.
        has_audio: whether there is a sound track.
        frames: number of pictures, as the file declares it or as its length makes likely; 0 where it tells neither.
    """

    fps: Fraction
    width: int
    height: int
    has_audio: bool
    frames: int


def _open(path: Path) -> av.container.InputContainer:
    if not path.is_file():
        raise ValueError(f"{path}: no such file")
    try:
        container = av.open(str(path))
    except av.error.FFmpegError as exc:
        raise ValueError(f"{path}: not a video that can be read ({exc.strerror or exc})") from exc
    if not container.streams.video:
        container.close()
        raise ValueError(f"{path}: has no video track")
    stream = container.streams.video[0]
    if not 0 < stream.width * stream.height <= MAX_PIXELS:
        container.close()
        raise ValueError(f"{path}: picture of {stream.width}x{stream.height} is out of range")
    # The size may change later on; then it is the decoder that refuses.
    stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    return container


def probe_clip(path: Path) -> ClipInfo:
    """Read a clip's frame rate, size and length.

    Raises:
        ValueError: the file is missing, unreadable or has no video.
    """
    with _open(path) as container:
        stream = container.streams.video[0]
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        fps = Fraction(int(rate.numerator), int(rate.denominator))
        if not 1 <= fps <= 240:
            raise ValueError(f"{path}: frame rate {float(fps):g} is out of range")
        frames = stream.frames or round((container.duration or 0) / av.time_base * fps)
        return ClipInfo(fps, stream.width, stream.height, bool(container.streams.audio), frames)


def crop_square(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cut the largest centred square out of a picture, uint8 (H, W, 3); a view, not a copy."""
    height, width = rgb.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return rgb[top : top + side, left : left + side]


def scale_square(rgb: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Scale a square picture to ``size`` x ``size``, averaging when it shrinks; contiguous uint8 (size, size, 3)."""
    import cv2

    if rgb.shape[0] == size:
        return np.ascontiguousarray(rgb)
    how = cv2.INTER_AREA if size < rgb.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(rgb, (size, size), interpolation=how), np.uint8)


def read_clip(path: Path, frames: tuple[int, int] | None = None, size: int | None = None) -> Iterator[Frame]:
    """Yield a clip's frames, centre-cropped to a square and scaled.

    Duplicate frames are kept, so frame i of the file has ``seq`` i. ``t_ns`` counts from the clip's start at its
    average frame rate.

    Args:
        path: the video file.
        frames: half-open range of frame numbers, or None for all.
        size: side of the square in pixels, or None for the clip's own.

    Raises:
        ValueError: the file is missing, unreadable, has no video, or ends before the range begins.
    """
    info = probe_clip(path)
    first, last = frames if frames is not None else (0, None)
    if first < 0 or (last is not None and last <= first):
        raise ValueError(f"frame range {first}:{last} is empty")
    seq = 0
    with _open(path) as container:
        stream = container.streams.video[0]
        stream.thread_type = "SLICE"  # frame threads add latency and would compete with the other stages
        try:
            for picture in container.decode(stream):
                if last is not None and seq >= last:
                    return
                if seq >= first:
                    square = crop_square(np.asarray(picture.to_ndarray(format="rgb24"), np.uint8))
                    rgb = np.ascontiguousarray(square) if size is None else scale_square(square, size)
                    yield Frame(rgb, round(seq * 1_000_000_000 / info.fps), seq)
                seq += 1
        except av.error.FFmpegError as exc:
            raise ValueError(f"{path}: damaged after frame {seq} ({exc.strerror or exc})") from exc
    if seq <= first:
        raise ValueError(f"{path}: has {seq} frames, none from {first} on")


def evenly(count: int, most: int) -> NDArray[np.int64]:
    """Numbers of at most so many of a clip's frames, evenly spread from the first to the last: int64."""
    return np.linspace(0, count - 1, min(count, most)).astype(np.int64)
