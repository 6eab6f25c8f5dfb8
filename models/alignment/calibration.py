"""What a person's tracked numbers must be corrected by, as enrolment's photometric alignment taught.

Landmarks err in ways that repeat: a brow that rises drags the head's pose along, a turned head narrows its cheeks. Of
the corrections that alignment finds on training frames, 70 to 95 % of the variance is linear in the tracked numbers
themselves, so a sender can apply them before it looks at a single pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codec.types import CODE_SIZE, POSE_SIZE, FaceCode
from models.field.warp import LEADING
from models.tracking.arrays import Arrays, take

UNKNOWNS = POSE_SIZE + LEADING
"""Pose (rotation vector, rad; shift, reference px; log scale), then the leading numbers: what is corrected."""

MOVED = POSE_SIZE + CODE_SIZE
"""Pose, then the whole code: what alignment moves."""

FIRST_SPREAD = np.concatenate([np.full(3, 0.05), np.full(2, 2.0), [0.03], np.ones(LEADING)])
"""How far each may be off before anything was learned, in its own unit."""

LEAST_SHARE = 0.2
"""Of the first spread that is left to each number at least: faces in calls do what no enrolment showed."""

RIDGES = (3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
BLOCKS = 5
"""Weights of the ridge that are tried, and the stretches of the clip that are left out in turn to judge them."""

PREFIX = "calibration."


def face_numbers(code: FaceCode) -> NDArray[np.float32]:
    """Pose and code, float32 (36,)."""
    return np.concatenate([code.pose, code.z])


def with_face(code: FaceCode, numbers: NDArray[np.floating]) -> FaceCode:
    """The code with pose and code numbers (36,) put in."""
    whole = numbers.astype(np.float32)
    return FaceCode(whole[POSE_SIZE:], whole[:POSE_SIZE], code.torso, code.freeform)


def surface_numbers(code: FaceCode) -> NDArray[np.float32]:
    """Pose and leading numbers of a code, float32 (32,)."""
    return face_numbers(code)[:UNKNOWNS]


def with_surface(code: FaceCode, numbers: NDArray[np.floating]) -> FaceCode:
    """The code with pose and leading numbers (32,) put in."""
    return with_face(code, np.concatenate([numbers, code.z[LEADING:]]))


@dataclass(frozen=True, slots=True)
class Calibration:
    """A linear correction of tracked numbers.

    Attributes:
        mean: float32 (32,), of the tracked numbers in the enrolment.
        scale: float32 (32,), their standard deviations.
        matrix: float32 (33, 32), correction per standard deviation, its last row the constant part.
        spread: float32 (32,), how far from the corrected numbers the truth may lie.
    """

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    matrix: NDArray[np.float32]
    spread: NDArray[np.float32]

    def corrected(self, code: FaceCode) -> FaceCode:
        """A tracked code's best guess before the picture is looked at."""
        numbers = surface_numbers(code)
        return with_surface(code, numbers + _features(numbers[None], self.mean, self.scale)[0] @ self.matrix)

    def to_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Arrays for an identity file."""
        return {PREFIX + name: getattr(self, name) for name in ("mean", "scale", "matrix", "spread")}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Calibration:
        """Undo `to_arrays`.

        Raises:
            ValueError: an array is missing, has another shape, or holds what no calibration does.
        """
        row = (UNKNOWNS,)
        mean, scale, spread = (take(arrays, PREFIX + name, row, np.float32) for name in ("mean", "scale", "spread"))
        matrix = take(arrays, PREFIX + "matrix", (UNKNOWNS + 1, UNKNOWNS), np.float32)
        if not ((scale > 0.0).all() and (spread > 0.0).all()):
            raise ValueError("identity: calibration has a spread that is not positive")
        return cls(mean, scale, matrix, spread)


def _features(numbers: NDArray[np.float32], mean: NDArray[np.float32], scale: NDArray[np.float32]) -> NDArray:
    """Numbers (T, 32) in standard deviations, within +-4, and a constant: (T, 33)."""
    units = np.clip((numbers - mean) / scale, -4.0, 4.0)
    return np.concatenate([units, np.ones((len(units), 1), np.float32)], 1)


def uncalibrated() -> Calibration:
    """The calibration that corrects nothing."""
    ones = np.ones(UNKNOWNS, np.float32)
    nothing = np.zeros((UNKNOWNS + 1, UNKNOWNS), np.float32)
    return Calibration(np.zeros(UNKNOWNS, np.float32), ones, nothing, FIRST_SPREAD.astype(np.float32))


def fit_calibration(tracked: Sequence[FaceCode], aligned: Sequence[FaceCode]) -> Calibration:
    """Learns what alignment keeps correcting.

    Args:
        tracked: codes of a clip's frames, in order.
        aligned: the same after alignment.
    """
    before = np.stack([surface_numbers(code) for code in tracked])
    change = np.stack([surface_numbers(code) for code in aligned]) - before
    mean, scale = before.mean(0), before.std(0) + np.float32(1e-4)
    features = _features(before, mean, scale)
    left_over = {ridge: _held_out(features, change, ridge) for ridge in RIDGES}
    ridge = min(RIDGES, key=lambda r: float((left_over[r] / FIRST_SPREAD**2).mean()))
    spread = np.maximum(np.sqrt(left_over[ridge]), LEAST_SHARE * FIRST_SPREAD)
    matrix = _ridge(features, change, ridge)
    return Calibration(mean, scale, matrix.astype(np.float32), spread.astype(np.float32))


def _ridge(features: NDArray, change: NDArray, ridge: float) -> NDArray[np.float64]:
    penalty = np.full(features.shape[1], ridge)
    penalty[-1] = 1e-3
    features = features.astype(np.float64)
    return np.asarray(np.linalg.solve(features.T @ features + np.diag(penalty), features.T @ change))


def _held_out(features: NDArray, change: NDArray, ridge: float) -> NDArray[np.float64]:
    """Mean squared error (32,) on stretches of the clip that the fit did not see."""
    error = np.zeros(change.shape[1])
    for part in np.array_split(np.arange(len(features)), BLOCKS):
        kept = np.delete(np.arange(len(features)), part)
        if len(part) and len(kept):
            error += ((change[part] - features[part] @ _ridge(features[kept], change[kept], ridge)) ** 2).sum(0)
    return error / len(features)
