"""Free-form deformation of the head's surface: what a face does that neither pose nor embedding can say.

An embedding spans what its enrolment showed. A grimace that it never showed moves brows, cheeks and hair otherwise, by
a pixel or two, in ways that no basis learned from the enrolment holds. So a frame also carries the amounts of some
smooth displacements of the face plane (free-form deformation, Sederberg and Parry 1986): those combinations of cosines
that a smooth motion of this person's surface shows most in its picture. Where a face does what is known they are near
zero, and cost next to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.field.motion import CELLS
from models.field.space import BOX_HIGH, BOX_LOW
from models.field.warp import mix
from models.tracking.arrays import Arrays, take

MODES = 96
"""Of a person: beyond, unseen grimaces gain little more."""

WAVES_X, WAVES_Y = 10, 13
"""Cosines along either axis, 0 to 9 and 0 to 12 half waves: the shortest spans 0.36 canonical units, some 16 px."""

HEAD_X, HEAD_Y = (-1.7, 1.7), (-2.7, 1.8)
"""Canonical units that they span: the head with most of its hair; beyond, the outermost value goes on."""

SPREAD = 0.02
"""Canonical units that a surface is expected to move by the longest wave: some 0.9 px."""

LONG_WAVE = 0.6
"""Waves per canonical unit and half wave from which shorter ones are expected to move less."""

LEVELS = 127
LONGEST = 1.0
"""Coefficients are stored in 8 bits each, and none is longer than a face's radius."""

PREFIX = "freeform."


def _cosines(span: tuple[float, float], low: float, high: float, count: int) -> NDArray[np.float32]:
    """Values of each cosine at the cells of an axis: float32 (count, CELLS)."""
    place = np.clip((np.linspace(low, high, CELLS) - span[0]) / (span[1] - span[0]), 0.0, 1.0)
    return np.cos(np.pi * np.arange(count)[:, None] * place).astype(np.float32)


COSINES_X = _cosines(HEAD_X, BOX_LOW[0], BOX_HIGH[0], WAVES_X)
COSINES_Y = _cosines(HEAD_Y, BOX_LOW[1], BOX_HIGH[1], WAVES_Y)


def expected_spread() -> NDArray[np.float64]:
    """How far each cosine is expected to move the surface: float64 (WAVES_Y, WAVES_X), canonical units."""
    per_x = np.arange(WAVES_X) / (HEAD_X[1] - HEAD_X[0])
    per_y = np.arange(WAVES_Y) / (HEAD_Y[1] - HEAD_Y[0])
    return np.asarray(SPREAD / np.sqrt(1.0 + (per_x**2 + per_y[:, None] ** 2) / LONG_WAVE**2))


@dataclass(frozen=True, slots=True)
class Freeform:
    """Displacements of the face plane that a frame's free-form numbers add up.

    Attributes:
        step: float32 (n,), canonical units that a mode's levels are apart.
        levels: float32 (n, WAVES_Y, WAVES_X, 2), whole numbers within +-127: amounts of the cosines along x and y.
        modes: float32 (n, CELLS, CELLS, 2), displacement at the cells of `models.field.motion` per unit of each number.
    """

    step: NDArray[np.float32]
    levels: NDArray[np.float32]
    modes: NDArray[np.float32]

    @classmethod
    def build(cls, coefficients: NDArray[np.floating]) -> Freeform:
        """Modes of these amounts of the cosines (n, WAVES_Y, WAVES_X, 2), rounded as they will be stored."""
        short = np.clip(coefficients, -LONGEST, LONGEST)
        step = (np.abs(short).max((1, 2, 3), initial=0.0) / LEVELS).astype(np.float32)
        levels = np.rint(short / np.maximum(step, 1e-12)[:, None, None, None])
        return cls._of(step, np.clip(levels, -LEVELS, LEVELS).astype(np.float32))

    @classmethod
    def _of(cls, step: NDArray[np.float32], levels: NDArray[np.float32]) -> Freeform:
        rows = np.einsum("nyxa,xi->nyia", levels, COSINES_X)
        modes = step[:, None, None, None] * np.einsum("nyia,yj->njia", rows, COSINES_Y)
        return cls(step, levels, np.ascontiguousarray(modes, np.float32))

    @classmethod
    def none(cls, size: int = 0) -> Freeform:
        """So many modes that move nothing."""
        return cls.build(np.zeros((size, WAVES_Y, WAVES_X, 2)))

    @property
    def size(self) -> int:
        """How many numbers a frame has."""
        return len(self.step)

    def displacement(self, amounts: NDArray[np.float32]) -> NDArray[np.float32]:
        """What a frame's numbers (n,), or none, add to the warp along x and y: float32 (CELLS, CELLS, 2).

        Raises:
            ValueError: there are more or fewer numbers than modes.
        """
        if len(amounts) == 0:
            return np.zeros((CELLS, CELLS, 2), np.float32)
        if len(amounts) != self.size:
            raise ValueError(f"{len(amounts)} free-form numbers for {self.size} modes")
        return mix(amounts, self.modes)

    def to_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Arrays for an identity file."""
        if self.size == 0:
            return {}
        return {PREFIX + "step": self.step, PREFIX + "levels": self.levels.astype(np.int8)}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Freeform:
        """Undo `to_arrays`; identities that know of none have no modes.

        Raises:
            ValueError: an array is missing, has another shape, or holds what no mode does.
        """
        if not any(name.startswith(PREFIX) for name in arrays):
            return cls.none()
        size = np.size(arrays.get(PREFIX + "step", ()))
        if not 1 <= size <= MODES:
            raise ValueError(f"identity: {size} modes of free form")
        step = take(arrays, PREFIX + "step", (size,), np.float32)
        if not ((step >= 0.0).all() and (LEVELS * step <= LONGEST * (1.0 + 1e-4)).all()):
            raise ValueError("identity: free form of a scale that none has")
        levels = take(arrays, PREFIX + "levels", (size, WAVES_Y, WAVES_X, 2), np.int8)
        return cls._of(step, levels.astype(np.float32))


def telling_modes(tensors: NDArray[np.floating], size: int = MODES) -> Freeform:
    """The smooth displacements that a person's picture shows most.

    With a cosine's amount in units of what is expected of it, a displacement's effect on the picture is a quadratic
    form; its leading eigenvectors are the modes, their numbers independent and of unit variance.

    Args:
        tensors: (CELLS, CELLS, 3), structure tensors (xx, xy, yy) of a clip's pixels by the cell that they lie in, per
            canonical unit.
        size: how many modes.
    """
    spread = expected_spread().ravel()
    waves = np.einsum("yj,xi->yxji", COSINES_Y, COSINES_X).reshape(len(spread), -1) * spread[:, None]
    xx, xy, yy = np.moveaxis(np.asarray(tensors, np.float64).reshape(-1, 3), 1, 0)
    blocks = [[(waves * part) @ waves.T for part in row] for row in ((xx, xy), (xy, yy))]
    _, vectors = np.linalg.eigh(np.block(blocks))
    amounts = vectors[:, ::-1][:, :size].T.reshape(size, 2, len(spread)) * spread
    return Freeform.build(amounts.transpose(0, 2, 1).reshape(size, WAVES_Y, WAVES_X, 2))
