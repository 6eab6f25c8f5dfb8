"""What enrolment learns of the tracking's errors, and its way through an identity."""

from __future__ import annotations

import numpy as np
import pytest

from codec.types import FaceCode
from models.alignment.calibration import (
    FIRST_SPREAD,
    LEAST_SHARE,
    UNKNOWNS,
    Calibration,
    fit_calibration,
    surface_numbers,
    uncalibrated,
    with_surface,
)
from models.field.warp import LEADING


def tracked_clip(count: int = 300, seed: int = 0) -> list[FaceCode]:
    random = np.random.default_rng(seed)
    pose = random.normal(0.0, [0.1, 0.1, 0.05, 8.0, 8.0, 0.05], (count, 6)).astype(np.float32)
    z = random.normal(size=(count, 30)).astype(np.float32)
    return [FaceCode(z[n], pose[n], np.zeros(20, np.float32)) for n in range(count)]


def moved(code: FaceCode, by: np.ndarray) -> FaceCode:
    return with_surface(code, surface_numbers(code) + by)


def test_a_repeated_linear_error_is_learned_and_generalises() -> None:
    random = np.random.default_rng(1)
    law = 0.3 * FIRST_SPREAD * random.normal(size=(LEADING, UNKNOWNS)) / np.sqrt(LEADING)

    def truth(code: FaceCode) -> FaceCode:
        return moved(code, code.z[:LEADING] @ law + 0.1 * FIRST_SPREAD)

    clip = tracked_clip()
    calibration = fit_calibration(clip, [truth(code) for code in clip])
    unseen = tracked_clip(50, seed=2)
    before = np.stack([surface_numbers(truth(c)) - surface_numbers(c) for c in unseen]) / FIRST_SPREAD
    after = np.stack([surface_numbers(truth(c)) - surface_numbers(calibration.corrected(c)) for c in unseen])
    assert np.square(after / FIRST_SPREAD).mean() < 0.1 * np.square(before).mean()
    assert np.allclose(calibration.spread, LEAST_SHARE * FIRST_SPREAD, rtol=0.2)


def test_errors_that_follow_no_law_stay_in_the_spread() -> None:
    random = np.random.default_rng(3)
    clip = tracked_clip()
    noise = FIRST_SPREAD * random.normal(size=(len(clip), UNKNOWNS))
    calibration = fit_calibration(clip, [moved(code, by) for code, by in zip(clip, noise, strict=True)])
    assert np.allclose(calibration.spread, FIRST_SPREAD, rtol=0.25)
    change = [surface_numbers(calibration.corrected(c)) - surface_numbers(c) for c in tracked_clip(50, seed=4)]
    assert np.sqrt(np.square(np.stack(change) / FIRST_SPREAD).mean()) < 0.3


def test_learned_and_torso_numbers_pass_through() -> None:
    clip = tracked_clip()
    calibration = fit_calibration(clip, [moved(code, FIRST_SPREAD) for code in clip])
    corrected = calibration.corrected(clip[0])
    assert np.array_equal(corrected.z[LEADING:], clip[0].z[LEADING:])
    assert np.array_equal(corrected.torso, clip[0].torso)


def test_a_code_far_outside_the_clip_is_corrected_no_further_than_its_edge() -> None:
    clip = tracked_clip()
    aligned = [moved(code, 0.5 * code.z[0] * FIRST_SPREAD) for code in clip]
    calibration = fit_calibration(clip, aligned)
    far = moved(clip[0], 1e3 * FIRST_SPREAD)
    change = surface_numbers(calibration.corrected(far)) - surface_numbers(far)
    assert np.isfinite(change).all()
    assert np.abs(change / FIRST_SPREAD).max() < 10.0


def test_uncalibrated_corrects_nothing() -> None:
    code = tracked_clip(1)[0]
    assert np.array_equal(surface_numbers(uncalibrated().corrected(code)), surface_numbers(code))


def test_a_calibration_survives_its_identity() -> None:
    clip = tracked_clip(60)
    calibration = fit_calibration(clip, [moved(code, FIRST_SPREAD) for code in clip])
    again = Calibration.from_arrays(calibration.to_arrays())
    for name in ("mean", "scale", "matrix", "spread"):
        assert np.array_equal(getattr(again, name), getattr(calibration, name))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("calibration.mean", None),
        ("calibration.matrix", np.zeros((32, 32), np.float32)),
        ("calibration.matrix", np.full((33, 32), np.nan, np.float32)),
        ("calibration.scale", np.zeros(32, np.float32)),
        ("calibration.spread", np.full(32, -1.0, np.float32)),
        ("calibration.spread", np.ones(32, np.float64)),
    ],
)
def test_a_broken_calibration_is_refused(name: str, value: np.ndarray | None) -> None:
    arrays = uncalibrated().to_arrays()
    if value is None:
        del arrays[name]
    else:
        arrays[name] = value
    with pytest.raises(ValueError, match="calibration"):
        Calibration.from_arrays(arrays)
