"""Quantiser steps: what they add to the picture's error is what they were told to."""

from __future__ import annotations

import numpy as np
import pytest

from codec.layout import Layout
from models.render.cpu import CpuRenderer
from models.tracking.enrolment import Enrolment
from models.training.assemble import torso_map
from models.training.sensitivity import probes, quantiser_steps, sensitivity
from models.training.trainer import Trainer
from tests.models.training.conftest import TinyEnrolment, trained


@pytest.fixture(scope="module")
def trainer(tiny: TinyEnrolment, enrolment: Enrolment) -> Trainer:
    trainer = trained(tiny, enrolment)
    trainer.bake()
    trainer.avatar.torso_map = torso_map(trainer.avatar, trainer.face_codes())
    return trainer


def added_error(trainer: Trainer, steps: np.ndarray, layout: Layout) -> float:
    """Mean squared change of the pictures, grey levels, by errors that are uniform within a step."""
    renderer, random = CpuRenderer(trainer.avatar, 2), np.random.default_rng(0)
    changes = []
    for code in trainer.face_codes()[::3]:
        off = steps * random.uniform(-0.5, 0.5, len(steps)).astype(np.float32)
        here, there = (renderer.render(c, (256, 256)) for c in (code, layout.unpack(layout.pack(code) + off)))
        changes.append(np.mean((here.astype(np.float32) - there) ** 2))
    return float(np.mean(changes))


def test_steps_add_the_share_of_the_error_that_was_allowed(trainer: Trainer, enrolment: Enrolment) -> None:
    layout = Layout()
    probe = probes(enrolment, float(np.exp(np.median(trainer.data.pose[:, 5]))), layout)
    found, error = sensitivity(trainer, probe, layout, 2)
    assert (found >= 0.0).all()
    assert error > 0.0
    for share in (0.1, 0.4):
        added = added_error(trainer, quantiser_steps(found, error, probe, share), layout)
        assert 0.4 * share * error < added < 3.0 * share * error


def test_what_shows_more_gets_finer_steps() -> None:
    probe = np.ones(4, np.float32)
    steps = quantiser_steps(np.array([100.0, 400.0, 1e9, 0.0]), 100.0, probe)
    assert steps[0] == pytest.approx(2.0 * steps[1])
    assert steps[2] == pytest.approx(0.05)  # the limits
    assert steps[3] == 2.0
