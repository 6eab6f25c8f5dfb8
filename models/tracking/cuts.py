"""Notices jump cuts: the picture after one has another framing, and nothing may be carried over it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

_SIZE = 64
_PAST = 8  # pictures whose motion a cut has to exceed
_LEAST_CHANGE = 6.0
"""Mean change in grey levels at 64x64; cuts within one studio shot measured 8 to 17, the fastest motion 5.5."""
_TIMES_PAST = 3.0
"""How often the change exceeds the motion before it; cuts measured 4 to 11, motion of that size 1."""
_STILL_CHANGE = 0.3  # what a standing picture's noise changes, so that a repeated picture does not make the next a cut


class CutDetector:
    """Causal: looks at the past only."""

    def __init__(self) -> None:
        self._last: NDArray[np.float32] | None = None
        self._changes: deque[float] = deque(maxlen=_PAST)

    def update(self, rgb: NDArray[np.uint8]) -> bool:
        """Tell whether this picture, uint8 (H, W, 3), is the first after a cut."""
        small = cv2.resize(rgb, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA).mean(2, dtype=np.float32)
        last, self._last = self._last, small
        if last is None:
            return False
        change = float(np.abs(small - last).mean())
        usual = max([_STILL_CHANGE, *self._changes])
        cut = bool(self._changes) and change > _LEAST_CHANGE and change > _TIMES_PAST * usual
        if cut:
            self._changes.clear()
        else:
            self._changes.append(change)
        return cut


def find_cuts(frames: Iterable[NDArray[np.uint8]]) -> list[int]:
    """Return the numbers of the pictures that begin a new shot, without 0."""
    detector = CutDetector()
    return [number for number, rgb in enumerate(frames) if detector.update(rgb)]
