"""Rotations of row vectors as matrices and as rotation vectors (angle times axis, rad)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from models.tracking.arrays import Floats


def to_vector(rotation: Floats) -> NDArray[np.float32]:
    """Return the rotation vector, float32 (3,), of a matrix (3, 3) that turns row vectors by ``x @ rotation``."""
    vector, _ = cv2.Rodrigues(np.asarray(rotation, np.float64).T)
    return np.asarray(vector.ravel(), np.float32)


def from_vector(vector: Floats) -> NDArray[np.float32]:
    """Return the matrix, float32 (3, 3), that turns row vectors about `vector` (3,) by its length in rad."""
    rotation, _ = cv2.Rodrigues(np.asarray(vector, np.float64))
    return np.ascontiguousarray(rotation.T, np.float32)
