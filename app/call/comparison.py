"""The same moment three ways: as it was filmed, as the call shows it, and as H.265 would at that bitrate."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.call.shown import ShownFrame
from codec.h265 import H265Decoder, H265Encoder
from codec.types import REFERENCE_SIZE, Frame
from models.clip import probe_clip, read_clip

ORIGINAL_SIDE = 512
"""Side of the original's picture in pixels: what a panel of a window shows, not what the camera has."""

H265_KBPS = 2.0
"""What the H.265 panel is asked for: about the face stream's own rate. A face that moves holds libx265 above it even at
the coarsest quantiser; what the panel shows then is the lowest rate it reaches."""

H265_PRESET = "medium"
"""4 ms a frame at 256 x 256, and a better picture than the faster presets give."""

SAME_RATE = 1.25
"""Up to so many times the rate that was asked for counts as reached: libx265 meets it only on average."""

METER_S = 2.0
"""Time over which the panel's bitrate is measured."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The three pictures of one moment.

    Attributes:
        shown: the call's picture and figures.
        original: uint8 (N, N, 3) of the clip, or None before its frame number is known.
        h265: uint8 (256, 256, 3), the original through H.265, or None before the first.
        h265_kbps: what that H.265 stream took over the last two seconds.
    """

    shown: ShownFrame
    original: NDArray[np.uint8] | None
    h265: NDArray[np.uint8] | None
    h265_kbps: float

    @property
    def h265_note(self) -> str:
        """What the H.265 bitrate is beside the call's own, for people."""
        return "the lowest rate it reaches" if self.h265_kbps > SAME_RATE * H265_KBPS else "at about that rate"


class LoopedClip:
    """A clip that starts over at its end, read forwards as its frames are asked for.

    Args:
        path: the video.
        side: side of the square pictures in pixels.

    Raises:
        ValueError: the clip cannot be read.
    """

    def __init__(self, path: Path, side: int) -> None:
        self.fps = float(probe_clip(path).fps)
        self._path = path
        self._side = side
        self._frames: Iterator[Frame] = iter(())
        self._length: int | None = None
        self._latest: NDArray[np.uint8] | None = None
        self._seq = -1

    def picture(self, seq: int) -> NDArray[np.uint8] | None:
        """The picture of frame `seq`, counted on through the loops; the latest one for a frame that has passed."""
        if self._length is not None and seq - self._seq > self._length:
            self._seq += (seq - self._seq) // self._length * self._length
        while self._seq < seq:
            self._latest = self._next()
            self._seq += 1
        return self._latest

    def _next(self) -> NDArray[np.uint8]:
        frame = next(self._frames, None)
        if frame is None:
            if self._seq >= 0 and self._length is None:
                self._length = self._seq + 1
            self._frames = read_clip(self._path, size=self._side)
            frame = next(self._frames)
        return frame.rgb


class BitrateMeter:
    """Bitrate over the last `window_s` seconds of the stream's own time."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._spent: deque[tuple[float, int]] = deque()

    def add(self, t_s: float, size: int) -> float:
        """Counts `size` bytes at `t_s` seconds and gives the rate in kbps."""
        self._spent.append((t_s, size))
        while t_s - self._spent[0][0] > self._window_s:
            self._spent.popleft()
        span_s = t_s - self._spent[0][0]
        # The first entry opens the span and is not within it.
        spent = sum(bytes_ for _, bytes_ in self._spent) - self._spent[0][1]
        return spent * 8 / 1000 / span_s if span_s > 0 else 0.0


class Comparator:
    """Puts the original and its H.265 beside each picture of a call.

    Args:
        clip: what the portrayed peer's camera plays.

    Raises:
        ValueError: the clip cannot be read.
    """

    def __init__(self, clip: Path) -> None:
        self._originals = LoopedClip(clip, ORIGINAL_SIDE)
        self._encoder = H265Encoder(
            REFERENCE_SIZE, REFERENCE_SIZE, self._originals.fps, kbps=H265_KBPS, preset=H265_PRESET
        )
        self._decoder = H265Decoder()
        self._meter = BitrateMeter(METER_S)
        self._seq = -1
        self._h265: NDArray[np.uint8] | None = None
        self._h265_kbps = 0.0

    def compare(self, shown: ShownFrame) -> Comparison:
        """The three pictures of the moment that `shown` shows."""
        original = self._originals.picture(shown.seq)
        if original is not None and shown.seq > self._seq:
            self._seq = shown.seq
            self._encode(original, shown.seq / self._originals.fps)
        return Comparison(shown, original, self._h265, self._h265_kbps)

    def _encode(self, original: NDArray[np.uint8], t_s: float) -> None:
        import cv2

        small = np.asarray(cv2.resize(original, (REFERENCE_SIZE,) * 2, interpolation=cv2.INTER_AREA), np.uint8)
        size = 0
        for unit in self._encoder.encode(small):
            size += len(unit)
            for picture in self._decoder.decode(unit):
                self._h265 = picture
        self._h265_kbps = self._meter.add(t_s, size)

    def close(self) -> None:
        """Ends the encoder's threads."""
        self._encoder.close()
