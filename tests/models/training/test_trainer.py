"""What a training step changes, and what it leaves alone."""

from __future__ import annotations

import pytest
import torch

from models.tracking.enrolment import Enrolment
from models.training import trainer as training
from models.training.trainer import FIELD_RATE, NETWORK_DECAY
from tests.models.training.conftest import TinyEnrolment, trained

FULL_RATE = 0.1
"""A fraction of the training at which rates are what their constants say."""


def test_places_that_no_ray_meets_stay(tiny: TinyEnrolment, enrolment: Enrolment) -> None:
    trainer = trained(tiny, enrolment, 0)
    table = trainer.avatar.head.grid.table
    before = table.detach().clone()
    trainer.step(FULL_RATE)
    moved = (table.detach() != before).any(1).float().mean()
    assert 0.01 < moved < 0.9


def test_networks_decay(tiny: TinyEnrolment, enrolment: Enrolment, monkeypatch: pytest.MonkeyPatch) -> None:
    first, after = torch.empty(0), []
    for decay in (0.0, NETWORK_DECAY):
        monkeypatch.setattr(training, "NETWORK_DECAY", decay)
        trainer = trained(tiny, enrolment, 0)
        weight = trainer.avatar.head.first.weight
        first = weight.detach().clone()
        trainer.step(FULL_RATE)
        after.append(weight.detach().clone())
    lost = after[0] - after[1]
    assert (lost - FIELD_RATE * NETWORK_DECAY * first).abs().median() < 1e-6
    assert lost.abs().max() > 1e-5
