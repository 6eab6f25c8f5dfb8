"""Where a torso's field covers anything: the rest need not be asked."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from codec.types import REFERENCE_SIZE, FaceCode
from models.clip import evenly
from models.field.avatar import TORSO_BLOCK, Avatar
from models.field.space import TORSO_MARGIN
from models.field.torso import COVERS, IN_FRONT

TORSO_VISIBLE = 0.02
MAPPED_FRAMES = 12
"""Torso coverage under which a block is left out, and the codes that it is measured with."""


@torch.no_grad()
def torso_map(avatar: Avatar, codes: list[FaceCode]) -> NDArray[np.uint8]:
    """Where the torso's field covers anything in some of the codes, and where in front of the head.

    Args:
        avatar: the person.
        codes: codes to choose some from.

    Returns:
        uint8 (64, 64) over the torso's coordinates: `COVERS` and `IN_FRONT`.
    """
    side = 4 * TORSO_BLOCK
    axis = (np.arange(side) + 0.5) / side * (REFERENCE_SIZE + 2 * TORSO_MARGIN) - TORSO_MARGIN
    device = avatar.conditioner.constraint.device
    points = torch.from_numpy(np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2).astype(np.float32)).to(device)
    select = torch.ones(len(points), 1, device=device)
    most = np.zeros((2, side * side), np.float32)
    for n in evenly(len(codes), MAPPED_FRAMES):
        code = codes[n]
        batch = [torch.from_numpy(v)[None].to(device) for v in (code.z, code.pose, code.torso)]
        _, behind, front = avatar.torso(points, select, avatar.conditioner(*batch)[2])
        most = np.maximum(most, torch.stack([behind, front]).cpu().numpy())
    blocks = (most.reshape(2, TORSO_BLOCK, 4, TORSO_BLOCK, 4) > TORSO_VISIBLE).any((2, 4)).astype(np.uint8)
    anywhere, in_front = (cv2.dilate(block, np.ones((3, 3), np.uint8)) for block in (blocks.max(0), blocks[1]))
    return np.asarray(COVERS * anywhere + IN_FRONT * in_front, np.uint8)
