"""The live tracker on the sample, whose true pose and expression are known, and on what goes wrong in a call."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from codec.types import FaceParams, Frame
from models.tracking.enrolment import Enrolment
from models.tracking.landmarks import CHIN, LEFT_EYE_LIDS, LEFT_IRIS, RIGHT_EYE_LIDS
from models.tracking.rotation import to_vector
from models.tracking.torso import enlarge
from models.tracking.tracker import Tracked, Tracker, TrackingModel, reference_picture
from tests.models.tracking.conftest import SAMPLE, TEST_FIRST, read_square

Rgb = NDArray[np.uint8]
Truth = dict[str, NDArray[np.float32]]
TEST_END = TEST_FIRST + 200


@pytest.fixture(scope="module")
def tracked(enrolment: Enrolment) -> list[Tracked]:
    with Tracker(enrolment.model) as tracker:
        pictures = read_square(SAMPLE, TEST_FIRST, TEST_END)
        return [tracker.track(Frame(rgb, n * 40_000_000, n)) for n, rgb in enumerate(pictures)]


@pytest.fixture(scope="module")
def params(tracked: list[Tracked]) -> list[FaceParams]:
    return [found.params for found in tracked if found.params is not None]


def test_a_face_in_every_picture(params: list[FaceParams]) -> None:
    assert len(params) == TEST_END - TEST_FIRST


def test_rotation_is_within_two_degrees_of_the_truth(params: list[FaceParams], truth: Truth) -> None:
    found = np.stack([one.rotation for one in params]).astype(np.float64)
    true = truth["rotation"][TEST_FIRST:TEST_END].astype(np.float64)
    # The two canonical poses differ by a constant rotation.
    left, _, right = np.linalg.svd(np.einsum("tij,tkj->ik", true, found))
    constant = left @ np.diag([1, 1, np.linalg.det(left @ right)]) @ right
    between = np.einsum("ji,tjk,tlk->til", constant, true, found)
    apart = np.degrees(np.arccos(np.clip((np.trace(between, axis1=1, axis2=2) - 1) / 2, -1, 1)))
    assert apart.mean() < 1.5
    assert np.percentile(apart, 95) < 3.0


def test_translation_and_scale_follow_the_truth(params: list[FaceParams], truth: Truth) -> None:
    found = np.stack([one.translation for one in params])
    true = np.column_stack([truth["translation"], truth["log_scale"]])[TEST_FIRST:TEST_END]
    error = (found - found.mean(0)) - (true - true.mean(0))
    assert np.abs(error[:, :2]).mean() < 1.0
    assert error[:, 2].std() < 0.02


def shapes(model: TrackingModel, params: list[FaceParams]) -> NDArray[np.float32]:
    return np.stack([model.morphable.mean + model.morphable.offsets(one.expression) for one in params])


def correlation(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    return float(np.corrcoef(a, b)[0, 1])


def test_blinks_and_gaze_and_jaw_are_in_the_expression(
    enrolment: Enrolment, params: list[FaceParams], truth: Truth
) -> None:
    shape = shapes(enrolment.model, params)
    span = slice(TEST_FIRST, TEST_END)
    lids = sum(shape[:, lower, 1] - shape[:, upper, 1] for upper, lower in (LEFT_EYE_LIDS, RIGHT_EYE_LIDS))
    assert correlation(np.asarray(lids), -truth["blink_left"][span]) > 0.8
    corner = shape[:, [263, 362], 0].mean(1)
    assert correlation(shape[:, LEFT_IRIS[0], 0] - corner, truth["gaze_x"][span]) > 0.8
    assert correlation(shape[:, CHIN, 1], truth["jaw"][span]) > 0.7


def test_torso_flow_is_the_shoulders_displacement(enrolment: Enrolment, params: list[FaceParams], truth: Truth) -> None:
    flows = [enlarge(enrolment.model.torso.flow(one.torso)[None], 256)[0] for one in params]
    found = -np.stack([flow[200:230, 60:196].mean((0, 1)) for flow in flows])
    true = truth["torso"][TEST_FIRST:TEST_END].reshape(-1, 2, 2).mean(1)
    if true[:, 1].std() > 0.5:
        assert correlation(found[:, 1], true[:, 1]) > 0.8


def test_expression_is_limited_and_everything_is_float32(params: list[FaceParams]) -> None:
    for one in params:
        assert one.expression.shape == (79,)
        assert np.abs(one.expression).max() <= 4.0
        assert {one.expression.dtype, one.rotation.dtype, one.translation.dtype, one.torso.dtype} == {np.dtype("f4")}
        np.testing.assert_allclose(one.rotation @ one.rotation.T, np.eye(3), atol=1e-5)


def test_a_lost_face_is_none_and_comes_back(enrolment: Enrolment) -> None:
    pictures = read_square(SAMPLE, TEST_FIRST, TEST_FIRST + 6)
    empty = np.full((256, 256, 3), 80, np.uint8)
    show = [*pictures[:3], empty, empty, *pictures[3:]]
    with Tracker(enrolment.model) as tracker:
        seen = [tracker.track(Frame(rgb, n * 40_000_000, n)) for n, rgb in enumerate(show)]
        alone = []
        tracker.reset()
        alone = [tracker.track(Frame(rgb, n * 40_000_000, n)) for n, rgb in enumerate(pictures[3:])]
    assert [one.params is None for one in seen] == [False, False, False, True, True, False, False, False]
    assert seen[3].landmarks is None
    assert seen[3].person_mask.shape == (256, 256)
    back, fresh = seen[-1].params, alone[-1].params
    assert back is not None
    assert fresh is not None
    np.testing.assert_allclose(to_vector(back.rotation), to_vector(fresh.rotation), atol=0.02)
    np.testing.assert_allclose(back.torso, fresh.torso, atol=0.5)


def test_a_cut_is_reported_and_the_torso_found_again(enrolment: Enrolment) -> None:
    pictures = read_square(SAMPLE, TEST_FIRST, TEST_FIRST + 20)
    moved = [np.roll(rgb, (-12, 30), (0, 1)) for rgb in pictures[10:]]
    with Tracker(enrolment.model) as tracker:
        seen = [tracker.track(Frame(rgb, n * 40_000_000, n)) for n, rgb in enumerate(pictures[:10] + moved)]
    assert [n for n, one in enumerate(seen) if one.cut] == [10]
    assert seen[12].torso_residual < 3 * seen[8].torso_residual + 2
    before, after = seen[9].params, seen[10].params
    assert before is not None
    assert after is not None
    np.testing.assert_allclose(after.translation[:2] - before.translation[:2], [30, -12], atol=2.0)


def test_arrays_bring_back_the_same_model_and_are_small(enrolment: Enrolment) -> None:
    import zstandard

    arrays = enrolment.model.to_arrays()
    assert all(name.startswith("tracking.") for name in arrays)
    again = TrackingModel.from_arrays({**arrays, "other": np.zeros(3)})
    np.testing.assert_array_equal(again.torso.basis, enrolment.model.torso.basis)
    np.testing.assert_array_equal(again.morphable.basis, enrolment.model.morphable.basis)
    assert sum(len(zstandard.compress(array.tobytes())) for array in arrays.values()) < 400_000


def test_pictures_of_any_square_size_are_brought_to_256() -> None:
    assert reference_picture(np.zeros((512, 512, 3), np.uint8)).shape == (256, 256, 3)
    assert reference_picture(np.zeros((100, 100, 3), np.uint8)).shape == (256, 256, 3)
    with pytest.raises(ValueError, match="square"):
        reference_picture(np.zeros((100, 120, 3), np.uint8))
