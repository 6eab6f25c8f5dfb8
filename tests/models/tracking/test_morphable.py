from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models.tracking.alignment import procrustes
from models.tracking.landmarks import CHIN, FOREHEAD
from models.tracking.morphable import BASIS_SIZE, MorphableModel, fit_from, mean_face
from models.tracking.rotation import from_vector

Points = NDArray[np.float32]


def animate(face: Points, frames: int = 120, seed: int = 0) -> tuple[Points, NDArray[np.float64]]:
    """Turn and open a face: (T, 478, 3) landmarks, and how far each is opened (T,)."""
    rng = np.random.default_rng(seed)
    shape = (face - face.mean(0)) / 45.0
    below = np.clip(shape[:, 1:2] - 0.3, 0, None) * [0.0, 0.4, 0.05]  # a jaw
    opened = np.abs(np.sin(np.arange(frames) * 0.37))
    out = []
    for amount in opened:
        rotation = from_vector(rng.normal(size=3) * [0.1, 0.15, 0.05])
        out.append(45.0 * ((shape + amount * below) @ rotation) + [128 + rng.normal() * 5, 120, 0])
    return np.asarray(out, np.float32), opened


@pytest.fixture(scope="module")
def model(face: Points) -> MorphableModel:
    return fit_from(animate(face)[0])


def test_mean_is_centred_upright_and_of_radius_one(face: Points) -> None:
    mean, weights = mean_face(animate(face)[0])
    np.testing.assert_allclose(mean.mean(0), 0, atol=1e-9)
    np.testing.assert_allclose((mean**2).sum(1).mean(), 1, rtol=1e-9)
    assert mean[CHIN, 1] > 1.0
    assert abs(mean[CHIN, 2] - mean[FOREHEAD, 2]) < 1e-6
    assert mean[4, 2] < 0  # the nose comes towards the camera
    assert weights.mean() == pytest.approx(1)


def test_what_moves_weighs_less_than_what_is_still(face: Points) -> None:
    weights = mean_face(animate(face)[0])[1]
    assert weights[CHIN] < 0.5 * weights[6]  # chin and bridge of the nose


def test_first_direction_is_the_jaw(face: Points, model: MorphableModel) -> None:
    points, opened = animate(face)
    offsets = procrustes(points, model.mean, model.weights).remove(points) - model.mean
    first = np.einsum("tvc,vc->t", offsets, model.basis[0])
    assert abs(np.corrcoef(first, opened)[0, 1]) > 0.99
    assert model.deviation[0] > 5 * model.deviation[1]


def test_tiny_directions_keep_room_for_what_the_clip_did_not_show(model: MorphableModel) -> None:
    moved = np.sqrt((model.basis[:20, :, :2] ** 2).sum(2).mean(1)) * model.deviation[:20]
    assert moved.min() == pytest.approx(0.005, rel=0.05)
    assert moved[0] > 0.02


def test_offsets_are_linear_and_zero_for_zero(model: MorphableModel) -> None:
    expression = np.random.default_rng(1).normal(size=79).astype(np.float32)
    assert not model.offsets(np.zeros(79, np.float32)).any()
    np.testing.assert_allclose(model.offsets(2 * expression), 2 * model.offsets(expression), rtol=1e-4, atol=1e-5)
    short = expression.copy()
    short[16:] = 0
    np.testing.assert_allclose(model.offsets(expression, 16), model.offsets(short), atol=1e-6)


def test_arrays_bring_back_the_very_same_model(model: MorphableModel) -> None:
    again = MorphableModel.from_arrays(model.to_arrays())
    for name in ("mean", "basis", "deviation", "weights"):
        np.testing.assert_array_equal(getattr(again, name), getattr(model, name))


def test_too_few_pictures_are_refused(face: Points) -> None:
    with pytest.raises(ValueError, match="8 are needed"):
        fit_from(animate(face, 5)[0])


def test_few_pictures_leave_directions_unused(face: Points) -> None:
    model = fit_from(animate(face, 12)[0])
    assert model.basis.shape == (BASIS_SIZE, 478, 3)
    assert not model.deviation[12:].any()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tracking.mean", None),
        ("tracking.mean", np.zeros((477, 3), np.float32)),
        ("tracking.mean", np.full((478, 3), np.nan, np.float32)),
        ("tracking.basis", np.zeros((73, 478, 3), np.float32)),
    ],
)
def test_wrong_arrays_are_refused(model: MorphableModel, name: str, value: NDArray[Any] | None) -> None:
    arrays = model.to_arrays()
    if value is None:
        del arrays[name]
    else:
        arrays[name] = value
    with pytest.raises(ValueError, match=name):
        MorphableModel.from_arrays(arrays)
