"""Canonical head space and the coordinates of the torso's reference picture.

Canonical lengths are in units of the mean face's RMS radius; x runs right in the picture, y down, z away from the
camera. A row vector X of canonical space is seen at ``exp(log_scale) * (X @ R)[:2] + t``: weak perspective, so all
rays of a frame are parallel.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from codec.types import FaceParams
from models.tracking.rotation import to_vector

BOX_LOW = (-2.4, -3.4, -1.2)
BOX_HIGH = (2.4, 2.0, 2.4)
"""The head with its hair: the face spans about 1.2 x 1.7, hair reaches -3.2 on the clips this was measured on."""

CUT_Y = 1.8
"""Below it the head's density is cut, else the collar belongs to the head."""

UNIT = 5.4
"""Edge of the cube that hash coordinates in [0, 1] stand for, so that hash cells are cubes."""

TORSO_MARGIN = 32.0
"""Reference px around the picture that the torso's field also covers."""


def unit_head(x: Tensor) -> Tensor:
    """Canonical points (n, 3) to hash coordinates in [0, 1]."""
    return (x - torch.tensor(BOX_LOW, device=x.device)) / UNIT


def unit_torso(x: Tensor) -> Tensor:
    """Reference px (n, 2) of the torso's reference picture to hash coordinates in [0, 1]."""
    return ((x + TORSO_MARGIN) / (256.0 + 2.0 * TORSO_MARGIN)).clamp(0.0, 1.0)


def pose_vector(params: FaceParams) -> NDArray[np.float32]:
    """The six pose numbers of a tracked frame, as `codec.types.FaceCode` has them."""
    return np.concatenate([to_vector(params.rotation), params.translation]).astype(np.float32)
