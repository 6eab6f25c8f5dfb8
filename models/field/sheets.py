"""The two planes that free form displaces, and the cosines that it may displace them by: face and torso."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codec.types import REFERENCE_SIZE
from models.field.motion import CELLS
from models.field.space import BOX_HIGH, BOX_LOW
from models.tracking.torso import GRID


@dataclass(frozen=True, slots=True)
class Sheet:
    """A plane of cells, displaced along x and y by sums of cosines.

    Attributes:
        name: what the names of its arrays begin with.
        most: modes of a person.
        cosines_x: float32 (WX, C), values of each cosine along x at the cells.
        cosines_y: float32 (WY, C), likewise along y.
        spread: float64 (WY, WX), how far each cosine is expected to move anything, in the sheet's unit of length.
        longest: coefficient that a mode may have, likewise.
    """

    name: str
    most: int
    cosines_x: NDArray[np.float32]
    cosines_y: NDArray[np.float32]
    spread: NDArray[np.float64]
    longest: float

    @property
    def waves(self) -> tuple[int, int]:
        """Cosines along y and x."""
        return len(self.cosines_y), len(self.cosines_x)

    @property
    def cells(self) -> int:
        """Along each side."""
        return self.cosines_x.shape[1]


def _cosines(place: NDArray[np.floating], count: int) -> NDArray[np.float32]:
    """Values of each cosine at places from 0 to 1; beyond, the outermost value goes on."""
    return np.cos(np.pi * np.arange(count)[:, None] * np.clip(place, 0.0, 1.0)).astype(np.float32)


def _spread(longest: float, per_x: NDArray[np.floating], per_y: NDArray[np.floating], long: float) -> NDArray:
    """What cosines of so many half waves per unit of length are expected to move: short ones less."""
    return np.asarray(longest / np.sqrt(1.0 + (per_x**2 + per_y[:, None] ** 2) / long**2))


HEAD_X, HEAD_Y = (-1.7, 1.7), (-2.7, 1.8)
"""Canonical units that the face's cosines span: the head with most of its hair."""

FACE_WAVES = 13, 10
"""Along y and x: the shortest half wave spans 0.36 canonical units, some 16 px."""

FACE_SPREAD, FACE_LONG = 0.02, 0.6
"""Canonical units that the longest wave is expected to move a face, some 0.9 px, and half waves per canonical unit from
which others are expected to move it less."""


def _face() -> Sheet:
    rows, columns = FACE_WAVES
    x, y = (np.linspace(BOX_LOW[axis], BOX_HIGH[axis], CELLS) for axis in range(2))
    per_x, per_y = np.arange(columns) / (HEAD_X[1] - HEAD_X[0]), np.arange(rows) / (HEAD_Y[1] - HEAD_Y[0])
    return Sheet(
        name="freeform.",
        most=96,  # beyond, unseen grimaces gain little more
        cosines_x=_cosines((x - HEAD_X[0]) / (HEAD_X[1] - HEAD_X[0]), columns),
        cosines_y=_cosines((y - HEAD_Y[0]) / (HEAD_Y[1] - HEAD_Y[0]), rows),
        spread=_spread(FACE_SPREAD, per_x, per_y, FACE_LONG),
        longest=1.0,  # a face's radius
    )


TORSO_WAVES = 16
"""Along either axis: the shortest half wave spans 17 px, between a collar and its tie."""

TORSO_SPREAD_PX, TORSO_LONG = 1.0, 1.0 / 60.0
"""Reference px that the longest wave is expected to move a torso, and half waves per reference px, likewise."""


def _torso() -> Sheet:
    per_px = np.arange(TORSO_WAVES) / REFERENCE_SIZE
    cosines = _cosines((np.arange(GRID) + 0.5) / GRID, TORSO_WAVES)
    return Sheet(
        name="folds.",
        most=64,  # 96 gain 0.03 dB more
        cosines_x=cosines,
        cosines_y=cosines,
        spread=_spread(TORSO_SPREAD_PX, per_px, per_px, TORSO_LONG),
        longest=64.0,  # a quarter of the picture
    )


FACE, TORSO = _face(), _torso()
"""The face plane in canonical units, in the cells of `models.field.motion`; and the picture in reference px, at the
nodes of the torso's flow."""
