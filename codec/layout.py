"""The order of a frame's numbers on the wire: embedding, pose, torso, free form. Format: BITSTREAM.md, "Layout"."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codec.types import CODE_SIZE, FREEFORM_SIZE, POSE_SIZE, TORSO_SIZE, FaceCode

MAX_TORSO = 64
"""Most torso numbers a layout may declare; today's torso model has 20."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How many numbers of each group a frame carries, in wire order: z, pose, torso, freeform.

    Attributes:
        z: size of the embedding, 1 to 30.
        pose: size of the pose, always 6.
        torso: size of the torso motion, 0 to 64.
        freeform: number of free-form numbers, 0 to 192.
    """

    z: int = CODE_SIZE
    pose: int = POSE_SIZE
    torso: int = TORSO_SIZE
    freeform: int = 0

    def __post_init__(self) -> None:
        fits = 1 <= self.z <= CODE_SIZE and self.pose == POSE_SIZE
        if not (fits and 0 <= self.torso <= MAX_TORSO and 0 <= self.freeform <= FREEFORM_SIZE):
            raise ValueError(f"no layout of {self} numbers")

    def __str__(self) -> str:
        return " + ".join(str(size) for size in self.sizes)

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """Of the groups in wire order."""
        return self.z, self.pose, self.torso, self.freeform

    @property
    def size(self) -> int:
        """Numbers per frame."""
        return sum(self.sizes)

    @property
    def tracked(self) -> int:
        """Numbers per frame that tracking gives: all but free form, most of which is never worth a step."""
        return self.size - self.freeform

    @property
    def groups(self) -> dict[str, slice]:
        """Where each group lies in a frame's vector."""
        ends = list(itertools.accumulate(self.sizes, initial=0))
        names = ("z", "pose", "torso", "freeform")
        return {name: slice(*part) for name, part in zip(names, itertools.pairwise(ends), strict=True)}

    def pack(self, code: FaceCode) -> NDArray[np.float32]:
        """Puts a frame's numbers into one float32 (size,) vector.

        Raises:
            ValueError: if the code has other sizes than the layout, or holds a number that is not finite.
        """
        parts = (code.z, code.pose, code.torso, code.freeform)
        shapes = tuple(part.shape for part in parts)
        if shapes != tuple((size,) for size in self.sizes):
            raise ValueError(f"a code of sizes {shapes} does not fit the layout {self}")
        vector = np.concatenate(parts).astype(np.float32)
        if not np.isfinite(vector).all():
            raise ValueError("a code holds a number that is not finite")
        return vector

    def unpack(self, vector: NDArray[np.float32]) -> FaceCode:
        """The inverse of :meth:`pack`; the parts are views of ``vector``.

        Raises:
            ValueError: if the vector is not of shape (size,).
        """
        if vector.shape != (self.size,):
            raise ValueError(f"expected {self.size} numbers, got shape {vector.shape}")
        return FaceCode(*(vector[part] for part in self.groups.values()))
