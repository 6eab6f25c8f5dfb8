from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.tracking.rotation import from_vector
from models.tracking.silhouette import (
    DIRECTION_COUNT,
    PLANE_Z,
    SilhouetteModel,
    directions,
    fit_silhouette,
    measure_radii,
)

MIDDLE = np.array([128.0, 128.0, np.log(40.0)])


def disc(radius_px: float, x: float = 128.0, y: float = 128.0) -> NDArray[np.uint8]:
    rows, columns = np.mgrid[0:256, 0:256] + 0.5
    distance = np.hypot(columns - x, rows - y)
    return np.asarray(np.clip((radius_px - distance + 0.5) * 255, 0, 255), np.uint8)


def test_a_disc_has_one_radius() -> None:
    radii, seen = measure_radii(disc(80), np.eye(3), MIDDLE)
    assert seen.all()
    np.testing.assert_allclose(radii, 2.0, atol=0.02)


def test_directions_go_over_the_top_of_the_head() -> None:
    angle = directions()
    assert angle.shape == (DIRECTION_COUNT,)
    assert np.sin(angle).min() < -0.99  # straight up is among them
    assert np.sin(angle).max() < 0.5  # the neck is not


def test_turning_the_head_moves_the_outlines_plane() -> None:
    turn = from_vector(np.array([0.0, 0.3, 0.0]))
    x = 128 + 40 * PLANE_Z * turn[2, 0]
    radii, _ = measure_radii(disc(80, x=float(x)), turn, MIDDLE)
    assert abs(radii[19] - 2.0) < 0.05  # straight up
    assert abs(radii[3] - radii[-4]) < 0.1


def test_an_outline_beyond_the_picture_is_not_seen() -> None:
    radii, seen = measure_radii(np.full((256, 256), 255, np.uint8), np.eye(3), MIDDLE)
    assert not seen.any()
    assert np.isfinite(radii).all()


@pytest.fixture(scope="module")
def wavering() -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    time = np.arange(300)
    wave = np.sin(time * 0.05)[:, None] * np.cos(directions())[None] * 0.2
    return 2.0 + wave + np.random.default_rng(0).normal(size=wave.shape) * 0.005, np.ones(wave.shape, np.bool_)


def test_six_numbers_tell_the_outline(wavering: tuple[NDArray[np.float64], NDArray[np.bool_]]) -> None:
    radii, seen = wavering
    model = fit_silhouette(radii, seen)
    expression = np.zeros(79, np.float32)
    expression[73:] = model.project(radii[40], seen[40])
    assert np.abs(model.radii(expression) - radii[40]).max() < 0.03


def test_half_an_outline_is_completed(wavering: tuple[NDArray[np.float64], NDArray[np.bool_]]) -> None:
    radii, seen = wavering
    model = fit_silhouette(radii, seen)
    half = seen[40].copy()
    half[20:] = False
    expression = np.zeros(79, np.float32)
    expression[73:] = model.project(radii[40], half)
    assert np.abs(model.radii(expression) - radii[40]).max() < 0.06
    nothing = np.zeros(40, np.bool_)
    assert np.abs(model.project(radii[40], nothing)).max() < 1e-6


def test_arrays_bring_back_the_very_same_model(wavering: tuple[NDArray[np.float64], NDArray[np.bool_]]) -> None:
    model = fit_silhouette(*wavering)
    again = SilhouetteModel.from_arrays(model.to_arrays())
    np.testing.assert_array_equal(again.basis, model.basis)
    with pytest.raises(ValueError, match="outline_mean"):
        SilhouetteModel.from_arrays({})


def test_mask_smoothness_does_not_matter() -> None:
    soft = cv2.GaussianBlur(disc(80), (0, 0), 3.0)
    radii, _ = measure_radii(np.asarray(soft, np.uint8), np.eye(3), MIDDLE)
    np.testing.assert_allclose(radii, 2.0, atol=0.03)
