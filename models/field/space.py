"""Canonical head space and the coordinates of the torso's reference picture.

Canonical lengths are in units of the mean face's RMS radius; x runs right in the picture, y down, z away from the
camera. A row vector X of canonical space is seen at ``exp(log_scale) * (X @ R)[:2] + t``: weak perspective, so all
rays of a frame are parallel.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

BOX_LOW = (-2.0, -2.6, -1.2)
BOX_HIGH = (2.0, 2.0, 2.0)
"""The head with its hair: the face spans about 1 x 1.3, hair reached -2.3 on the clips this was measured on."""

CUT_Y = 1.8
"""Below it the head's density is cut, else the collar belongs to the head."""

UNIT = 4.6
"""Edge of the cube that hash coordinates in [0, 1] stand for, so that hash cells are cubes."""

TORSO_MARGIN = 32.0
"""Reference px around the picture that the torso's field also covers."""


def unit_head(x: Tensor) -> Tensor:
    """Canonical points (n, 3) to hash coordinates in [0, 1]."""
    return (x - torch.tensor(BOX_LOW, device=x.device)) / UNIT


def unit_torso(x: Tensor) -> Tensor:
    """Reference px (n, 2) of the torso's reference picture to hash coordinates in [0, 1]."""
    return ((x + TORSO_MARGIN) / (256.0 + 2.0 * TORSO_MARGIN)).clamp(0.0, 1.0)


def rotation_matrix(rotvec: np.ndarray) -> np.ndarray:
    """Rodrigues' formula: rotation vectors (..., 3) in rad to float32 matrices (..., 3, 3)."""
    vector = np.asarray(rotvec, np.float64)
    angle = np.linalg.norm(vector, axis=-1)[..., None, None]
    axis = vector / np.maximum(angle[..., 0], 1e-12)
    cross = np.zeros((*vector.shape[:-1], 3, 3))
    cross[..., 0, 1], cross[..., 0, 2], cross[..., 1, 2] = -axis[..., 2], axis[..., 1], -axis[..., 0]
    cross -= np.swapaxes(cross, -1, -2)
    matrix = np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * (cross @ cross)
    return matrix.astype(np.float32)


def rotation_vector(matrix: np.ndarray) -> np.ndarray:
    """Inverse of `rotation_matrix` for rotations under half a turn: (3, 3) to float32 (3,) in rad."""
    m = np.asarray(matrix, np.float64)
    cosine = np.clip((np.trace(m) - 1.0) / 2.0, -1.0, 1.0)
    angle = float(np.arccos(cosine))
    axis = np.array([m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]])
    scale = 0.5 if angle < 1e-6 else angle / (2.0 * np.sin(angle))
    return (axis * scale).astype(np.float32)
