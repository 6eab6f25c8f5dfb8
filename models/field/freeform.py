"""Free-form deformation: what a head's surface and a torso do that neither pose, embedding nor torso numbers can say.

An embedding spans what its enrolment showed. A grimace that it never showed moves brows, cheeks and hair otherwise, by
a pixel or two, in ways that no basis learned from the enrolment holds; a collar slips, a lapel opens. So a frame also
carries the amounts of some smooth displacements of face plane and torso (free-form deformation, Sederberg and Parry
1986): those combinations of cosines that a smooth motion of this person's surface shows most in its picture. Where a
person does what is known they are near zero, and cost next to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.field.sheets import FACE, Sheet
from models.field.warp import mix
from models.tracking.arrays import Arrays, take

KNOWN_RIDGE = 1e-6
"""Of the mean diagonal, so that displacements that the picture does not show do no harm."""

LEVELS = 127
"""Coefficients are stored in 8 bits each."""


@dataclass(frozen=True, slots=True)
class Freeform:
    """Displacements of a sheet of C x C cells that a frame's free-form numbers add up.

    Attributes:
        sheet: what they displace.
        step: float32 (n,), in its unit of length, that a mode's levels are apart.
        levels: float32 (n, WY, WX, 2), whole numbers within +-127: amounts of the cosines along x and y.
        modes: float32 (n, C, C, 2), displacement at the cells per unit of each number.
    """

    sheet: Sheet
    step: NDArray[np.float32]
    levels: NDArray[np.float32]
    modes: NDArray[np.float32]

    @classmethod
    def build(cls, coefficients: NDArray[np.floating], sheet: Sheet = FACE) -> Freeform:
        """Modes of these amounts of the cosines (n, WY, WX, 2), rounded as they will be stored."""
        short = np.clip(coefficients, -sheet.longest, sheet.longest)
        step = (np.abs(short).max((1, 2, 3), initial=0.0) / LEVELS).astype(np.float32)
        levels = np.rint(short / np.maximum(step, 1e-12)[:, None, None, None])
        return cls._of(sheet, step, np.clip(levels, -LEVELS, LEVELS).astype(np.float32))

    @classmethod
    def _of(cls, sheet: Sheet, step: NDArray[np.float32], levels: NDArray[np.float32]) -> Freeform:
        rows = np.einsum("nyxa,xi->nyia", levels, sheet.cosines_x)
        modes = step[:, None, None, None] * np.einsum("nyia,yj->njia", rows, sheet.cosines_y)
        return cls(sheet, step, levels, np.ascontiguousarray(modes, np.float32))

    @classmethod
    def none(cls, size: int = 0, sheet: Sheet = FACE) -> Freeform:
        """So many modes that move nothing."""
        return cls.build(np.zeros((size, *sheet.waves, 2)), sheet)

    @property
    def size(self) -> int:
        """How many numbers a frame has."""
        return len(self.step)

    def displacement(self, amounts: NDArray[np.float32]) -> NDArray[np.float32]:
        """How far a frame's numbers (n,), or none, move the sheet along x and y: float32 (C, C, 2).

        Raises:
            ValueError: there are more or fewer numbers than modes.
        """
        if len(amounts) == 0:
            return np.zeros((self.sheet.cells, self.sheet.cells, 2), np.float32)
        if len(amounts) != self.size:
            raise ValueError(f"{len(amounts)} free-form numbers for {self.size} modes")
        return mix(amounts, self.modes)

    def to_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Arrays for an identity file."""
        if self.size == 0:
            return {}
        return {self.sheet.name + "step": self.step, self.sheet.name + "levels": self.levels.astype(np.int8)}

    @classmethod
    def from_arrays(cls, arrays: Arrays, sheet: Sheet = FACE) -> Freeform:
        """Undo `to_arrays`; identities that know of none have no modes.

        Raises:
            ValueError: an array is missing, has another shape, or holds what no mode does.
        """
        if not any(name.startswith(sheet.name) for name in arrays):
            return cls.none(0, sheet)
        size = np.size(arrays.get(sheet.name + "step", ()))
        if not 1 <= size <= sheet.most:
            raise ValueError(f"identity: {size} modes of free form")
        step = take(arrays, sheet.name + "step", (size,), np.float32)
        if not ((step >= 0.0).all() and (LEVELS * step <= sheet.longest * (1.0 + 1e-4)).all()):
            raise ValueError("identity: free form of a scale that none has")
        levels = take(arrays, sheet.name + "levels", (size, *sheet.waves, 2), np.int8)
        return cls._of(sheet, step, levels.astype(np.float32))


def telling_modes(
    tensors: NDArray[np.floating], size: int, sheet: Sheet = FACE, known: NDArray[np.float32] | None = None
) -> Freeform:
    """The smooth displacements that a person's picture shows most.

    With a cosine's amount in units of what is expected of it, a displacement's effect on the picture is a quadratic
    form; its leading eigenvectors are the modes, their numbers independent and of unit variance. Of what other numbers
    displace only that counts which they cannot undo: the form's Schur complement.

    Args:
        tensors: (C, C, 3), structure tensors (xx, xy, yy) of a clip's pixels by the cell that they lie in, per unit of
            length.
        size: how many modes.
        sheet: that they displace.
        known: float32 (k, C, C, 2), displacements that other numbers have.
    """
    spread = sheet.spread.ravel()
    waves = np.einsum("yj,xi->yxji", sheet.cosines_y, sheet.cosines_x).reshape(len(spread), -1) * spread[:, None]
    xx, xy, yy = np.moveaxis(np.asarray(tensors, np.float64).reshape(-1, 3), 1, 0)
    nothing = np.zeros_like(waves)
    other = np.zeros((0, len(xx), 2)) if known is None else known.astype(np.float64).reshape(len(known), -1, 2)
    x, y = np.concatenate([waves, nothing, other[..., 0]]), np.concatenate([nothing, waves, other[..., 1]])
    form = x @ (xx * x + xy * y).T + y @ (xy * x + yy * y).T
    own = 2 * len(waves)
    across, within = form[:own, own:], form[own:, own:]
    ridge = KNOWN_RIDGE * max(float(np.trace(within)) / max(len(other), 1), 1e-9) * np.eye(len(other))
    form = form[:own, :own] - across @ np.linalg.solve(within + ridge, across.T)
    _, vectors = np.linalg.eigh(form)
    amounts = vectors[:, ::-1][:, :size].T.reshape(size, 2, len(spread)) * spread
    return Freeform.build(amounts.transpose(0, 2, 1).reshape(size, *sheet.waves, 2), sheet)
