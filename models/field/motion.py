"""How a person's surface moves where landmarks do not tell: hair behind a turned head, a cheek beside a smile.

The warp knows of landmarks and the outline alone, and weak perspective of no lens. What is left repeats with pose and
expression, so it is a smooth displacement of the face plane, linear in the numbers that cross the wire. Enrolment
learns it from the optical flow between its frames and their renderings (`models/training/motion.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from codec.types import POSE_SIZE
from models.field.warp import LEADING, NODES, mix
from models.tracking.arrays import Arrays, take

CELLS = 40
"""Per axis of the warp's grid, 0.12 x 0.14 canonical units apart: twice the width of a landmark's own reach."""

INPUTS = POSE_SIZE + LEADING
"""Pose and the code's leading numbers. The learned ones change their meaning while the field learns."""

FARTHEST = 3.0
"""Standard deviations of each input that motion follows."""

LEVELS = 127
LONGEST = 1.0
"""Modes are stored in 8 bits each, and none moves anything by more than a face's radius per standard deviation."""

PREFIX = "motion."

_NODE_X, _NODE_Y = np.meshgrid(*2 * [np.linspace(0.0, CELLS - 1.0, NODES, dtype=np.float32)])
"""Where the warp's nodes lie among the cells, along x and y: every frame's motion is read there."""


@dataclass(frozen=True, slots=True)
class PersonalMotion:
    """Displacement of the face plane per standard deviation of each input.

    Attributes:
        mean: float32 (32,), of pose and leading numbers in the enrolment.
        scale: float32 (32,), their standard deviations.
        step: float32 (32,), canonical units that a mode's levels are apart.
        levels: float32 (32, CELLS, CELLS, 2), whole numbers within +-127; rows along y.
    """

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    step: NDArray[np.float32]
    levels: NDArray[np.float32]

    @classmethod
    def still(cls, pose: NDArray[np.float32], leading: NDArray[np.float32]) -> PersonalMotion:
        """No motion, in units of a clip's pose (T, 6) and leading numbers (T, 26)."""
        numbers = np.concatenate([pose, leading], 1)
        nothing = np.zeros((INPUTS, CELLS, CELLS, 2), np.float32)
        scale = (numbers.std(0) + np.float32(1e-3)).astype(np.float32)
        return cls(numbers.mean(0).astype(np.float32), scale, np.zeros(INPUTS, np.float32), nothing)

    def with_modes(self, modes: NDArray[np.floating]) -> PersonalMotion:
        """The same with other modes (32, CELLS, CELLS, 2), canonical units, rounded as they will be stored."""
        short = np.clip(modes, -LONGEST, LONGEST)
        step = (np.abs(short).max((1, 2, 3)) / LEVELS).astype(np.float32)
        levels = np.rint(short / np.maximum(step, 1e-12)[:, None, None, None]).astype(np.float32)
        return PersonalMotion(self.mean, self.scale, step, np.clip(levels, -LEVELS, LEVELS))

    @property
    def modes(self) -> NDArray[np.float32]:
        """Displacement per standard deviation, canonical units: float32 (32, CELLS, CELLS, 2)."""
        return self.step[:, None, None, None] * self.levels

    def inputs(self, pose: NDArray[np.float32], z: NDArray[np.float32]) -> NDArray[np.float32]:
        """Pose (..., 6) and leading numbers of codes (..., >= 26) in standard deviations: float32 (..., 32)."""
        numbers = np.concatenate([pose, z[..., :LEADING]], -1)
        return np.clip((numbers - self.mean) / self.scale, -FARTHEST, FARTHEST).astype(np.float32)

    def displacement(self, pose: NDArray[np.float32], z: NDArray[np.float32]) -> NDArray[np.float32]:
        """What one frame's pose (6,) and code (>= 26,) add to the warp along x and y: float32 (CELLS, CELLS, 2)."""
        return mix(self.step * self.inputs(pose, z), self.levels)

    def warp_modes(self) -> NDArray[np.float32]:
        """How that changes with the leading numbers: float32 (NODES, NODES, 3, 26), as `WarpBasis.modes`."""
        modes = np.zeros((NODES, NODES, 3, LEADING), np.float32)
        for k, mode in enumerate((self.modes / self.scale[:, None, None, None])[POSE_SIZE:]):
            modes[..., :2, k] = at_nodes(mode)
        return modes

    def to_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Arrays for an identity file."""
        numbers = {PREFIX + name: getattr(self, name) for name in ("mean", "scale", "step")}
        return {**numbers, PREFIX + "levels": self.levels.astype(np.int8)}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> PersonalMotion:
        """Undo `to_arrays`; identities that know of no motion have none.

        Raises:
            ValueError: an array is missing, has another shape, or holds what no motion does.
        """
        if not any(name.startswith(PREFIX) for name in arrays):
            return cls.still(np.zeros((1, POSE_SIZE), np.float32), np.zeros((1, LEADING), np.float32))
        mean, scale, step = (take(arrays, PREFIX + name, (INPUTS,), np.float32) for name in ("mean", "scale", "step"))
        levels = take(arrays, PREFIX + "levels", (INPUTS, CELLS, CELLS, 2), np.int8)
        if not ((scale > 0.0).all() and (step >= 0.0).all() and (LEVELS * step <= LONGEST * (1.0 + 1e-4)).all()):
            raise ValueError("identity: motion of a scale that none has")
        return cls(mean, scale, step, levels.astype(np.float32))


def at_nodes(coarse: NDArray[np.float32]) -> NDArray[np.float32]:
    """Values (CELLS, CELLS, 2) at the warp's nodes: float32 (NODES, NODES, 2); the outermost places coincide."""
    return np.asarray(cv2.remap(np.ascontiguousarray(coarse), _NODE_X, _NODE_Y, cv2.INTER_LINEAR), np.float32)
