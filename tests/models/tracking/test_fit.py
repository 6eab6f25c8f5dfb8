from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.tracking.fit import FaceFitter
from models.tracking.morphable import MorphableModel, fit_from
from models.tracking.rotation import from_vector
from tests.models.tracking.test_morphable import animate

Points = NDArray[np.float32]


@pytest.fixture(scope="module")
def model(face: Points) -> MorphableModel:
    points = animate(face, 200)[0]
    rng = np.random.default_rng(5)
    # A second way to move, and some trembling, so that there is more than one direction.
    points[:, :, 0] += np.sin(np.arange(200) * 0.11)[:, None] * 2.0 * (np.abs(face[:, 1] - face[13, 1]) < 8)
    return fit_from(points + rng.normal(size=points.shape).astype(np.float32) * 0.1)


def degrees_apart(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    return float(np.degrees(np.arccos(np.clip((np.trace(a @ b.T) - 1) / 2, -1, 1))))


def place(model: MorphableModel, expression: Points, vector: list[float], scale: float) -> Points:
    shape = model.mean + model.offsets(expression)
    return np.asarray(scale * shape @ from_vector(np.array(vector)) + [120, 130, 7], np.float32)


def test_known_pose_and_expression_are_found(model: MorphableModel) -> None:
    expression = np.zeros(79, np.float32)
    expression[:2] = [1.5, -1.0]
    fit = FaceFitter(model).fit(place(model, expression, [0.2, -0.4, 0.1], 50.0))
    assert degrees_apart(fit.rotation, from_vector(np.array([0.2, -0.4, 0.1]))) < 0.1
    np.testing.assert_allclose(fit.translation, [120, 130, np.log(50.0)], atol=0.05)
    np.testing.assert_allclose(fit.expression[:2], [1.5, -1.0], atol=0.1)
    assert fit.residual_px < 0.1


def test_a_covered_part_moves_the_fit_less_than_plain_alignment(model: MorphableModel) -> None:
    clean = place(model, np.zeros(79, np.float32), [0.0, 0.3, 0.0], 45.0)
    wrong = clean.copy()
    wrong[50:70, :2] += 15.0
    fit = FaceFitter(model).fit(wrong)
    assert degrees_apart(fit.rotation, from_vector(np.array([0.0, 0.3, 0.0]))) < 1.5


def test_expression_is_limited(model: MorphableModel) -> None:
    extreme = np.zeros(79, np.float32)
    extreme[0] = 30.0
    fit = FaceFitter(model).fit(place(model, extreme, [0, 0, 0], 45.0))
    assert np.abs(fit.expression).max() <= 4.0
    assert fit.residual_px > 1.0


def test_same_points_same_fit(model: MorphableModel) -> None:
    points = place(model, np.zeros(79, np.float32), [0.1, 0.1, 0.1], 45.0)
    fitter = FaceFitter(model)
    first, second = fitter.fit(points), fitter.fit(points)
    np.testing.assert_array_equal(first.expression, second.expression)
    np.testing.assert_array_equal(first.rotation, second.rotation)
