from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.tracking.torso import TorsoFit, TorsoModel, TorsoTracker, enlarge, grey_of, torso_mask
from models.tracking.torso_basis import ReferenceFlow, choose_reference, cosine_modes, learn_torso, orthogonal_basis

Grey = NDArray[np.uint8]
MASK = np.zeros((256, 256), np.bool_)
MASK[120:250, 10:246] = True


@pytest.fixture(scope="module")
def cloth(portrait: Grey) -> Grey:
    return grey_of(portrait)


def warped(reference: Grey, flow: NDArray[np.float32]) -> Grey:
    """Return the picture whose flow to the reference is `flow` (64, 64, 2)."""
    full = enlarge(flow[None], 256)[0]
    rows, columns = np.mgrid[0:256, 0:256].astype(np.float32)
    picture = cv2.remap(
        reference, columns + full[..., 0], rows + full[..., 1], cv2.INTER_LINEAR, None, cv2.BORDER_REFLECT
    )
    return np.asarray(picture, np.uint8)


@pytest.fixture(scope="module")
def model(cloth: Grey) -> TorsoModel:
    modes = cosine_modes()
    rng = np.random.default_rng(0)
    flows = np.einsum("tk,kyxc->tyxc", rng.normal(size=(30, 12)) * 2.0, modes)
    weight = cv2.resize(MASK.astype(np.float32), (64, 64), interpolation=cv2.INTER_AREA) + 1e-3
    return TorsoModel.build(cloth, orthogonal_basis(flows, weight), np.full(20, 2.0))


def gap(model: TorsoModel, fit: TorsoFit, true: NDArray[np.float32]) -> float:
    """Mean distance between flows on the torso, px."""
    apart = enlarge((model.flow(fit.torso) - model.flow(true))[None], 256)[0]
    return float(np.linalg.norm(apart, axis=2)[MASK].mean())


def test_basis_is_orthogonal_and_of_one_pixel() -> None:
    rng = np.random.default_rng(1)
    weight = rng.random((64, 64)) + 0.1
    basis = orthogonal_basis(rng.normal(size=(40, 64, 64, 2)), weight)
    share = weight / weight.sum()
    np.testing.assert_allclose(np.einsum("iyxc,jyxc,yx->ij", basis, basis, share), np.eye(20), atol=1e-6)


def test_a_basis_from_few_pictures_stays_finite() -> None:
    basis = orthogonal_basis(np.zeros((3, 64, 64, 2)), np.ones((64, 64)))
    assert np.isfinite(basis).all()
    assert basis.shape == (20, 64, 64, 2)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_known_motion_is_found(model: TorsoModel, seed: int) -> None:
    true = np.random.default_rng(seed).normal(size=20).astype(np.float32) * 0.7
    picture = warped(model.reference, model.flow(true))
    tracker = TorsoTracker(model)
    fit = tracker.fit(picture, MASK, np.zeros(20, np.float32), iterations=8)
    assert gap(model, fit, true) < 0.35
    again = tracker.fit(picture, MASK, fit.torso)
    assert again.residual <= fit.residual + 1e-3


def test_never_worse_than_the_start(model: TorsoModel) -> None:
    noise = np.random.default_rng(3).integers(0, 255, (256, 256)).astype(np.uint8)
    tracker, start = TorsoTracker(model), np.ones(20, np.float32)
    kept = tracker.fit(noise, MASK, start, iterations=0)
    assert tracker.fit(noise, MASK, start).residual <= kept.residual


def test_without_a_torso_the_start_is_kept(model: TorsoModel) -> None:
    start = np.arange(20, dtype=np.float32)
    fit = TorsoTracker(model).fit(model.reference, np.zeros((256, 256), np.bool_), start)
    np.testing.assert_array_equal(fit.torso, start)
    assert np.isinf(fit.residual)


def test_dense_flow_starts_a_far_search(model: TorsoModel) -> None:
    true = np.zeros(20, np.float32)
    rows = model.basis.reshape(20, -1)
    true[:] = np.linalg.lstsq(rows.T, np.tile([9.0, -4.0], 64 * 64), rcond=None)[0]  # a shift of 10 px
    picture = warped(model.reference, model.flow(true))
    flow, trust = ReferenceFlow(model.reference).measure(picture, MASK)
    tracker = TorsoTracker(model)
    fit = tracker.fit(picture, MASK, tracker.project(flow, trust))
    assert gap(model, fit, true) < 0.5


def test_mask_leaves_the_head_out_and_the_shoulders_in() -> None:
    person = np.full((256, 256), 255, np.uint8)
    mask = torso_mask(person, np.eye(3), np.array([128.0, 110.0, np.log(40.0)]))
    assert not mask[110, 128]  # nose
    assert not mask[10, 128]  # hair
    assert not mask[170, 128]  # chin
    assert mask[190, 128]  # throat
    assert mask[150, 30]  # a shoulder above the chin's row
    assert not torso_mask(np.zeros_like(person), np.eye(3), np.array([128.0, 110.0, np.log(40.0)])).any()


def test_a_wild_pose_is_no_crash() -> None:
    person = np.full((256, 256), 255, np.uint8)
    torso_mask(person, np.eye(3), np.array([1e6, -1e6, 9.0]))


def test_reference_is_the_usual_picture(cloth: Grey) -> None:
    greys = [np.roll(cloth, shift, axis=1) for shift in (14, 3, 0, -3, -14)]
    assert choose_reference(greys, [MASK] * 5) == 2


def test_learned_torso_explains_what_it_saw(cloth: Grey) -> None:
    shifts = 6 * np.sin(np.arange(24) * 0.5)
    greys = [
        np.asarray(
            cv2.warpAffine(cloth, np.array([[1, 0, s], [0, 1, s / 3]]), (256, 256), borderMode=cv2.BORDER_REFLECT),
            np.uint8,
        )
        for s in shifts
    ]
    told: list[float] = []
    model = learn_torso(greys, [MASK] * len(greys), told.append)
    assert told[-1] == 1.0
    tracker, torso = TorsoTracker(model), np.zeros(20, np.float32)
    for grey in greys:
        fit = tracker.fit(grey, MASK, torso)
        torso = fit.torso
        assert fit.residual < 6.0
    assert model.deviation[0] > 3.0


def test_arrays_bring_back_the_very_same_model(model: TorsoModel) -> None:
    again = TorsoModel.from_arrays(model.to_arrays())
    np.testing.assert_array_equal(again.basis, model.basis)
    np.testing.assert_array_equal(again.reference, model.reference)
    arrays = model.to_arrays()
    arrays["tracking.torso_basis"] = np.zeros((20, 64, 64, 2), np.int8)
    with pytest.raises(ValueError, match="torso_basis"):
        TorsoModel.from_arrays(arrays)
