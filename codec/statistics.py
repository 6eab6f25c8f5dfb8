"""Personal tables of the face codec, learned at enrolment. Format: BITSTREAM.md, "Personal tables".

Training runs the codec itself over the enrolment's numbers, once per distance class, so that the tables describe what
it will meet: numbers predicted from reconstructions, not from the originals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codec.entropy import CLASSES, EXPECTED_BITS, TABLES
from codec.layout import Layout
from codec.predict import (
    CLASS_BITS,
    COEFFICIENT_BITS,
    DISTANCES,
    MEAN_SHIFT,
    TRAINED_AT,
    Prediction,
    code_inter,
    code_key,
    expect,
)
from codec.quantise import LIMIT, UNIT, nearest_residual, scale_of, to_fixed, unmixing_of

PARENTS = 2
"""Most earlier dimensions that help to predict one: the second still saves 1 %, a fourth nothing."""

PARENT_GAIN = 0.03
"""Least share of a dimension's innovation energy that a parent must explain to be worth a table entry."""

MOST_FRAMES = 2000
"""Frames used at most per distance class: more change no coefficient and only take time."""

SCALE_ROUNDS = 2
"""Times that the scales are corrected by what adaptation made of them; a third changes nothing."""

_ONE = 1 << COEFFICIENT_BITS
_INT16 = (1 << 15) - 1
_STEP_RANGE = (1e-6, 1e6)


@dataclass(frozen=True, slots=True)
class FaceTables:
    """What encoder and decoder of one person share; it travels in the identity under ``codec.*``.

    Attributes:
        layout: sizes of the groups.
        steps: float32 (N,), quantiser steps in the numbers' own units.
        centre: int32 (N,), fixed-point numbers that key frames are predicted from.
        key_scale: int16 (N,), scales of key-frame residuals, 1/1024 octaves above class 0.
        velocity: int16 (7, N), per distance class, coefficient of the reference's velocity, times 2^12.
        pull: int16 (7, N), coefficient of the way to the slow mean, times 2^12.
        scale: int16 (7, N), scales of residuals, 1/1024 octaves above class 0.
        parents: uint8 (N, 2), earlier dimensions whose innovation predicts this one's.
        parent_weights: int16 (N, 2), their coefficients times 2^12; 0 where there is none.
        mixing: int16 (N, N), how components make the numbers, or None where each number is coded as it is.
    """

    layout: Layout
    steps: NDArray[np.float32]
    centre: NDArray[np.int32]
    key_scale: NDArray[np.int16]
    velocity: NDArray[np.int16]
    pull: NDArray[np.int16]
    scale: NDArray[np.int16]
    parents: NDArray[np.uint8]
    parent_weights: NDArray[np.int16]
    mixing: NDArray[np.int16] | None = None

    @staticmethod
    def generic(layout: Layout | None = None, steps: NDArray[np.float32] | None = None) -> FaceTables:
        """Tables for nobody in particular: numbers that move like a speaker's at 25 frames/s.

        Args:
            layout: sizes of the groups, by default the full ones.
            steps: quantiser steps, by default :func:`default_steps`.
        """
        layout = layout or Layout()
        size, classes = layout.size, len(DISTANCES)
        key_scale = np.full(size, 23 << CLASS_BITS, np.int16)
        growth = np.log2(np.asarray(TRAINED_AT)) * (2 << CLASS_BITS)  # motion grows as the root of the distance
        scale = np.tile((12 << CLASS_BITS) + growth, (size, 1)).T.astype(np.int16)
        fade = np.asarray([0.3 / distance for distance in TRAINED_AT])
        return FaceTables(
            layout,
            default_steps(layout) if steps is None else np.asarray(steps, np.float32),
            np.zeros(size, np.int32),
            key_scale,
            np.tile(np.rint(fade * _ONE), (size, 1)).T.astype(np.int16),
            np.full((classes, size), round(0.1 * _ONE), np.int16),
            scale,
            np.zeros((size, PARENTS), np.uint8),
            np.zeros((size, PARENTS), np.int16),
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays to store in an identity, without the ``codec.`` in front of their names."""
        layout = np.array([self.layout.z, self.layout.pose, self.layout.torso], np.uint8)
        mixing = {} if self.mixing is None else {"mixing": self.mixing}
        return {"layout": layout, **{name: getattr(self, name) for name in _ARRAYS}, **mixing}

    @staticmethod
    def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> FaceTables:
        """The inverse of :meth:`to_arrays`, for arrays from anybody.

        Raises:
            ValueError: if an array is missing, of another type or shape, or holds a value out of range.
        """
        sizes = arrays.get("layout")
        if sizes is None or sizes.dtype != np.uint8 or sizes.shape != (3,):
            raise ValueError("the identity holds no layout of the face codec")
        layout = Layout(*(int(size) for size in sizes))
        for name, (dtype, shape) in _ARRAYS.items():
            expected = tuple(layout.size if length == 0 else length for length in shape)
            found = arrays.get(name)
            if found is None or found.dtype != dtype or found.shape != expected:
                raise ValueError(f"the identity's codec.{name} is missing or not {np.dtype(dtype)} {expected}")
        mixing = arrays.get("mixing")
        if mixing is not None and (mixing.dtype != np.int16 or mixing.shape != (layout.size, layout.size)):
            raise ValueError(f"the identity's codec.mixing is not int16 {(layout.size, layout.size)}")
        tables = FaceTables(layout, **{name: arrays[name] for name in _ARRAYS}, mixing=mixing)
        tables._check()
        return tables

    def _check(self) -> None:
        low, high = _STEP_RANGE
        if not (np.isfinite(self.steps).all() and (self.steps >= low).all() and (self.steps <= high).all()):
            raise ValueError("the identity's quantiser steps are out of range")
        if (np.abs(self.centre.astype(np.int64)) > LIMIT).any():
            raise ValueError("the identity's codec.centre is out of range")
        later = self.parents >= np.arange(self.layout.size)[:, None]
        if (later & (self.parent_weights != 0)).any():
            raise ValueError("the identity's codec.parents point forward")

    def unmixing(self) -> NDArray[np.float64] | None:
        """What an encoder takes numbers apart with, float64 (N, N), or None where they are coded as they are.

        Raises:
            ValueError: the mixing has no inverse.
        """
        return None if self.mixing is None else unmixing_of(self.mixing, self.steps)

    def prediction(self) -> Prediction:
        """The tables as the lists of integers that :mod:`codec.predict` works on."""
        pairs = zip(self.parents.tolist(), self.parent_weights.tolist(), strict=True)
        parents = [tuple((p, w) for p, w in zip(*pair, strict=True) if w) for pair in pairs]
        return Prediction(
            tuple(part.stop for part in self.layout.groups.values()),
            self.centre.tolist(),
            self.key_scale.tolist(),
            self.velocity.tolist(),
            self.pull.tolist(),
            self.scale.tolist(),
            parents,
        )


# Name, type and shape of the arrays; 0 stands for the layout's size.
_ARRAYS: dict[str, tuple[type[np.generic], tuple[int, ...]]] = {
    "steps": (np.float32, (0,)),
    "centre": (np.int32, (0,)),
    "key_scale": (np.int16, (0,)),
    "velocity": (np.int16, (len(DISTANCES), 0)),
    "pull": (np.int16, (len(DISTANCES), 0)),
    "scale": (np.int16, (len(DISTANCES), 0)),
    "parents": (np.uint8, (0, PARENTS)),
    "parent_weights": (np.int16, (0, PARENTS)),
}


def default_steps(layout: Layout) -> NDArray[np.float32]:
    """Quantiser steps that cost a third of a pixel at most: z in standard deviations, pose and torso in ref px.

    Rotation of 0.007 rad moves the silhouette of a head of 60 px radius by 0.4 px; log scale 0.005 by 0.3 px.
    """
    pose = [0.007, 0.007, 0.007, 0.3, 0.3, 0.005]
    return np.asarray([0.3] * layout.z + pose + [0.12] * layout.torso, np.float32)


def train_tables(
    codes: NDArray[np.float32],
    cuts: Sequence[int],
    steps: NDArray[np.float32],
    layout: Layout,
    mixing: NDArray[np.int16] | None = None,
) -> FaceTables:
    """Learns a person's tables from the numbers of the enrolment.

    Args:
        codes: (T, N), the numbers of consecutive frames in the layout's order.
        cuts: frames at which a new shot starts; nothing is predicted across them.
        steps: (N,), quantiser steps.
        layout: sizes of the groups.
        mixing: int16 (N, N), where numbers are coded as components: steps are then from `quantise_mixing` too.

    Returns:
        The tables; those of :meth:`FaceTables.generic` when there are fewer than 32 frames to learn from.

    Raises:
        ValueError: if sizes do not match, or a number is not finite or a step not positive.
    """
    codes, steps = np.asarray(codes, np.float32), np.asarray(steps, np.float32)
    if codes.ndim != 2 or codes.shape[1] != layout.size or steps.shape != (layout.size,):
        raise ValueError(f"codes {codes.shape} and steps {steps.shape} do not fit a layout of {layout.size} numbers")
    if not np.isfinite(codes).all():
        raise ValueError("the enrolment's codes hold a number that is not finite")
    tables = replace(FaceTables.generic(layout, steps), mixing=mixing)
    tables._check()
    if len(codes) < 32:
        return tables
    unmixing = tables.unmixing()
    fixed = np.asarray([to_fixed(code, steps, unmixing) for code in codes], np.int64)
    shots = [shot for shot in np.split(fixed, sorted({cut for cut in cuts if 0 < cut < len(codes)})) if len(shot) > 1]
    centre = np.clip(np.rint(fixed.mean(0)), -LIMIT, LIMIT)
    spread = np.abs(fixed - centre).mean(0) / UNIT
    tables = replace(tables, centre=centre.astype(np.int32), key_scale=_scale_for(spread))
    for index in range(len(DISTANCES)):
        tables = _train_distance(tables, shots, index)
    return tables


def _train_distance(tables: FaceTables, shots: list[NDArray[np.int64]], index: int) -> FaceTables:
    """Learns one distance class: coefficients, parents (at distance 1), scales; the latter two by coding."""
    chains = _chains(shots, TRAINED_AT[index])
    if sum(len(chain) for chain in chains) < 32:
        # Too short a clip for so far a reference: motion goes on as at the next shorter distance.
        shorter = {name: getattr(tables, name)[max(index - 1, 0)] for name in ("velocity", "pull", "scale")}
        for name, row in shorter.items():
            tables = _with_row(tables, name, index, row)
        return tables
    velocity, pull, magnitude = _fit_coefficients(chains)
    tables = _with_row(_with_row(tables, "velocity", index, velocity), "pull", index, pull)
    tables = _with_row(tables, "scale", index, _scale_for(magnitude))
    if index == 0:
        innovations, _ = _run(tables, chains, index)
        parents, weights = _fit_parents(innovations)
        tables = replace(tables, parents=parents, parent_weights=weights)
    for _ in range(SCALE_ROUNDS):
        _, drift = _run(tables, chains, index)
        tables = _with_row(tables, "scale", index, tables.scale[index] + drift)
    return tables


def _with_row(tables: FaceTables, name: str, index: int, row: NDArray[Any]) -> FaceTables:
    rows = getattr(tables, name).copy()
    rows[index] = np.clip(row, -_INT16, _INT16)
    return replace(tables, **{name: rows})


def _chains(shots: list[NDArray[np.int64]], distance: int) -> list[NDArray[np.int64]]:
    """Every ``distance``-th frame of each shot, from every start, until ``MOST_FRAMES`` are collected."""
    chains: list[NDArray[np.int64]] = []
    frames = 0
    for start in range(distance):
        for shot in shots:
            chain = shot[start::distance][: MOST_FRAMES - frames]
            if len(chain) > 2:
                chains.append(chain)
                frames += len(chain)
    return chains


def _fit_coefficients(chains: list[NDArray[np.int64]]) -> tuple[NDArray[np.float64], ...]:
    """Least squares of (velocity, pull) per dimension on values with quantisation noise.

    Returns:
        The two coefficient rows times 2^12, and the mean residual magnitude in steps.
    """
    noise = np.random.Generator(np.random.PCG64(0))
    moves, speeds, pulls = [], [], []
    for chain in chains:
        rough = chain + noise.uniform(-UNIT / 2, UNIT / 2, chain.shape)
        mean = rough.copy()
        for t in range(1, len(mean)):
            mean[t] = mean[t - 1] + (rough[t] - mean[t - 1]) / (1 << MEAN_SHIFT)
        moves.append(chain[2:] - rough[1:-1])
        speeds.append(rough[1:-1] - rough[:-2])
        pulls.append(mean[1:-1] - rough[1:-1])
    move, speed, pull = (np.concatenate(parts) for parts in (moves, speeds, pulls))
    # Ridge of a hundredth of a step squared per frame: a dimension that never moves gets coefficients of zero.
    ridge = len(move) * (UNIT / 10) ** 2
    a, b, c = (speed**2).sum(0) + ridge, (speed * pull).sum(0), (pull**2).sum(0) + ridge
    d, e = (speed * move).sum(0), (pull * move).sum(0)
    det = a * c - b * b
    first, second = (d * c - e * b) / det, (e * a - d * b) / det
    residual = move - first * speed - second * pull
    return np.rint(first * _ONE), np.rint(second * _ONE), np.abs(residual).mean(0) / UNIT


def _run(
    tables: FaceTables, chains: list[NDArray[np.int64]], index: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Codes the chains at quality 0, without writing.

    Returns:
        (frames, N) innovations in fixed point, and (N,) mean drift of the scales from the tables' in 1/1024 octaves.
    """
    prediction = tables.prediction()
    distance, scale = TRAINED_AT[index], scale_of(0)
    sizes = [part.stop - part.start for part in tables.layout.groups.values()]
    innovations: list[list[int]] = []
    drift = np.zeros(tables.layout.size)
    for chain in chains:
        frames: Iterator[list[int]] = iter(chain.tolist())
        state = code_key(prediction, 0, 0, scale, _chooser(next(frames), scale))
        for frame in frames:
            expected = expect(prediction, state, distance)
            state = code_inter(prediction, state, distance, 0, scale, _chooser(frame, scale))
            innovations.append([value - was for value, was in zip(state.values, expected, strict=True)])
            drift += np.asarray(state.spread) + np.repeat(state.group_spread, sizes)
    return np.asarray(innovations, np.float64), drift / len(innovations)


def _chooser(target: list[int], scale: int) -> Callable[[int, int, int], int]:
    return lambda index, predicted, level: nearest_residual(target[index] - predicted, scale, level)


def _fit_parents(innovations: NDArray[np.float64]) -> tuple[NDArray[np.uint8], NDArray[np.int16]]:
    """Chooses up to ``PARENTS`` earlier dimensions per dimension, greedily, by the energy that they explain."""
    size = innovations.shape[1]
    parents, weights = np.zeros((size, PARENTS), np.uint8), np.zeros((size, PARENTS), np.int16)
    # Ridge of three steps: a pair of dimensions that moved together twice is no rule.
    gram = innovations.T @ innovations + np.eye(size) * 3 * UNIT**2
    for index in range(1, size):
        chosen: list[int] = []
        solved = np.zeros(0)
        best = gram[index, index]
        for _ in range(PARENTS):
            trials = []
            for other in set(range(index)) - set(chosen):
                among = [*chosen, other]
                solution = np.linalg.solve(gram[np.ix_(among, among)], gram[among, index])
                trials.append((gram[index, index] - solution @ gram[among, index], other, solution))
            left, other, solution = min(trials, key=lambda trial: trial[:2], default=(best, 0, solved))
            if left > best * (1 - PARENT_GAIN):
                break
            best, solved = left, solution
            chosen.append(other)
        parents[index, : len(chosen)] = chosen
        weights[index, : len(chosen)] = np.clip(np.rint(solved * _ONE), -_INT16, _INT16)
    return parents, weights


def _scale_for(magnitude: NDArray[np.float64]) -> NDArray[np.int16]:
    """The scale, in 1/1024 octaves above class 0, whose residuals have a mean magnitude given in steps."""
    means = [(table.expected + 0.5) / (1 << EXPECTED_BITS) for table in TABLES]
    level = np.interp(np.log(np.maximum(magnitude, means[0])), np.log(means), np.arange(CLASSES))
    scale: NDArray[np.int16] = np.rint((level + 0.5) * (1 << CLASS_BITS)).astype(np.int16)
    return scale
