"""Components of the code: what their steps add to the picture's error is what they were told to."""

from __future__ import annotations

import numpy as np
import pytest

from codec.layout import Layout
from models.alignment.colour_slopes import FEATURES_COUNT
from models.render.cpu import CpuRenderer
from models.tracking.enrolment import Enrolment
from models.training.coverage import torso_map
from models.training.sensitivity import (
    FOLDS_COUNT,
    MOST_FLATTERED,
    TORSO_COUNT,
    USUAL_ERROR,
    component_mixing,
    expected_error,
    innovations,
    probes,
    sensitivity,
)
from models.training.trainer import Trainer
from tests.models.training.conftest import TinyEnrolment, trained


@pytest.fixture(scope="module")
def trainer(tiny: TinyEnrolment, enrolment: Enrolment) -> Trainer:
    trainer = trained(tiny, enrolment)
    trainer.bake()
    trainer.avatar.torso_map = torso_map(trainer.avatar, trainer.face_codes())
    return trainer


def added_error(trainer: Trainer, mixing: np.ndarray, layout: Layout) -> float:
    """Mean squared change of the pictures, grey levels, by errors of the components that are uniform within a step."""
    renderer, random = CpuRenderer(trainer.avatar, 2), np.random.default_rng(0)
    changes = []
    for code in trainer.face_codes()[::3]:
        off = (mixing @ random.uniform(-0.5, 0.5, len(mixing))).astype(np.float32)
        here, there = (renderer.render(c, (256, 256)) for c in (code, layout.unpack(layout.pack(code) + off)))
        changes.append(np.mean((here.astype(np.float32) - there) ** 2))
    return float(np.mean(changes))


def test_steps_add_the_share_of_the_error_that_was_allowed(trainer: Trainer, enrolment: Enrolment) -> None:
    layout = Layout(freeform=trainer.avatar.free_size)
    probe = probes(enrolment, float(np.exp(np.median(trainer.data.pose[:, 5]))), layout)
    gram, error = sensitivity(trainer, probe, layout, 2, frames=8)
    np.testing.assert_allclose(gram, gram.T, rtol=1e-4)
    assert error > 0.0
    moments = innovations(np.stack([layout.pack(code) for code in trainer.face_codes()]), trainer.data.starts)
    for share in (0.1, 0.4):
        mixing = component_mixing(gram, error, moments, probe, share, sharing=Layout().size)
        added = added_error(trainer, mixing, layout)
        assert 0.2 * share * error < added < 5.0 * share * error


def test_mouth_and_eyes_count_more(trainer: Trainer, enrolment: Enrolment, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = Layout(freeform=trainer.avatar.free_size)
    probe = probes(enrolment, float(np.exp(np.median(trainer.data.pose[:, 5]))), layout)
    weighted = np.diag(sensitivity(trainer, probe, layout, 2, frames=3)[0])
    monkeypatch.setattr("models.alignment.colour_slopes.FEATURES_COUNT", 1.0)
    plain = np.diag(sensitivity(trainer, probe, layout, 2, frames=3)[0])
    times = weighted / np.maximum(plain, 1e-9)
    assert (times[plain > 1e-6] > 0.99).all()
    assert times.max() < FEATURES_COUNT + 0.01
    assert times[layout.groups["z"]].max() > 2.0
    assert np.median(times[layout.groups["torso"]]) < 1.2


def test_the_torso_counts_more(trainer: Trainer, enrolment: Enrolment, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = Layout(freeform=trainer.avatar.free_size)
    probe = probes(enrolment, float(np.exp(np.median(trainer.data.pose[:, 5]))), layout)
    weighted = np.diag(sensitivity(trainer, probe, layout, 2, frames=2)[0])
    for name in ("TORSO_COUNT", "FOLDS_COUNT"):
        monkeypatch.setattr(f"models.training.sensitivity.{name}", 1.0)
    plain = np.diag(sensitivity(trainer, probe, layout, 2, frames=2)[0])
    counts = np.ones(layout.size)
    counts[layout.groups["torso"]] = TORSO_COUNT
    counts[layout.tracked :][trainer.avatar.free_parts.folds] = FOLDS_COUNT
    assert (plain[layout.groups["torso"]] > 0.0).all()
    np.testing.assert_allclose(weighted, counts * plain, rtol=1e-4)


def made_up_metric() -> tuple[np.ndarray, np.ndarray]:
    """A metric and second moments in which numbers depend on one another."""
    random = np.random.default_rng(3)
    sides = random.normal(size=(2, 6, 12))
    return sides[0] @ sides[0].T, sides[1] @ sides[1].T


def test_components_are_orthogonal_for_the_picture_and_independent_in_time() -> None:
    gram, moments = made_up_metric()
    probe = np.full(6, 1e3, np.float32)
    mixing = component_mixing(gram, 50.0, moments, probe, 0.06)
    np.testing.assert_allclose(mixing.T @ gram @ mixing, 12.0 * 0.06 * 50.0 / 6 * np.eye(6), atol=1e-4)
    taken_apart = np.linalg.inv(mixing)
    moved = taken_apart @ moments @ taken_apart.T
    np.testing.assert_allclose(moved, np.diag(np.diag(moved)), atol=1e-4 * np.abs(moved).max())
    assert (np.diff(np.diag(moved)) < 0.0).all()  # those that move the picture most come first


def test_what_the_picture_does_not_show_still_has_a_step() -> None:
    mixing = component_mixing(np.zeros((4, 4)), 100.0, np.eye(4), np.full(4, 0.5, np.float32))
    np.testing.assert_allclose(np.abs(mixing).max(1), 2.0 * 0.5)


def test_innovations_do_not_reach_over_cuts() -> None:
    codes = np.array([[0.0], [1.0], [101.0], [102.0]], np.float32)
    assert innovations(codes, (0, 2)) == pytest.approx(np.array([[1.0]]))
    assert innovations(codes, (0,)) == pytest.approx(np.array([[(1.0 + 100.0**2 + 1.0) / 3]]))


def test_unseen_frames_are_expected_to_be_worse_than_a_long_training_says() -> None:
    assert expected_error(USUAL_ERROR) == pytest.approx(USUAL_ERROR)
    assert expected_error(USUAL_ERROR / 2) == pytest.approx(USUAL_ERROR / np.sqrt(2))
    assert expected_error(USUAL_ERROR / 16) == pytest.approx(MOST_FLATTERED * USUAL_ERROR / 16)
    assert expected_error(0.0) > 0.0
