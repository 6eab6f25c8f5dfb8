"""What a training step changes, and what it leaves alone."""

from __future__ import annotations

from models.tracking.enrolment import Enrolment
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
