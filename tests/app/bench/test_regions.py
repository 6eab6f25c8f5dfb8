"""Where the person, the mouth and the eyes are in a picture."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from app.bench.regions import mark
from codec.types import FaceParams
from models.tracking.landmarks import INNER_LIPS, LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS
from models.tracking.tracker import Tracked
from models.training.dataset import EYE_BOX, MOUTH_BOX

UNIT_PX = 40.0


def tracked(landmarks: NDArray[np.float32] | None) -> Tracked:
    """The left half is the person."""
    mask = np.zeros((256, 256), np.uint8)
    mask[:, :128] = 255
    translation = np.array([128, 128, np.log(UNIT_PX)], np.float32)
    params = FaceParams(np.zeros(79, np.float32), np.eye(3, dtype=np.float32), translation, np.zeros(20, np.float32))
    return Tracked(None if landmarks is None else params, landmarks, mask, False, 0.1, 1.0, 0.0)


def face() -> NDArray[np.float32]:
    points = np.zeros((478, 3), np.float32)
    for group, place in ((INNER_LIPS, (128, 180)), (RIGHT_EYE_CORNERS, (90, 110)), (LEFT_EYE_CORNERS, (166, 110))):
        points[list(group), :2] = place
    return points


@pytest.mark.parametrize("side", [128, 256, 512])
def test_boxes_lie_around_mouth_and_eyes(side: int) -> None:
    regions = mark(tracked(face()), side)
    scale = side / 256
    at = {
        name: (round(y * scale), round(x * scale)) for name, (x, y) in {"mouth": (128, 180), "eye": (90, 110)}.items()
    }
    assert regions.features[at["mouth"]]
    assert regions.features[at["eye"]]
    assert not regions.features[round(145 * scale), round(128 * scale)]
    area = 4 * UNIT_PX**2 * (MOUTH_BOX[0] * MOUTH_BOX[1] + 2 * EYE_BOX[0] * EYE_BOX[1]) * scale**2
    assert regions.features.sum() == pytest.approx(area, rel=0.15)
    assert regions.person.mean() == pytest.approx(0.5, abs=0.01)


def test_a_box_at_the_edge_is_cut_off() -> None:
    points = face()
    points[list(INNER_LIPS), :2] = (-60, 300)
    assert mark(tracked(points), 256).features.sum() < mark(tracked(face()), 256).features.sum()


def test_without_a_face_there_are_no_boxes() -> None:
    regions = mark(tracked(None), 256)
    assert not regions.features.any()
    assert regions.person.any()
