"""Which quantiser makes an H.265 picture about as large as it may be. Pure.

libx265 takes no other bitrate once it runs, but it takes a quantiser for every picture (`codec.h265_live`). So the rate
is controlled here: the size of a picture follows from its quantiser and from how much there is to code, and how exactly
is learnt from picture to picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

QP_LEAST, QP_MOST = 15, 46
"""Quantisers used: below, a picture takes three times the time to code and looks no better; above, it is a mosaic."""

QP_FALL = 2
"""A quantiser falls by so much from one picture to the next at most: what a coarse one has left out comes at once
otherwise, in a picture several times as large as others."""

KEY_QP_PER_OCTAVE, QP_PER_OCTAVE = 7.3, 4.4
"""Steps of the quantiser that halve the size of a key picture, and of another one; measured on four clips at two sizes,
quantisers 14 to 38."""

KEY_OFFSET, OFFSET = -3.85, -5.0
"""First guess of the size, log2 of bits per pixel and unit of complexity at quantiser 26; the same clips lie within 0.3
and 1.6 of it."""

QP_MIDDLE = 26

LEARNT = 0.45
"""How fast the guess follows what pictures take; they differ from it by a third even in an even scene."""

STILL = 0.3
"""Grey levels of change that a picture has though nothing moves: noise, and what the last quantiser left out."""

HEADER_BITS, BLOCK_BITS, BLOCK_PX = 80, 2.6, 32
"""What a picture takes in which nothing is new: its header, and a little for each block."""

SHRINK = 4
"""Change is measured between pictures shrunk by so much, which leaves noise out."""


@dataclass(frozen=True, slots=True)
class Complexity:
    """How much there is to code in a picture.

    Attributes:
        detail: mean difference of neighbouring pixels across and down, grey levels.
        change: mean difference from the picture before, grey levels; 0 for the first.
    """

    detail: float
    change: float


class ComplexityMeter:
    """Measures pictures one after the other."""

    def __init__(self) -> None:
        self._before: NDArray[np.float32] | None = None

    def measure(self, luma: NDArray[np.uint8]) -> Complexity:
        """Measure a picture.

        Args:
            luma: uint8 (H, W).
        """
        signed = luma.astype(np.int16)
        detail = np.abs(np.diff(signed[::2], axis=1)).mean() + np.abs(np.diff(signed[:, ::2], axis=0)).mean()
        small = _shrink(signed)
        before, self._before = self._before, small
        change = 0.0 if before is None or before.shape != small.shape else float(np.abs(small - before).mean())
        return Complexity(float(detail), change)


def _shrink(luma: NDArray[np.int16]) -> NDArray[np.float32]:
    """Average blocks: int16 (H, W) to float32 (H / SHRINK, W / SHRINK). Sums of strides take a twentieth of mean()."""
    height, width = (side // SHRINK * SHRINK for side in luma.shape)
    rows = sum((luma[step:height:SHRINK, :width] for step in range(SHRINK)), np.zeros((), np.int16))
    blocks = sum((rows[:, step::SHRINK] for step in range(SHRINK)), np.zeros((), np.int16))
    return np.asarray(blocks, np.float32) / SHRINK**2


class QuantiserControl:
    """Chooses a quantiser for each picture of one size.

    Args:
        pixels: of a picture.
    """

    def __init__(self, pixels: int) -> None:
        self._pixels = pixels
        self._least_bits = HEADER_BITS + BLOCK_BITS * pixels / BLOCK_PX**2
        self._offsets = {True: KEY_OFFSET, False: OFFSET}
        self._expected = (True, 0.0)
        self.qp: int | None = None

    def choose(self, bits: float, complexity: Complexity, is_key: bool) -> int:
        """Give the quantiser with which the picture takes about so many bits.

        Args:
            bits: wanted.
            complexity: of the picture.
            is_key: whether it will be a key picture.
        """
        per_octave = KEY_QP_PER_OCTAVE if is_key else QP_PER_OCTAVE
        size = self._log_size(complexity, is_key)
        wanted = math.log2(max(bits - self._least_bits, self._least_bits / 4))
        qp = math.ceil(QP_MIDDLE + (size - wanted) * per_octave)
        if self.qp is not None and not is_key:
            qp = max(qp, self.qp - QP_FALL)
        self.qp = min(max(qp, QP_LEAST), QP_MOST)
        self._expected = is_key, size - (self.qp - QP_MIDDLE) / per_octave
        return self.qp

    def _log_size(self, complexity: Complexity, is_key: bool) -> float:
        """Give log2 of the bits expected at the middle quantiser."""
        measure = max(complexity.detail, 0.1) if is_key else complexity.change + STILL
        return self._offsets[is_key] + math.log2(self._pixels * measure)

    def coded(self, bits: int) -> None:
        """Learn from what the last chosen quantiser made."""
        is_key, expected = self._expected
        error = math.log2(max(bits - self._least_bits, self._least_bits / 4)) - expected
        self._offsets[is_key] += LEARNT * error
