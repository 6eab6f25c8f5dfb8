"""The personal 3D morphable model: a mean face and principal directions of its expression.

The algebra is that of Li et al. 2024, equation 1, S = mean + basis . delta, but the mean and the basis come from the
person's own enrolment clip: no model with a redistributable licence exists (`basis_file` takes one a user has).

Canonical space: x right in the picture, y down, z away from the camera, so the nose's z is negative; the mean face
looks at the camera, its centroid is the origin and its RMS radius is 1. A point X of it lands at
s * (X @ R) + (tx, ty, 0).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.tracking.alignment import procrustes
from models.tracking.arrays import Arrays, Floats, take
from models.tracking.basis_file import ExpressionBasis, guided_directions
from models.tracking.landmarks import (
    CHIN,
    FOREHEAD,
    LANDMARK_COUNT,
    LEFT_EYE_CORNERS,
    LEFT_IRIS,
    RIGHT_EYE_CORNERS,
    RIGHT_IRIS,
)

BASIS_SIZE = 73
"""Landmark directions; with six of the silhouette they are the 79 numbers of expression."""

EXPRESSION_LIMIT = 4.0
"""Expression is clipped to this many standard deviations; beyond it lies a failed fit, not a face."""

_ROUNDS = 8  # of alignment and averaging; the mean moves less than 0.01 px after the fifth
_LEAST_FRAMES = 8
_LEAST_SPREAD = 0.005
"""Root mean square motion of one standard deviation at least, canonical units: 0.25 px. Directions that the enrolment
hardly showed would else end at four of their tiny deviations, and wide eyes with them (0.2 dB on unseen grimaces)."""
_MOST_STORED = 1e3
"""Deviations and steps of faces are below 10 canonical units; far more would overflow in the fit."""
_IRIS_WEIGHT = 3.0
"""Ten iris points among 478 would be outvoted, though gaze is what people look at."""


def rigid_weights(variance: Floats) -> NDArray[np.float64]:
    """Weigh vertices by how still they are, so that jaw and lids do not pull the head.

    Args:
        variance: (V,), of the vertices after alignment, in any unit.
    """
    weight = 1.0 / (variance + 0.3 * float(np.median(variance)) + 1e-12)
    return np.asarray(weight / weight.mean(), np.float64)


def _upright(mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn a mean face to look at the camera, centre it and give it RMS radius 1."""
    across = mean[list(LEFT_EYE_CORNERS)].mean(0) - mean[list(RIGHT_EYE_CORNERS)].mean(0)
    across /= np.linalg.norm(across)
    down = mean[CHIN] - mean[FOREHEAD]
    down -= across * (down @ across)
    down /= np.linalg.norm(down)
    axes = np.stack([across, down, np.cross(across, down)], axis=1)
    mean = (mean - mean.mean(0)) @ axes
    return np.asarray(mean / np.sqrt((mean**2).sum(1).mean()), np.float64)


def mean_face(points: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Average faces without their poses.

    Args:
        points: (T, V, 3), reference px.

    Returns:
        The mean face (V, 3) in canonical space, and the rigid weights (V,) of its vertices.
    """
    mean = _upright(points[len(points) // 2].astype(np.float64))
    weights = np.ones(points.shape[1])
    for _ in range(_ROUNDS):
        canonical = procrustes(points, mean, weights).remove(points)
        weights = rigid_weights(((canonical - canonical.mean(0)) ** 2).sum(2).mean(0))
        mean = _upright(canonical.mean(0))
    return mean, weights


def region_weights() -> NDArray[np.float64]:
    """Return how much each landmark counts in the principal directions and the fit, (478,), mean about 1."""
    weights = np.ones(LANDMARK_COUNT)
    weights[list(RIGHT_IRIS + LEFT_IRIS)] = _IRIS_WEIGHT
    return weights


def quantise_directions(basis: Floats) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Store directions (K, ...) as int8 and one float32 scale each; at most 0.4 % of the largest value is lost."""
    axes = tuple(range(1, basis.ndim))
    scale = (np.abs(basis).max(axes) / 127.0 + 1e-12).astype(np.float32)
    levels = np.rint(basis / scale.reshape(-1, *([1] * len(axes))))
    return np.clip(levels, -127, 127).astype(np.int8), scale


@dataclass(frozen=True, slots=True)
class MorphableModel:
    """A mean face and its directions of expression.

    Attributes:
        mean: float32 (478, 3), canonical.
        levels: int8 (73, 478, 3), the directions as they are stored.
        step: float32 (73,), what one level is worth in the direction's own scale.
        deviation: float32 (73,), standard deviation of each direction's coefficient; 0 for a direction that is unused.
        weights: float32 (478,), of the vertices in the rigid alignment, mean 1.
        basis: float32 (73, 478, 3), the directions: `levels` times `step`. Derived.
    """

    mean: NDArray[np.float32]
    levels: NDArray[np.int8]
    step: NDArray[np.float32]
    deviation: NDArray[np.float32]
    weights: NDArray[np.float32]
    basis: NDArray[np.float32]

    @classmethod
    def build(
        cls,
        mean: Floats,
        basis: Floats,
        deviation: Floats,
        weights: Floats,
    ) -> MorphableModel:
        """Make a model from at most 73 directions (K, 478, 3), filling up with unused ones."""
        count = min(len(basis), BASIS_SIZE)
        padded = np.zeros((BASIS_SIZE, LANDMARK_COUNT, 3))
        padded[:count] = basis[:count]
        spread = np.zeros(BASIS_SIZE, np.float32)
        spread[:count] = deviation[:count]
        levels, step = quantise_directions(padded)
        return cls._from_stored(mean.astype(np.float32), levels, step, spread, weights.astype(np.float32))

    @classmethod
    def _from_stored(
        cls,
        mean: NDArray[np.float32],
        levels: NDArray[np.int8],
        step: NDArray[np.float32],
        deviation: NDArray[np.float32],
        weights: NDArray[np.float32],
    ) -> MorphableModel:
        basis = levels.astype(np.float32) * step[:, None, None]
        return cls(mean, levels, step, deviation, weights, basis)

    def offsets(self, expression: Floats, dims: int = BASIS_SIZE) -> NDArray[np.float32]:
        """Return how the mean's vertices move, float32 (478, 3) canonical, for an expression.

        Args:
            expression: (79,) or at least (dims,), standard deviations.
            dims: how many of the first directions to use.
        """
        coefficient = np.asarray(expression[:dims], np.float32) * self.deviation[:dims]
        return np.tensordot(coefficient, self.basis[:dims], 1).astype(np.float32)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return what an identity stores of the model."""
        return {
            "tracking.mean": self.mean,
            "tracking.basis": self.levels,
            "tracking.basis_step": self.step,
            "tracking.deviation": self.deviation,
            "tracking.weights": self.weights,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> MorphableModel:
        """Undo `to_arrays`; raises ValueError when an array is absent or has another shape, type or range."""
        deviation = take(arrays, "tracking.deviation", (BASIS_SIZE,), np.float32)
        step = take(arrays, "tracking.basis_step", (BASIS_SIZE,), np.float32)
        if np.abs(deviation).max() > _MOST_STORED or np.abs(step).max() > _MOST_STORED:
            raise ValueError("the identity's expressions are larger than any face's")
        return cls._from_stored(
            take(arrays, "tracking.mean", (LANDMARK_COUNT, 3), np.float32),
            take(arrays, "tracking.basis", (BASIS_SIZE, LANDMARK_COUNT, 3), np.int8),
            step,
            deviation,
            take(arrays, "tracking.weights", (LANDMARK_COUNT,), np.float32),
        )


def principal_directions(
    offsets: Floats, count: int, weights: Floats
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find the principal directions of vertex offsets.

    Args:
        offsets: (T, V, 3), canonical, zero mean.
        count: how many at most.
        weights: (V,), how much each vertex counts.

    Returns:
        Directions (K, V, 3), orthonormal under the weights, and the standard deviations (K,) of their coefficients.
    """
    frames, vertices = offsets.shape[:2]
    root = np.sqrt(weights)[None, :, None]
    rows = (offsets * root).reshape(frames, -1)
    variance, vectors = np.linalg.eigh(rows.T @ rows / frames)
    order = np.argsort(-variance)[: min(count, frames)]
    directions = vectors[:, order].T.reshape(-1, vertices, 3) / root
    return directions, np.sqrt(np.maximum(variance[order], 0.0))


def fit_from(points: Floats, guide: ExpressionBasis | None = None) -> MorphableModel:
    """Learn a person's model from the landmarks of a clip.

    Args:
        points: (T, 478, 3), reference px, frames with a face only.
        guide: a user's own basis: its span comes first, the person's remaining directions fill up the 73.

    Raises:
        ValueError: when there are fewer than 8 frames.
    """
    if len(points) < _LEAST_FRAMES:
        raise ValueError(f"a face was found in {len(points)} frames only; {_LEAST_FRAMES} are needed")
    mean, weights = mean_face(points)
    offsets = procrustes(points, mean, weights).remove(points) - mean
    counts = region_weights()
    if guide is None:
        basis, deviation = principal_directions(offsets, BASIS_SIZE, counts)
    else:
        basis, rest = guided_directions(offsets, guide, mean, counts)
        basis = basis[:BASIS_SIZE]
        own, _ = principal_directions(rest, BASIS_SIZE - len(basis), counts)
        basis = np.concatenate([basis, own])
        deviation = np.einsum("tvc,v,kvc->tk", offsets, counts, basis).std(0)
    return MorphableModel.build(mean, basis, _floored(basis, deviation), weights)


def _floored(basis: Floats, deviation: Floats) -> NDArray[np.float64]:
    """Raise deviations (K,) so that one of each moves the face (K, 478, 3) by at least `_LEAST_SPREAD`."""
    moved = np.sqrt((basis[..., :2] ** 2).sum(2).mean(1))
    return np.asarray(np.maximum(deviation, _LEAST_SPREAD / np.maximum(moved, 1e-9)), np.float64)
