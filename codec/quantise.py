"""Uniform quantisation in fixed point. Format: BITSTREAM.md, "Fixed point".

Every dimension has a personal step. Inside the codec a number is an integer count of 1/256 steps, so that both ends
compute the same on any machine; a residual is a count of whole steps, stretched by the packet's quality.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from codec.entropy import MAX_RESIDUAL, TABLES, ResidualTable

UNIT = 256
"""Fixed-point units per quantiser step at quality 0."""

LIMIT = 1 << 22
"""Largest magnitude of a fixed-point number: 16384 steps, far beyond a face and far from overflowing an int32."""

QUALITY_MIN = -8
QUALITY_MAX = 23
"""Quality range, five bits: steps from a quarter of the personal ones to 54 times them."""

SCALES = (
    64, 76, 91, 108, 128, 152, 181, 215, 256, 304, 362, 431, 512, 609, 724, 861,
    1024, 1218, 1448, 1722, 2048, 2435, 2896, 3444, 4096, 4871, 5793, 6889, 8192, 9742, 11585, 13777,
)  # fmt: skip
"""Step in fixed-point units by quality: round(256 * 2^(quality / 4)), frozen."""


def scale_of(quality: int) -> int:
    """The step in fixed-point units at a quality.

    Raises:
        ValueError: if the quality is outside ``QUALITY_MIN`` to ``QUALITY_MAX``.
    """
    if not QUALITY_MIN <= quality <= QUALITY_MAX:
        raise ValueError(f"quality {quality} is outside {QUALITY_MIN} to {QUALITY_MAX}")
    return SCALES[quality - QUALITY_MIN]


MIXING_BITS = 15
"""Mixing coefficients are integers of 2^-15."""


def quantise_mixing(mixing: NDArray[np.float64]) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
    """Rounds a mixing to what an identity stores.

    Args:
        mixing: float64 (N, N), the numbers that one step of each component makes, a component to a column.

    Returns:
        int16 (N, N), and float32 (N,), each number's own unit.

    Raises:
        ValueError: a number that no component makes, or one that is not finite.
    """
    largest = np.abs(mixing).max(1)
    if not (np.isfinite(largest).all() and (largest > 0.0).all()):
        raise ValueError("a mixing must be finite and make every number")
    most = (1 << MIXING_BITS) - 1
    steps = (largest * (1 << MIXING_BITS) / most).astype(np.float32)
    whole = np.rint(mixing / steps.astype(np.float64)[:, None] * (1 << MIXING_BITS))
    return np.clip(whole, -most, most).astype(np.int16), steps


def step_numbers(mixing: NDArray[np.int16], steps: NDArray[np.float32]) -> NDArray[np.float64]:
    """The numbers that one step of each component makes, a component to a column, float64 (N, N)."""
    return mixing.astype(np.float64) * (steps.astype(np.float64) * 2.0**-MIXING_BITS)[:, None]


def unmixing_of(mixing: NDArray[np.int16], steps: NDArray[np.float32]) -> NDArray[np.float64]:
    """Components in steps by numbers, float64 (N, N): the inverse of what a decoder does.

    Raises:
        ValueError: the mixing has no inverse.
    """
    try:
        return np.asarray(np.linalg.inv(step_numbers(mixing, steps)))
    except np.linalg.LinAlgError:
        raise ValueError("the identity's codec.mixing has no inverse") from None


def to_fixed(
    vector: NDArray[np.float32], steps: NDArray[np.float32], unmixing: NDArray[np.float64] | None = None
) -> NDArray[np.int64]:
    """Rounds numbers, or the components that they are mixed from, to fixed point.

    Args:
        vector: (N,), the frame's numbers.
        steps: (N,), the quantiser steps, positive.
        unmixing: float64 (N, N), from `unmixing_of`, where numbers are mixed.

    Returns:
        int64 (N,), in units of step / 256, clipped to ``LIMIT``.
    """
    exact = vector.astype(np.float64)
    scaled = np.rint((exact / steps if unmixing is None else (unmixing * exact).sum(1)) * UNIT)
    return np.asarray(np.clip(scaled, -LIMIT, LIMIT), np.int64)


def from_fixed(
    fixed: NDArray[np.int64], steps: NDArray[np.float32], mixing: NDArray[np.int64] | None = None
) -> NDArray[np.float32]:
    """The numbers that fixed-point integers stand for, float32 (N,): BITSTREAM.md, "Fixed point".

    Sums are of integers, so they are the same on any machine.
    """
    if mixing is None:
        return fixed.astype(np.float32) * (steps * np.float32(1 / UNIT))
    total = (mixing * fixed).sum(1)
    scale = steps.astype(np.float64) * (2.0**-MIXING_BITS / UNIT)
    return np.asarray(total.astype(np.float64) * scale, np.float32)


LAGRANGES = (0.06, 0.12, 0.15)
"""Squared steps that a bit is worth, from lavish to thrifty. The middle one is near dD/dR of a fine uniform quantiser,
step^2 / 12 * 2 ln 2; rounding by it saves 7 % of the bits at equal error against plain rounding (four clips)."""

LAVISH, PLAIN, THRIFTY = range(3)
"""Indices into ``LAGRANGES``."""

LARGEST_DEAD_ZONE = 1.0
"""A number this far from its prediction, in steps, is always moved: or a still dimension would never adapt."""


def _thresholds(table: ResidualTable, lagrange: float) -> tuple[int, int]:
    """Where the encoder rounds up, in 1/256 steps: from 0 to 1, and the rounding offset beyond 1."""
    widths = [high - low for low, high in itertools.pairwise(table.cumulative)]
    zero, one, two = widths[table.largest], widths[table.largest + 1], widths[min(table.largest + 2, len(widths) - 2)]
    first = 0.5 + lagrange / 2 * math.log2(zero / one)
    further = 0.5 - lagrange / 2 * math.log2(one / two)
    return round(256 * min(first, LARGEST_DEAD_ZONE)), round(256 * min(max(further, 0.2), 0.5))


_THRESHOLDS = tuple(tuple(_thresholds(table, lagrange) for table in TABLES) for lagrange in LAGRANGES)


def nearest_residual(difference: int, scale: int, level: int, thrift: int = PLAIN) -> int:
    """Chooses the residual that costs least in squared error and bits together.

    The choice is the encoder's own: a decoder takes whatever comes, and no bit of the format depends on it.

    Args:
        difference: wanted minus predicted value, fixed point.
        scale: the packet's step in fixed-point units.
        level: class of the residual.
        thrift: index into ``LAGRANGES``.

    Returns:
        The residual in steps.
    """
    first, further = _THRESHOLDS[thrift][level]
    distance = (abs(difference) << 8) // scale
    count = (distance + further) >> 8
    if count <= 1:
        count = 1 if distance > first else 0
    elif count > MAX_RESIDUAL:
        count = MAX_RESIDUAL
    return -count if difference < 0 else count
