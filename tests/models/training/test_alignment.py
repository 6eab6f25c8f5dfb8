"""Alignment of training frames: it makes the pictures fit better, and can be broken off."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from models.alignment.calibration import FIRST_SPREAD, surface_numbers
from models.render.cpu import CpuRenderer
from models.tracking.enrolment import Enrolment
from models.training import rehearsal
from models.training.alignment import (
    FIRST_ROUND,
    LAST_ROUND,
    MOST_ROUNDS,
    SETTLED_AT,
    FrameAlignment,
    solid,
    unforeseen,
)
from models.training.trainer import Trainer
from tests.models.training.conftest import TinyEnrolment, trained


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
    for _ in range(3):
        alignment.run(lambda: True)
    assert error(trainer) < 0.8 * before
    assert trainer.data.rotation[0] @ trainer.data.rotation[0].T == pytest.approx(np.eye(3), abs=1e-4)
    assert (alignment.calibration.spread < 2.0 * FIRST_SPREAD).all()


def test_rounds_of_motion_and_of_free_form_take_turns(tiny: TinyEnrolment, enrolment: Enrolment) -> None:
    trainer = trained(tiny, enrolment)
    alignment, avatar = FrameAlignment(trainer, 2), trainer.avatar
    assert not avatar.freeform.step.any()
    alignment.run(lambda: True)
    moved, free, folds = avatar.motion, avatar.freeform, avatar.folds
    assert moved.step.any()
    assert free.step.all()
    assert folds.step.all()
    assert not trainer.data.freeform.any()
    alignment.run(lambda: True)
    assert avatar.motion is moved
    bends = trainer.data.freeform[:, avatar.free_parts.bends]
    bent, folded = bends.copy(), trainer.data.freeform[:, avatar.free_parts.folds].copy()
    assert bent.any()
    assert folded.any()
    assert folded.mean(0) == pytest.approx(0.0, abs=1e-5)
    alignment.run(lambda: True)
    assert avatar.freeform is free
    assert avatar.folds is folds
    assert avatar.motion is not moved
    assert np.abs(bends - bent).std() < 0.5 * bent.std()
    assert not np.array_equal(trainer.data.freeform[:, avatar.free_parts.folds], folded)


def test_frames_settle_on_what_a_sender_gives(tiny: TinyEnrolment, enrolment: Enrolment) -> None:
    trainer = trained(tiny, enrolment)
    alignment, data = FrameAlignment(trainer, 2), trainer.data
    for _ in range(2):
        alignment.run(lambda: True)
    assert not alignment.settles(SETTLED_AT[0]), "density is not fixed yet"
    trainer.bake()
    assert not alignment.settles(SETTLED_AT[0] - 0.01)
    assert alignment.settles(SETTLED_AT[0])
    tints = trainer.avatar.free_parts.tints
    assert not data.freeform[:, tints].any()
    alignment.settle(lambda: True, 60.0)
    assert trainer.avatar.tints.telling
    assert data.freeform[:, tints].any()
    assert data.freeform[:, trainer.avatar.free_parts.folds].mean(0) == pytest.approx(0.0, abs=1e-5)
    assert not alignment.settles(SETTLED_AT[0])
    found, codes = trainer.avatar.tints, data.leading.copy()
    answers = iter([True] * 3)
    alignment.settle(lambda: next(answers, False), 60.0)
    assert trainer.avatar.tints is found
    changed = (data.leading != codes).any(1)
    assert changed[:3].all()
    assert not changed[3:].any()
    assert alignment.settles(SETTLED_AT[2])


def test_settling_takes_no_more_stretches_than_there_is_time_for(
    tiny: TinyEnrolment, enrolment: Enrolment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsal, "STRETCH", 4)
    trainer = trained(tiny, enrolment)
    trainer.bake()
    alignment, data = FrameAlignment(trainer, 2), trainer.data
    alignment.run(lambda: True)
    before, resumed = data.leading.copy(), FrameAlignment(trainer, 2)
    resumed.restore(alignment.state())
    resumed.settle(lambda: True, 0.0)
    assert (data.leading != before).any(1).sum() == 4
    before = data.leading.copy()
    alignment.settle(lambda: True, 1000.0)
    assert (data.leading != before).any(1).all()


def test_frames_that_are_not_studied_stay_as_they_were_tracked(tiny: TinyEnrolment, enrolment: Enrolment) -> None:
    trainer = trained(tiny, enrolment)
    trainer.data = replace(trainer.data, every=3)
    alignment, data = FrameAlignment(trainer, 2), trainer.data
    before = data.leading.copy()
    for _ in range(2):
        alignment.run(lambda: True)
    changed, bent = (data.leading != before).any(1), data.freeform[:, trainer.avatar.free_parts.bends].any(1)
    assert np.flatnonzero(changed).tolist() == np.flatnonzero(bent).tolist() == data.studied.tolist()
    assert alignment.calibration.matrix.any()


def test_frames_that_did_not_settle_have_no_tints(
    tiny: TinyEnrolment, enrolment: Enrolment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsal, "STRETCH", 4)
    trainer = trained(tiny, enrolment)
    alignment, data = FrameAlignment(trainer, 2), trainer.data
    alignment.run(lambda: True)
    trainer.bake()
    tinted = data.freeform[:, trainer.avatar.free_parts.tints]
    settled = []
    for _ in range(2):
        alignment.settle(lambda: True, 0.0)
        settled.append(np.flatnonzero(tinted.any(1)).tolist())
    assert settled == [list(range(4)), list(range(8))]


def test_training_paints_for_the_tints_that_frames_have(tiny: TinyEnrolment, enrolment: Enrolment) -> None:
    trainer = trained(tiny, enrolment)
    trainer.bake()
    alignment = FrameAlignment(trainer, 2)
    alignment.settle(lambda: True, 60.0)
    settled = error(trainer)
    for _ in range(40):
        trainer.step(0.9)
    painted = error(trainer)
    assert painted < settled
    trainer.data.freeform[:, trainer.avatar.free_parts.tints] *= -1.0
    assert error(trainer) > painted


def test_free_form_is_what_pose_and_code_do_not_foretell() -> None:
    random = np.random.default_rng(0)
    inputs = random.normal(size=(3000, 32)).astype(np.float32)
    foretold = (inputs @ random.normal(size=(32, 4)) + 2.0).astype(np.float32)
    own = random.normal(size=(3000, 4)).astype(np.float32)
    assert (unforeseen(foretold + own, inputs) - own).std() < 0.25 * own.std()
    assert unforeseen(foretold, inputs).std() < 0.05 * foretold.std()


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
    assert not alignment.due(LAST_ROUND, 0.0)
    assert alignment.due(LAST_ROUND, 1e6)


def test_rounds_lie_evenly_apart_and_end_before_frames_follow_their_field(
    tiny: TinyEnrolment, enrolment: Enrolment
) -> None:
    alignment = FrameAlignment(trained(tiny, enrolment), 2)
    for number in range(MOST_ROUNDS):
        at = FIRST_ROUND + (LAST_ROUND - FIRST_ROUND) * number / MOST_ROUNDS
        assert not alignment.due(at - 0.01, math.inf)
        assert alignment.due(at, math.inf)
        alignment.run(lambda: True)
    assert not alignment.due(LAST_ROUND, math.inf)
