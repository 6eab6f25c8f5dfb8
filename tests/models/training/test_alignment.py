"""Alignment of training frames: it makes the pictures fit better, and can be broken off."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.calibration import FIRST_SPREAD, surface_numbers
from models.embedding import ExpressionEmbedding
from models.field.avatar import Avatar, warp_basis
from models.render.cpu import CpuRenderer
from models.tracking.enrolment import Enrolment, enrol_tracking
from models.training.alignment import FIRST_ROUND, LAST_ROUND, FrameAlignment, solid
from models.training.assemble import feature_centres
from models.training.dataset import training_set
from models.training.trainer import Trainer
from tests.models.training.conftest import TinyEnrolment

STEPS = 150


@pytest.fixture(scope="module")
def enrolment(tiny: TinyEnrolment) -> Enrolment:
    return enrol_tracking(tiny.frames[:24], lambda share, text: None)


def trained(tiny: TinyEnrolment, enrolment: Enrolment) -> Trainer:
    """A short training run over a few frames, not yet baked."""
    torch.manual_seed(0)
    model = enrolment.model
    masks = [tracked.person_mask for tracked in enrolment.tracked]
    params = [tracked.params for tracked in enrolment.tracked]
    data = training_set(np.stack(tiny.frames[:24]), masks, params, enrolment.cuts, enrolment.plates)
    avatar = Avatar(warp_basis(model.morphable, model.silhouette), model.torso.basis, enrolment.plates[-1])
    avatar.head.gate_centre.copy_(torch.from_numpy(feature_centres(model.morphable.mean)))
    trainer = Trainer(data, avatar, ExpressionEmbedding(), "cpu", 0)
    for step in range(STEPS):
        trainer.step(0.5 * step / STEPS)
    return trainer


def error(trainer: Trainer) -> float:
    """Mean squared error of the training frames as they would be rendered now, grey levels."""
    renderer = CpuRenderer(solid(trainer), 2)
    pictures = [renderer.render(code, (256, 256)).astype(np.float32) for code in trainer.face_codes()]
    return float(np.mean((np.stack(pictures) - trainer.data.rgb) ** 2))


def test_rounds_fit_displaced_frames_to_their_pictures(tiny: TinyEnrolment, enrolment: Enrolment) -> None:
    trainer = trained(tiny, enrolment)
    random = np.random.default_rng(0)
    trainer.data.pose[:, 3:5] += random.normal(0.0, 2.0, (len(trainer.data.pose), 2))
    alignment = FrameAlignment(trainer, 2)
    before = error(trainer)
    for _ in range(2):
        alignment.run(lambda: True)
    assert error(trainer) < 0.8 * before
    assert trainer.data.rotation[0] @ trainer.data.rotation[0].T == pytest.approx(np.eye(3), abs=1e-4)
    assert (alignment.calibration.spread < 2.0 * FIRST_SPREAD).all()


def test_a_round_that_is_broken_off_keeps_the_frames_it_has_done(tiny: TinyEnrolment, enrolment: Enrolment) -> None:
    trainer = trained(tiny, enrolment)
    before = np.stack([surface_numbers(code) for code in trainer.face_codes()])
    alignment, answers = FrameAlignment(trainer, 2), iter([True] * 3)
    alignment.run(lambda: next(answers, False))
    changed = (np.stack([surface_numbers(code) for code in trainer.face_codes()]) != before).any(1)
    assert changed[:3].all()
    assert not changed[3:].any()
    assert not alignment.calibration.matrix.any()


def test_rounds_come_between_a_blurred_field_and_the_last_colours(tiny: TinyEnrolment, enrolment: Enrolment) -> None:
    alignment = FrameAlignment(trained(tiny, enrolment), 2)
    assert not alignment.due(FIRST_ROUND - 0.01, 100.0)
    assert alignment.due(FIRST_ROUND, 100.0)
    assert not alignment.due(LAST_ROUND + 0.01, 100.0)
    alignment.run(lambda: True)
    assert not alignment.due(FIRST_ROUND, 0.0)
