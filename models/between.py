"""A face between two others, for receivers that show more pictures than come."""

from __future__ import annotations

import numpy as np

from codec.types import FaceCode
from models.tracking.rotation import from_vector, to_vector

FARTHEST_TURN = 0.5
"""Heads that turn farther between two frames, rad, are of two shots: the first stays until the second comes."""


def between(first: FaceCode, second: FaceCode, share: float) -> FaceCode:
    """A face on the way from one to another.

    The head turns about one axis at an even rate, all else moves along straight lines.

    Args:
        first, second: the two, of the same sizes.
        share: of the way, 0 to 1.
    """
    start = from_vector(first.pose[:3])
    turn = to_vector(from_vector(second.pose[:3]) @ start.T)
    if share <= 0.0 or float(np.linalg.norm(turn)) > FARTHEST_TURN:
        return first
    part = np.float32(share)
    rotation = to_vector(from_vector(part * turn) @ start)
    pose = np.concatenate([rotation, first.pose[3:] + part * (second.pose - first.pose)[3:]])
    z, torso, freeform = (
        one + part * (other - one)
        for one, other in ((first.z, second.z), (first.torso, second.torso), (first.freeform, second.freeform))
    )
    return FaceCode(z, pose, torso, freeform)
