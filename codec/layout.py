"""The order of a frame's numbers on the wire: embedding, pose, torso. Format: BITSTREAM.md, "Layout"."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codec.types import CODE_SIZE, POSE_SIZE, TORSO_SIZE, FaceCode

MAX_TORSO = 64
"""Most torso numbers a layout may declare; today's torso model has 20."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How many numbers of each group a frame carries, in wire order: z, pose, torso.

    Attributes:
        z: size of the embedding, 1 to 30.
        pose: size of the pose, always 6.
        torso: size of the torso motion, 0 to 64.
    """

    z: int = CODE_SIZE
    pose: int = POSE_SIZE
    torso: int = TORSO_SIZE

    def __post_init__(self) -> None:
        if not 1 <= self.z <= CODE_SIZE or self.pose != POSE_SIZE or not 0 <= self.torso <= MAX_TORSO:
            raise ValueError(f"no layout of {self.z} + {self.pose} + {self.torso} numbers")

    @property
    def size(self) -> int:
        """Numbers per frame."""
        return self.z + self.pose + self.torso

    @property
    def groups(self) -> dict[str, slice]:
        """Where each group lies in a frame's vector."""
        pose = self.z + self.pose
        return {"z": slice(0, self.z), "pose": slice(self.z, pose), "torso": slice(pose, self.size)}

    def pack(self, code: FaceCode) -> NDArray[np.float32]:
        """Puts a frame's numbers into one float32 (size,) vector.

        Raises:
            ValueError: if the code has other sizes than the layout, or holds a number that is not finite.
        """
        sizes = (code.z.shape, code.pose.shape, code.torso.shape)
        if sizes != ((self.z,), (self.pose,), (self.torso,)):
            raise ValueError(f"a code of sizes {sizes} does not fit the layout {self.z} + {self.pose} + {self.torso}")
        vector = np.concatenate([code.z, code.pose, code.torso]).astype(np.float32)
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
