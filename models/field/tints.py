"""Tints: what of a head's colours a frame can choose beyond what its expression and pose say.

The conditioner foretells how the feature planes' bases are blended (`models.field.planes`). It learned that from an
enrolment, and a mouth or an eye that the enrolment never showed it blends wrong: teeth where lips are, a lid half shut.
The right blend often lies within the bases' span, so a frame also carries some amounts of changes to it: those that
this person's picture shows most. Where the conditioner is right they are zero, and cost next to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.field.planes import BASES, PLANES
from models.tracking.arrays import Arrays, take

TINTS = 32
"""Numbers of a frame."""

MOST_CHANGE = 100.0
"""Of a base's weight by a unit of a number: weights are of the order of 1."""

NAME = "tints.basis"


@dataclass(frozen=True, slots=True)
class Tints:
    """Changes to the planes' blend that a frame's tint numbers add up.

    Attributes:
        basis: float32 (n, PLANES, BASES), change of the weights per unit of each number.
    """

    basis: NDArray[np.float32]

    @classmethod
    def build(cls, basis: NDArray[np.floating]) -> Tints:
        """Of this basis, rounded as it will be stored."""
        return cls(np.clip(basis, -MOST_CHANGE, MOST_CHANGE).astype(np.float16).astype(np.float32))

    @classmethod
    def none(cls, size: int = 0) -> Tints:
        """So many that change nothing."""
        return cls(np.zeros((size, PLANES, BASES), np.float32))

    @property
    def size(self) -> int:
        """How many numbers a frame has."""
        return len(self.basis)

    @property
    def telling(self) -> bool:
        """Whether any of them changes anything."""
        return bool(self.basis.any())

    def change(self, amounts: NDArray[np.float32]) -> NDArray[np.float32]:
        """What a frame's numbers (n,), or none, add to the blend: float32 (PLANES, BASES).

        Raises:
            ValueError: there are more or fewer numbers than tints.
        """
        if len(amounts) == 0:
            return np.zeros((PLANES, BASES), np.float32)
        if len(amounts) != self.size:
            raise ValueError(f"{len(amounts)} numbers for {self.size} tints")
        return np.asarray(np.tensordot(amounts.astype(np.float32), self.basis, 1))

    def to_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Arrays for an identity file."""
        return {NAME: self.basis.astype(np.float16)} if self.size else {}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Tints:
        """Undo `to_arrays`; identities that know of none have no tints.

        Raises:
            ValueError: the array has another shape, or holds what no tint does.
        """
        if NAME not in arrays:
            return cls.none()
        size = len(arrays[NAME]) if np.ndim(arrays[NAME]) else 0
        if not 1 <= size <= TINTS:
            raise ValueError(f"identity: {size} tints")
        basis = take(arrays, NAME, (size, PLANES, BASES), np.float16).astype(np.float32)
        if not (np.abs(basis) <= MOST_CHANGE).all():
            raise ValueError("identity: a tint of a strength that none has")
        return cls(basis)


def telling_tints(gram: NDArray[np.floating], blends: NDArray[np.floating], size: int = TINTS) -> Tints:
    """The changes to the blend that a person's picture shows most.

    In units of how far the clip's own blends go, a change's effect on the picture is a quadratic form; its leading
    eigenvectors are the tints, their numbers independent and of about unit variance.

    Args:
        gram: (PLANES * BASES, PLANES * BASES), G of the picture's squared change w' G w by a change w of the weights.
        blends: (T, PLANES * BASES), the conditioner's weights on a clip.
        size: how many tints.
    """
    spread = blends.std(0) + 1e-3
    _, vectors = np.linalg.eigh(spread[:, None] * gram * spread)
    return Tints.build((vectors[:, ::-1][:, :size].T * spread).reshape(-1, PLANES, BASES))
