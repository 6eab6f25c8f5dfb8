"""What a frame is expected to be, given the frame it refers to. Format: BITSTREAM.md, "Prediction" and "Adaptation".

All of it is integer arithmetic on state that whoever holds the reference frame holds too: the reference's value, the
value of *its* reference (a velocity), a slow mean along the chain of references, and how large residuals have been of
late. So prediction never depends on frames that may have been lost.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from codec.entropy import CLASSES, EXPECTED_BITS, TABLES
from codec.quantise import LIMIT

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

MEAN_SHIFT = 2
"""The mean moves a quarter of the way per frame: 2 % fewer bits than 1/8 over four clips; 1/2 saves no more."""

SPREAD_LIMIT = 8192
"""Largest adaptation of a scale, 8 octaves either way."""

_HALF = 1 << (COEFFICIENT_BITS - 1)

# Adaptation of scales by the surprise of each residual, (|k| - E) / (E + 1/4): a natural-gradient step of its
# log-likelihood, without logarithms. Gains measured on four clips; see BITSTREAM.md, "Adaptation".
SURPRISE_LIMIT = 1024
DIMENSION_GAIN = 32
GROUP_GAIN = 512
FRAME_GAIN = 64

_EXPECTED = tuple(table.expected for table in TABLES)
_SURPRISE = tuple((1 << 30) // (table.expected + (1 << (EXPECTED_BITS - 2))) for table in TABLES)


@dataclass(frozen=True, slots=True)
class FrameState:
    """What both ends remember of one coded frame.

    Attributes:
        seq: frame number.
        distance: frames to its own reference; 1 for a key frame.
        quality: quality it was coded at.
        values: N reconstructed numbers, fixed point.
        before: its reference's values; its own for a key frame.
        mean: N slow means, fixed point.
        spread: N adaptations of the dimensions' scales, 1/1024 octaves.
        group_spread: one more per group.
    """

    seq: int
    distance: int
    quality: int
    values: list[int]
    before: list[int]
    mean: list[int]
    spread: list[int]
    group_spread: list[int]

    def digest(self) -> int:
        """16 bits over everything a later frame may depend on, which acknowledgements carry."""
        numbers = [self.seq & 0x7FFFFFFF, self.distance, self.quality]
        for part in (self.values, self.before, self.mean, self.spread, self.group_spread):
            numbers += part
        return zlib.crc32(struct.pack(f"<{len(numbers)}i", *numbers)) & 0xFFFF


@dataclass(frozen=True, slots=True)
class Prediction:
    """Integer tables of one person, as lists for speed.

    Attributes:
        group_ends: end index of each group in a frame's vector.
        centre: N fixed-point numbers that key frames are predicted from.
        key_scale: N scales of key-frame residuals, 1/1024 octaves above class 0.
        velocity: per distance class, N coefficients of the reference's velocity, times 2^12.
        pull: per distance class, N coefficients of the way to the slow mean, times 2^12.
        scale: per distance class, N scales of residuals.
        parents: per dimension, the (index, coefficient) pairs of earlier dimensions whose innovation predicts it.
    """

    group_ends: tuple[int, ...]
    centre: list[int]
    key_scale: list[int]
    velocity: list[list[int]]
    pull: list[list[int]]
    scale: list[list[int]]
    parents: list[tuple[tuple[int, int], ...]]


def distance_class(distance: int) -> int:
    """The distance class of a distance of 1 to ``MAX_DISTANCE`` frames."""
    return next(index for index, largest in enumerate(DISTANCES) if distance <= largest)


def expect(tables: Prediction, reference: FrameState, distance: int) -> list[int]:
    """Predicts a frame's values from its reference alone, in fixed point."""
    index = distance_class(distance)
    apart = reference.distance
    return [
        value
        + ((velocity * ((value - before) * distance // apart) + pull * (mean - value) + _HALF) >> COEFFICIENT_BITS)
        for value, before, mean, velocity, pull in zip(
            reference.values, reference.before, reference.mean, tables.velocity[index], tables.pull[index], strict=True
        )
    ]


def code_key(
    tables: Prediction, seq: int, quality: int, scale: int, residual: Callable[[int, int, int], int]
) -> FrameState:
    """Codes a frame that refers to none.

    Args:
        tables: the person's tables.
        seq: frame number.
        quality: the packet's quality.
        scale: its step in fixed-point units.
        residual: ``(dimension, predicted value, class) -> residual``; encodes or decodes one.

    Returns:
        The frame's state, the same at both ends.
    """
    values = []
    for index, (centre, spread) in enumerate(zip(tables.centre, tables.key_scale, strict=True)):
        level = min(max((spread >> CLASS_BITS) - quality, 0), CLASSES - 1)
        value = centre + residual(index, centre, level) * scale
        values.append(min(max(value, -LIMIT), LIMIT))
    still, groups = [0] * len(values), [0] * len(tables.group_ends)
    return FrameState(seq, 1, quality, values, values, values, still, groups)


def code_inter(
    tables: Prediction,
    reference: FrameState,
    distance: int,
    quality: int,
    scale: int,
    residual: Callable[[int, int, int], int],
) -> FrameState:
    """Codes a frame that refers to an earlier one; arguments as in :func:`code_key`."""
    expected = expect(tables, reference, distance)
    scales = tables.scale[distance_class(distance)]
    lowered = quality << CLASS_BITS
    values: list[int] = []
    spreads: list[int] = []
    innovations: list[int] = []
    groups: list[int] = []
    start = frame = 0
    for group, end in enumerate(tables.group_ends):
        group_spread = reference.group_spread[group]
        surprises = 0
        for index in range(start, end):
            foreseen = 0
            for parent, weight in tables.parents[index]:
                foreseen += weight * innovations[parent]
            predicted = expected[index] + ((foreseen + _HALF) >> COEFFICIENT_BITS)
            spread = reference.spread[index]
            level = (scales[index] + spread + group_spread + frame - lowered) >> CLASS_BITS
            level = 0 if level < 0 else level if level < CLASSES else CLASSES - 1
            count = residual(index, predicted, level)
            value = predicted + count * scale
            value = -LIMIT if value < -LIMIT else value if value < LIMIT else LIMIT
            surprise = (((abs(count) << EXPECTED_BITS) - _EXPECTED[level]) * _SURPRISE[level]) >> 22
            if surprise > SURPRISE_LIMIT:
                surprise = SURPRISE_LIMIT
            surprises += surprise
            frame += (surprise * FRAME_GAIN) >> 8
            values.append(value)
            innovations.append(value - expected[index])
            spread += (surprise * DIMENSION_GAIN) >> 8
            spreads.append(min(max(spread, -SPREAD_LIMIT), SPREAD_LIMIT))
        if end > start:
            group_spread += surprises * GROUP_GAIN // ((end - start) << 8)
        groups.append(min(max(group_spread, -SPREAD_LIMIT), SPREAD_LIMIT))
        start = end
    mean = [old + ((value - old) >> MEAN_SHIFT) for old, value in zip(reference.mean, values, strict=True)]
    return FrameState(reference.seq + distance, distance, quality, values, reference.values, mean, spreads, groups)
