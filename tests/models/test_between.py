from __future__ import annotations

import numpy as np
import pytest

from codec.types import FaceCode
from models.between import between
from models.tracking.rotation import from_vector, to_vector


def face(turn: list[float], shift: float) -> FaceCode:
    pose = np.array([*turn, 100 + shift, 90 - shift, 4.5], np.float32)
    return FaceCode(
        np.full(30, shift, np.float32), pose, np.full(20, -shift, np.float32), np.full(3, 2 * shift, np.float32)
    )


def test_ends_are_the_faces_themselves() -> None:
    first, second = face([0.1, -0.2, 0.3], 0.0), face([0.15, -0.1, 0.2], 4.0)
    assert between(first, second, 0.0) is first
    last = between(first, second, 1.0)
    for got, wanted in ((last.z, second.z), (last.pose, second.pose), (last.torso, second.torso)):
        np.testing.assert_allclose(got, wanted, atol=1e-5)
        assert got.dtype == np.float32


def test_the_head_turns_evenly_about_one_axis() -> None:
    first, second = face([0.0, 3.0, 0.1], 0.0), face([0.0, 3.2, 0.1], 4.0)
    middle = between(first, second, 0.5)
    angles = [
        float(np.linalg.norm(to_vector(from_vector(b.pose[:3]) @ from_vector(a.pose[:3]).T)))
        for a, b in ((first, middle), (middle, second), (first, second))
    ]
    assert angles[0] == pytest.approx(angles[1], abs=1e-4)
    assert angles[0] + angles[1] == pytest.approx(angles[2], abs=1e-4)
    assert middle.pose[3:5].tolist() == [102, 88]
    assert middle.z[0] == 2
    assert middle.torso[0] == -2
    assert middle.freeform[0] == 4


def test_a_face_of_another_shot_is_waited_for() -> None:
    first = face([0.0, 0.0, 0.0], 0.0)
    assert between(first, face([0.0, 0.6, 0.0], 1.0), 0.7) is first
