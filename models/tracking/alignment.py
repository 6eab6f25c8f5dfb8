"""Rigid alignment in closed form: poses by weak perspective."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.tracking.arrays import Floats


@dataclass(frozen=True, slots=True)
class Pose:
    """Weak-perspective poses of T pictures.

    Attributes:
        rotation: float64 (T, 3, 3), turning row vectors of canonical space.
        translation: float64 (T, 3), reference px; z is MediaPipe's and means nothing.
        scale: float64 (T,), reference px per canonical unit.
    """

    rotation: NDArray[np.float64]
    translation: NDArray[np.float64]
    scale: NDArray[np.float64]

    def remove(self, points: Floats) -> NDArray[np.float64]:
        """Bring picture points, (T, V, 3) in reference px, back to canonical space."""
        centred = (points - self.translation[:, None]) / self.scale[:, None, None]
        return np.asarray(centred @ self.rotation.transpose(0, 2, 1))


def procrustes(points: Floats, shape: Floats, weights: Floats | None = None) -> Pose:
    """Align a shape to points by rotation, translation and scale in closed form (Umeyama 1991, equation 40 ff.).

    Args:
        points: (T, V, 3), reference px.
        shape: (V, 3) or (T, V, 3), canonical.
        weights: (V,), not negative; all alike when None.
    """
    points = points.astype(np.float64)
    shape = np.broadcast_to(shape.astype(np.float64), points.shape)
    weight = np.ones(points.shape[1]) if weights is None else weights.astype(np.float64)
    weight = (weight / weight.sum())[None, :, None]
    from_centre, to_centre = (weight * shape).sum(1), (weight * points).sum(1)
    source, target = shape - from_centre[:, None], points - to_centre[:, None]
    left, singular, right = np.linalg.svd((weight * source).transpose(0, 2, 1) @ target)
    mirror = np.sign(np.linalg.det(left @ right))
    singular[:, 2] *= mirror
    left[:, :, 2] *= mirror[:, None]
    rotation = left @ right
    scale = singular.sum(1) / (weight * source**2).sum((1, 2))
    translation = to_centre - scale[:, None] * np.einsum("ti,tij->tj", from_centre, rotation)
    return Pose(rotation, translation, scale)
