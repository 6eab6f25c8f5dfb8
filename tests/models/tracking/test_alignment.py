from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.tracking.alignment import procrustes
from models.tracking.rotation import from_vector, to_vector

ANGLE = st.floats(-1.2, 1.2)


@settings(max_examples=40, deadline=None)
@given(ANGLE, ANGLE, ANGLE, st.floats(5, 200), st.floats(-300, 300))
def test_a_known_pose_is_found(a: float, b: float, c: float, scale: float, shift: float) -> None:
    shape = np.random.default_rng(1).normal(size=(60, 3))
    rotation = from_vector(np.array([a, b, c])).astype(np.float64)
    points = scale * shape @ rotation + [shift, -shift, 3.0]
    pose = procrustes(points[None], shape)
    np.testing.assert_allclose(pose.rotation[0], rotation, atol=1e-5)
    np.testing.assert_allclose(pose.scale[0], scale, rtol=1e-6)
    np.testing.assert_allclose(pose.remove(points[None])[0], shape, atol=1e-5)


def test_a_mirrored_shape_is_never_matched_by_a_mirror() -> None:
    shape = np.random.default_rng(2).normal(size=(40, 3))
    pose = procrustes((shape * [-1, 1, 1])[None], shape)
    assert np.linalg.det(pose.rotation[0]) > 0.99


def test_weight_zero_means_no_say() -> None:
    rng = np.random.default_rng(3)
    shape = rng.normal(size=(50, 3))
    points = 40 * shape
    points[:10] += rng.normal(size=(10, 3)) * 100
    weights = np.ones(50)
    weights[:10] = 0
    pose = procrustes(points[None], shape, weights)
    np.testing.assert_allclose(pose.rotation[0], np.eye(3), atol=1e-6)


def test_rotation_vector_and_matrix_are_inverse() -> None:
    vectors: list[NDArray[np.float64]] = [np.zeros(3), np.array([0.3, -0.5, 0.1]), np.array([0, 2.0, 0])]
    for vector in vectors:
        np.testing.assert_allclose(to_vector(from_vector(vector)), vector, atol=1e-6)


def test_positive_rotation_about_y_turns_row_vectors_right_handed() -> None:
    turned = np.array([0.0, 0.0, 1.0]) @ from_vector(np.array([0.0, 0.1, 0.0]))
    assert turned[0] > 0.09
