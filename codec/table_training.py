"""Learns a person's tables at enrolment.

Training runs the codec itself over the enrolment's numbers, once per distance class and per size of packet, so that
the tables describe what it will meet: numbers predicted from reconstructions, not from the originals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codec.entropy import CLASSES, EXPECTED_BITS, TABLES
from codec.layout import Layout
from codec.predict import (
    CLASS_BITS,
    COEFFICIENT_BITS,
    DISTANCES,
    TRAINED_AT,
    Choose,
    FrameState,
    code_inter,
    code_key,
    expect,
    rebuild,
    rebuild_key,
)
from codec.quantise import LIMIT, UNIT, nearest_residual, scale_of, to_fixed
from codec.statistics import FaceTables
from codec.transform import BASIS_BITS, MOST_FRAMES, analyse

FEWEST = 32
"""Frames without which there is nothing to learn from."""

MOST_LEARNED = 2000
"""Frames used at most per distance class: more change no coefficient and only take time."""

SCALE_ROUNDS = 2
"""Times that the scales are corrected by what adaptation made of them; a third changes nothing."""

COMMON = 125
"""Frames that temporal functions common to all dimensions count as, against the dimension's own: 3 % fewer bits than
with either alone where the enrolment is short."""

LEADING = 12
"""Dimensions that the common ones are learned from: those that move more than a step."""

_ONE = 1 << COEFFICIENT_BITS
_INT16 = (1 << 15) - 1


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
    if len(codes) < FEWEST:
        return tables
    unmixing = tables.unmixing()
    fixed = np.asarray([to_fixed(code, steps, unmixing) for code in codes], np.int64)
    shots = [shot for shot in np.split(fixed, sorted({cut for cut in cuts if 0 < cut < len(codes)})) if len(shot) > 1]
    centre = np.clip(np.rint(fixed.mean(0)), -LIMIT, LIMIT)
    spread = np.abs(fixed - centre).mean(0) / UNIT
    tables = replace(tables, centre=centre.astype(np.int32), key_scale=_scale_for(spread))
    for index in range(len(DISTANCES)):
        tables = _train_distance(tables, shots, index)
    for count in range(2, MOST_FRAMES + 1):
        tables = _train_count(tables, shots, count)
    return tables


def _train_distance(tables: FaceTables, shots: list[NDArray[np.int64]], index: int) -> FaceTables:
    """Learns one distance class of single frames: coefficients, then scales by coding."""
    chains = _chains(shots, TRAINED_AT[index])
    if sum(len(chain) for chain in chains) < FEWEST:
        # Too short a clip for so far a reference: motion goes on as at the next shorter distance.
        for name in ("velocity", "scale"):
            tables = _with_row(tables, name, index, getattr(tables, name)[max(index - 1, 0)])
        return tables
    velocity, magnitude = _fit_velocity(chains)
    tables = _with_row(tables, "velocity", index, velocity)
    tables = _with_row(tables, "scale", index, _scale_for(magnitude))
    for _ in range(SCALE_ROUNDS):
        (drift,) = _drifts(tables, chains, TRAINED_AT[index], 1)
        tables = _with_row(tables, "scale", index, tables.scale[index] + drift)
    return tables


def _train_count(tables: FaceTables, shots: list[NDArray[np.int64]], count: int) -> FaceTables:
    """Learns packets of several frames: temporal functions, then scales by coding."""
    chains = _chains(shots, 1)
    left = _left_over(tables, chains, count)
    if len(left) < FEWEST:
        return tables
    basis = _fit_basis(left)
    first = sum(size**2 for size in range(2, count))
    rows = np.moveaxis(basis, 0, -1).reshape(count**2, -1)
    for offset, row in enumerate(rows):
        tables = _with_row(tables, "basis", first + offset, row)
    contents = np.einsum("imj,sji->smi", basis / (1 << BASIS_BITS), left)
    first = sum(range(2, count))
    for order, magnitude in enumerate(np.abs(contents).mean(0) / UNIT):
        tables = _with_row(tables, "order_scale", first + order, _scale_for(magnitude))
    for _ in range(SCALE_ROUNDS):
        for order, drift in enumerate(_drifts(tables, chains, 1, count)):
            tables = _with_row(tables, "order_scale", first + order, tables.order_scale[first + order] + drift)
    return tables


def _with_row(tables: FaceTables, name: str, index: int, row: NDArray[Any]) -> FaceTables:
    rows = getattr(tables, name).copy()
    rows[index] = np.clip(row, -_INT16, _INT16)
    return replace(tables, **{name: rows})


def _chains(shots: list[NDArray[np.int64]], distance: int) -> list[NDArray[np.int64]]:
    """Every ``distance``-th frame of each shot, from every start, until ``MOST_LEARNED`` are collected."""
    chains: list[NDArray[np.int64]] = []
    frames = 0
    for start in range(distance):
        for shot in shots:
            chain = shot[start::distance][: MOST_LEARNED - frames]
            if len(chain) > 2:
                chains.append(chain)
                frames += len(chain)
    return chains


def _roughen(chains: Sequence[NDArray[np.int64]]) -> list[NDArray[np.float64]]:
    """Chains with the noise of quantisation, as the codec will see them."""
    noise = np.random.Generator(np.random.PCG64(0))
    return [chain + noise.uniform(-UNIT / 2, UNIT / 2, chain.shape) for chain in chains]


def _fit_velocity(chains: list[NDArray[np.int64]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least squares of the velocity's coefficient per dimension.

    Returns:
        The coefficients times 2^12, and the mean residual magnitude in steps.
    """
    rough = _roughen(chains)
    move = np.concatenate([chain[2:] - seen[1:-1] for chain, seen in zip(chains, rough, strict=True)])
    speed = np.concatenate([seen[1:-1] - seen[:-2] for seen in rough])
    # Ridge of a hundredth of a step squared per frame: a dimension that never moves gets a coefficient of zero.
    velocity = (speed * move).sum(0) / ((speed**2).sum(0) + len(move) * (UNIT / 10) ** 2)
    return np.rint(velocity * _ONE), np.abs(move - velocity * speed).mean(0) / UNIT


def _left_over(tables: FaceTables, chains: list[NDArray[np.int64]], count: int) -> NDArray[np.float64]:
    """What prediction leaves of the next ``count`` frames: float64 (S, count, N)."""
    prediction = tables.prediction()
    nothing = [0] * tables.layout.size
    left = []
    for chain, rough in zip(chains, _roughen(chains), strict=True):
        seen = np.rint(rough).astype(np.int64)
        for t in range(1, len(chain) - count):
            state = FrameState(0, 1, 1, 0, seen[t], seen[t - 1], nothing, nothing)
            left.append(chain[t + 1 : t + 1 + count] - expect(prediction, state, 1, count))
    return np.asarray(left, np.float64).reshape(-1, count, tables.layout.size)


def _fit_basis(left: NDArray[np.float64]) -> NDArray[np.int64]:
    """Temporal functions of each dimension, those that hold most first: int64 (N, n, n), times 2^14."""
    frames, count, size = left.shape
    moments = np.einsum("sji,ski->ijk", left, left)
    common = moments[:LEADING].sum(0)
    own = moments / np.maximum(np.trace(moments, axis1=1, axis2=2), 1.0)[:, None, None]
    share = COMMON / (COMMON + frames)
    basis = np.empty((size, count, count), np.int64)
    for index in range(size):
        mixed = (1 - share) * own[index] + share * common / max(np.trace(common), 1.0)
        functions = np.linalg.eigh(mixed)[1][:, ::-1].T
        largest = functions[np.arange(count), np.abs(functions).argmax(1)]
        basis[index] = np.rint(functions * np.sign(largest)[:, None] * (1 << BASIS_BITS))
    return basis


def _drifts(tables: FaceTables, chains: list[NDArray[np.int64]], distance: int, count: int) -> NDArray[np.float64]:
    """Codes the chains at quality 0, without writing.

    Args:
        tables: as learned so far.
        chains: frames at the distance of a class.
        distance: that distance.
        count: frames to a packet.

    Returns:
        float64 (count, N): mean drift of the scales from the tables', in 1/1024 octaves.
    """
    prediction, scale = tables.prediction(), scale_of(0)
    drift, packets = np.zeros((count, tables.layout.size)), 0
    for chain in chains:
        coded = code_key(prediction, 0, _chooser((chain[:1] - prediction.centre), scale))
        state = rebuild_key(prediction, 0, 0, coded)
        for t in range(1, len(chain) - count + 1, count):
            expected = expect(prediction, state, distance, count)
            wanted = analyse(prediction.basis[count - 1], chain[t : t + count] - expected)
            coded = code_inter(prediction, state, distance, count, 0, _chooser(wanted, scale))
            _, state = rebuild(prediction, state, expected, distance, 0, coded)
            drift += np.asarray(state.spread) + np.asarray(state.order_spread[:count])[:, None]
            packets += 1
    return drift / max(packets, 1)


def _chooser(wanted: NDArray[np.int64], scale: int) -> Choose:
    rows = wanted.tolist()
    return lambda order, index, level: nearest_residual(rows[order][index], scale, level)


def _scale_for(magnitude: NDArray[np.float64]) -> NDArray[np.int16]:
    """The scale, in 1/1024 octaves above class 0, whose residuals have a mean magnitude given in steps."""
    means = [(table.expected + 0.5) / (1 << EXPECTED_BITS) for table in TABLES]
    level = np.interp(np.log(np.maximum(magnitude, means[0])), np.log(means), np.arange(CLASSES))
    scale: NDArray[np.int16] = np.rint((level + 0.5) * (1 << CLASS_BITS)).astype(np.int16)
    return scale
