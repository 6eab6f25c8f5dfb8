"""What frames are expected to be, given the frame they refer to. Format: BITSTREAM.md, "Prediction" and "Adaptation".

All of it is integer arithmetic on state that whoever holds the reference frame holds too: its values, the values before
it (a velocity), and how large residuals have been of late. So prediction never depends on frames that may be lost.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codec.entropy import CLASSES, EXPECTED_BITS, TABLES
from codec.quantise import LIMIT, scale_of
from codec.transform import MOST_FRAMES, synthesise

DISTANCES = (1, 2, 3, 5, 9, 20, 63)
"""Largest distance to the reference, in frames, of each distance class: on a call it is the round trip."""

TRAINED_AT = (1, 2, 3, 4, 7, 14, 36)
"""The distance at which each class's coefficients are trained."""

MAX_DISTANCE = DISTANCES[-1]
"""Farthest reference: both ends keep a ring of 64 frames."""

COEFFICIENT_BITS = 12
"""Fraction bits of prediction coefficients, int16: -8 to 8."""

CLASS_BITS = 8
"""A scale is an integer in 1/1024 octaves above class 0; a class is 256 of them."""

SPREAD_LIMIT = 8192
"""Largest adaptation of a scale, 8 octaves either way."""

_HALF = 1 << (COEFFICIENT_BITS - 1)

# Adaptation of scales by the surprise of each residual, (|k| - E) / (E + 1/4): a natural-gradient step of its
# log-likelihood, without logarithms. Gains measured on four clips; see BITSTREAM.md, "Adaptation".
SURPRISE_LIMIT = 1024
DIMENSION_GAIN = 48
ORDER_GAIN = 1024
PACKET_GAIN = 176
OWN_GAIN = 128

_EXPECTED = tuple(table.expected for table in TABLES)
_SURPRISE = tuple((1 << 30) // (table.expected + (1 << (EXPECTED_BITS - 2))) for table in TABLES)


@dataclass(frozen=True, slots=True)
class FrameState:
    """What both ends remember of a packet: of its last frame, which later packets may refer to.

    Attributes:
        seq: number of the packet's last frame.
        distance: frames from ``before`` to ``values``; 1 for a key frame.
        count: frames in the packet.
        quality: quality it was coded at.
        values: int64 (N,), reconstructed numbers, fixed point.
        before: int64 (N,), those of the frame before it in the packet, or of the reference where it is alone; its own
            for a key frame.
        spread: N adaptations of the dimensions' scales, 1/1024 octaves.
        order_spread: one more per temporal order.
    """

    seq: int
    distance: int
    count: int
    quality: int
    values: NDArray[np.int64]
    before: NDArray[np.int64]
    spread: list[int]
    order_spread: list[int]

    def digest(self) -> int:
        """16 bits over everything a later packet may depend on, which acknowledgements carry."""
        numbers = [self.seq & 0x7FFFFFFF, self.distance, self.count, self.quality]
        parts = [np.asarray(numbers), self.values, self.before, np.asarray(self.spread + self.order_spread)]
        return zlib.crc32(np.concatenate(parts).astype("<i4").tobytes()) & 0xFFFF


@dataclass(frozen=True, slots=True)
class Prediction:
    """Integer tables of one person, in the form that coding works on.

    Attributes:
        centre: int64 (N,), fixed-point numbers that key frames are predicted from.
        key_scale: N scales of key-frame residuals, 1/1024 octaves above class 0.
        velocity: int64 (7, N), per distance class, coefficients of the reference's velocity, times 2^12.
        scale: int64 (7, N), per distance class, scales of residuals.
        basis: per number of frames n from 1 on, int64 (N, n, n): each dimension's temporal functions, times 2^14.
        order_scale: per number of frames n from 1 on, int64 (n, N), scales of each temporal order at distance 1.
    """

    centre: NDArray[np.int64]
    key_scale: list[int]
    velocity: NDArray[np.int64]
    scale: NDArray[np.int64]
    basis: tuple[NDArray[np.int64], ...]
    order_scale: tuple[NDArray[np.int64], ...]

    def scales(self, distance: int, count: int) -> list[list[int]]:
        """Scales of every order's residuals for ``count`` frames from ``distance`` on."""
        scales = self.order_scale[count - 1]
        if distance > 1:
            scales = scales.copy()
            scales[0] += self.scale[distance_class(distance)] - self.scale[0]
        rows: list[list[int]] = scales.tolist()
        return rows


@dataclass(frozen=True, slots=True)
class Residuals:
    """What was coded of a packet's numbers.

    Attributes:
        residuals: per temporal order, N residuals in steps.
        levels: per temporal order, the N classes they were coded with.
        spread: the dimensions' adaptations after it.
        order_spread: the orders' adaptations after it.
    """

    residuals: list[list[int]]
    levels: list[list[int]]
    spread: list[int]
    order_spread: list[int]


Choose = Callable[[int, int, int], int]
"""``(temporal order, dimension, class) -> residual``; encodes or decodes one."""


def distance_class(distance: int) -> int:
    """The distance class of a distance; beyond the last class's end it is the last."""
    return next((index for index, largest in enumerate(DISTANCES) if distance <= largest), len(DISTANCES) - 1)


def expect(tables: Prediction, reference: FrameState, distance: int, count: int) -> NDArray[np.int64]:
    """Predicts frames from their reference alone.

    Args:
        tables: the person's.
        reference: the frame they refer to.
        distance: frames from it to the first of them.
        count: how many.

    Returns:
        int64 (count, N), fixed point.
    """
    motion = reference.values - reference.before
    return np.stack(
        [
            reference.values
            + (
                (tables.velocity[distance_class(ahead)] * (motion * ahead // reference.distance) + _HALF)
                >> COEFFICIENT_BITS
            )
            for ahead in range(distance, distance + count)
        ]
    )


def code_key(tables: Prediction, quality: int, choose: Choose) -> Residuals:
    """Codes a frame that refers to none: its residuals from the centre.

    Args:
        tables: the person's.
        quality: the packet's.
        choose: writes or reads one residual.
    """
    levels = [min(max((scale >> CLASS_BITS) - quality, 0), CLASSES - 1) for scale in tables.key_scale]
    residuals = [choose(0, index, level) for index, level in enumerate(levels)]
    return Residuals([residuals], [levels], [0] * len(levels), [0] * MOST_FRAMES)


def code_inter(
    tables: Prediction, reference: FrameState, distance: int, count: int, quality: int, choose: Choose
) -> Residuals:
    """Codes the residuals of frames that refer to an earlier one.

    Args:
        tables: the person's.
        reference: the earlier frame.
        distance: frames from it to the first of these.
        count: how many they are.
        quality: the packet's.
        choose: writes or reads one residual.
    """
    spread, orders = reference.spread, list(reference.order_spread)
    moved, surprised = list(spread), [0] * len(spread)
    packet = -(quality << CLASS_BITS)
    residuals: list[list[int]] = []
    levels: list[list[int]] = []
    for order, scales in enumerate(tables.scales(distance, count)):
        start, total = orders[order], 0
        row: list[int] = []
        classes: list[int] = []
        for index, scale in enumerate(scales):
            level = (scale + moved[index] + start + packet) >> CLASS_BITS
            level = 0 if level < 0 else level if level < CLASSES else CLASSES - 1
            residual = choose(order, index, level)
            surprise = (((abs(residual) << EXPECTED_BITS) - _EXPECTED[level]) * _SURPRISE[level]) >> 22
            if surprise > SURPRISE_LIMIT:
                surprise = SURPRISE_LIMIT
            packet += (surprise * PACKET_GAIN) >> 8
            moved[index] += (surprise * OWN_GAIN) >> 8
            surprised[index] += surprise
            total += surprise
            row.append(residual)
            classes.append(level)
        residuals.append(row)
        levels.append(classes)
        orders[order] = _bounded(start + total * ORDER_GAIN // (len(scales) << 8))
    spreads = [_bounded(was + ((by * DIMENSION_GAIN) >> 8)) for was, by in zip(spread, surprised, strict=True)]
    return Residuals(residuals, levels, spreads, orders)


def _bounded(spread: int) -> int:
    return min(max(spread, -SPREAD_LIMIT), SPREAD_LIMIT)


def rebuild_key(tables: Prediction, seq: int, quality: int, coded: Residuals) -> FrameState:
    """The state that a key frame leaves at both ends."""
    offset = np.asarray(coded.residuals[0], np.int64) * scale_of(quality)
    values = np.clip(tables.centre + offset, -LIMIT, LIMIT)
    return FrameState(seq, 1, 1, quality, values, values, coded.spread, coded.order_spread)


def rebuild(
    tables: Prediction,
    reference: FrameState,
    expected: NDArray[np.int64],
    distance: int,
    quality: int,
    coded: Residuals,
) -> tuple[NDArray[np.int64], FrameState]:
    """What a packet that refers to a frame comes to at both ends.

    Args:
        tables: the person's.
        reference: the frame.
        expected: int64 (n, N), from :func:`expect`.
        distance: frames from the reference to the packet's first.
        quality: the packet's.
        coded: its residuals.

    Returns:
        int64 (n, N) numbers of the packet's frames, fixed point, and the state after it.
    """
    count = len(expected)
    added = synthesise(tables.basis[count - 1], np.asarray(coded.residuals, np.int64), scale_of(quality))
    values = np.clip(expected + added, -LIMIT, LIMIT)
    seq = reference.seq + distance + count - 1
    before, apart = (reference.values, distance) if count == 1 else (values[-2], 1)
    return values, FrameState(seq, apart, count, quality, values[-1], before, coded.spread, coded.order_spread)
