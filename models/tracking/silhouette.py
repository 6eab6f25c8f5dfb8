"""The outline of head and hair: radial distances from the head's middle, in six principal numbers.

The landmarks end at the face; what lies beyond (hair, ears, loose strands) follows other laws, and telling the field
about it was worth 1.4 dB to the prototype.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codec.types import REFERENCE_SIZE
from models.tracking.arrays import Arrays, Floats, take
from models.tracking.morphable import BASIS_SIZE, EXPRESSION_LIMIT

DIRECTION_COUNT = 40
SILHOUETTE_SIZE = 6
"""Principal numbers of the outline; they hold 94 to 97 % of its energy."""

_FIRST_RAD, _LAST_RAD = np.radians(-205.0), np.radians(25.0)  # clockwise from below the left ear; the neck is left out
_LEAST_RADIUS, _MOST_RADIUS = 0.7, 3.8  # canonical units; the face oval lies at 1.2 to 1.7, hair at up to 3.4
_STEP = 0.025  # about 1 px at a usual scale of 45 px per unit
PLANE_Z = 0.9
"""Depth of the plane in which the outline is taken to lie, canonical: that of the ears. Pose then explains most of what
moves: the radii vary by 0.07 there and by 0.12 in the plane of the eyes (mean of five clips)."""


def directions() -> NDArray[np.float32]:
    """Return the 40 directions, float32 rad in the canonical picture plane: 0 is right, -pi/2 is up."""
    return np.asarray(np.linspace(_FIRST_RAD, _LAST_RAD, DIRECTION_COUNT), np.float32)


def _bilinear(picture: NDArray[np.float32], x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sample a square picture at pixel centres x, y; positions beyond the border take the border's value."""
    limit = picture.shape[0] - 1
    x, y = np.clip(x, 0, limit - 1e-3), np.clip(y, 0, limit - 1e-3)
    column, row = x.astype(np.int32), y.astype(np.int32)
    right, below = x - column, y - row
    flat = picture.ravel()
    corner = row * picture.shape[1] + column
    upper = flat[corner] * (1 - right) + flat[corner + 1] * right
    corner = corner + picture.shape[1]
    lower = flat[corner] * (1 - right) + flat[corner + 1] * right
    return np.asarray(upper * (1 - below) + lower * below, np.float32)


def measure_radii(
    mask: NDArray[np.uint8], rotation: Floats, translation: Floats
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Measure where the person ends around the head.

    Args:
        mask: uint8 (256, 256), 255 is person.
        rotation: (3, 3), of the head.
        translation: (3,), x and y in reference px, log of the scale.

    Returns:
        Radii float32 (40,) in canonical units, with a median over neighbouring directions, and bool (40,): whether the
        outline was seen. Where the head leaves the picture or the person does not end, it is False.
    """
    radius = np.arange(_LEAST_RADIUS, _MOST_RADIUS + _STEP, _STEP, dtype=np.float32)
    angle = directions()
    scale = float(np.exp(translation[2]))
    across, down, behind = scale * np.asarray(rotation[:, :2], np.float32)
    step = np.cos(angle)[:, None] * across + np.sin(angle)[:, None] * down
    start = np.asarray(translation[:2], np.float32) + PLANE_Z * behind
    place = start + radius[None, :, None] * step[:, None, :]
    x, y = place[..., 0], place[..., 1]
    # Half a pixel: landmark coordinates count from the picture's edge, samples from the first pixel's centre.
    person = _bilinear(mask.astype(np.float32), x - 0.5, y - 0.5)
    inside = (x >= 0) & (y >= 0) & (x < REFERENCE_SIZE) & (y < REFERENCE_SIZE)
    ended = person < 127.5
    ended[:, 0] = False
    at = np.where(ended.any(1), ended.argmax(1), len(radius) - 1)
    rows = np.arange(DIRECTION_COUNT)
    before, after = person[rows, np.maximum(at - 1, 0)], person[rows, at]
    share = np.clip((before - 127.5) / np.maximum(before - after, 1e-3), 0.0, 1.0)
    found = radius[np.maximum(at - 1, 0)] + share * _STEP
    seen = ended.any(1) & inside[rows, at]
    padded = np.concatenate([found[:1], found, found[-1:]])
    middle = np.median(np.stack([padded[:-2], padded[1:-1], padded[2:]]), axis=0)
    return middle.astype(np.float32), seen


@dataclass(frozen=True, slots=True)
class SilhouetteModel:
    """A person's mean outline and its principal changes.

    Attributes:
        mean: float32 (40,), mean radii, canonical units.
        basis: float32 (6, 40), orthonormal directions.
        deviation: float32 (6,), standard deviation of their coefficients.
    """

    mean: NDArray[np.float32]
    basis: NDArray[np.float32]
    deviation: NDArray[np.float32]

    def radii(self, expression: Floats) -> NDArray[np.float32]:
        """Return the outline, float32 (40,) canonical units, that an expression (79,) tells."""
        coefficient = np.asarray(expression[BASIS_SIZE:], np.float32) * self.deviation
        return np.asarray(self.mean + coefficient @ self.basis, np.float32)

    def project(self, radii: Floats, seen: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Fit the six numbers, float32 (6,) in standard deviations, to the outline that was seen.

        A ridge of one prior observation per number keeps them near zero where little is seen.
        """
        directions_seen = self.basis[:, seen] * self.deviation[:, None]
        noise = 0.02  # canonical units, about 1 px: what the mask's edge is worth
        normal = directions_seen @ directions_seen.T + noise**2 * np.eye(SILHOUETTE_SIZE, dtype=np.float32)
        answer = np.linalg.solve(normal, directions_seen @ (radii - self.mean)[seen])
        return np.clip(answer, -EXPRESSION_LIMIT, EXPRESSION_LIMIT).astype(np.float32)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return what an identity stores of the model."""
        return {
            "tracking.outline_mean": self.mean,
            "tracking.outline_basis": self.basis,
            "tracking.outline_deviation": self.deviation,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> SilhouetteModel:
        """Undo `to_arrays`; raises ValueError when an array is absent or wrong."""
        return cls(
            take(arrays, "tracking.outline_mean", (DIRECTION_COUNT,), np.float32),
            take(arrays, "tracking.outline_basis", (SILHOUETTE_SIZE, DIRECTION_COUNT), np.float32),
            take(arrays, "tracking.outline_deviation", (SILHOUETTE_SIZE,), np.float32),
        )


def fit_silhouette(radii: Floats, seen: NDArray[np.bool_]) -> SilhouetteModel:
    """Learn a person's outline.

    Args:
        radii: (T, 40), measured outlines in order of time.
        seen: bool (T, 40); what was not seen is replaced by that direction's median.
    """
    count = np.maximum(seen.sum(0), 1)
    centre = np.nanmedian(np.where(seen | (seen.sum(0) == 0), radii, np.nan), axis=0)
    filled = np.where(seen, radii, centre)
    padded = np.concatenate([filled[:1], filled, filled[-1:]])
    smooth = np.median(np.stack([padded[:-2], padded[1:-1], padded[2:]]), axis=0)
    mean = smooth.mean(0)
    rows = (smooth - mean) * np.sqrt(count / len(radii))
    variance, vectors = np.linalg.eigh(rows.T @ rows / len(rows))
    order = np.argsort(-variance)[:SILHOUETTE_SIZE]
    basis = vectors[:, order].T
    deviation = ((smooth - mean) @ basis.T).std(0) + 1e-4
    return SilhouetteModel(mean.astype(np.float32), basis.astype(np.float32), deviation.astype(np.float32))
