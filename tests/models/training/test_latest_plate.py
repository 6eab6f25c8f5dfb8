"""The identity's background is that of the clip's last seconds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.tracking.enrolment import Enrolment
from models.training.coverage import torso_map
from models.training.latest_plate import ENOUGH, LOOKED_AT, MEMORY_FRAMES, SPAN, latest_plate, looked_at, recent_mean
from tests.models.training.conftest import TinyEnrolment, trained

CLEARED = 400
"""Steps after which the torso's field has left the background: after 150 a tenth of it still veils it."""


def _flat(level: int) -> NDArray[np.uint8]:
    return np.full((4, 4, 3), level, np.uint8)


def test_few_frames_of_the_last_seconds_are_looked_at_and_all_of_a_short_shot() -> None:
    chosen = looked_at(np.arange(1000, 2000))
    assert chosen[0] == 1999
    assert chosen[-1] == 2000 - SPAN
    assert len(chosen) == LOOKED_AT
    assert np.ptp(np.diff(chosen)) <= 1
    assert looked_at(np.arange(7, 37)).tolist() == list(range(36, 6, -1))


def test_recent_pictures_count_more() -> None:
    everywhere = np.ones((4, 4), np.bool_)
    memory = int(MEMORY_FRAMES)
    mean, known = recent_mean([(0, _flat(200), everywhere)] * 10 + [(memory, _flat(100), everywhere)] * 10)
    assert known.all()
    expected = (200.0 + 100.0 / np.e) / (1.0 + 1.0 / np.e)
    assert np.abs(mean - expected).max() <= 0.5


def test_what_too_few_pictures_show_is_not_known() -> None:
    half = np.zeros((4, 4), np.bool_)
    half[:, :2] = True
    mean, known = recent_mean([(0, _flat(255), half)] * int(ENOUGH) + [(0, _flat(255), half)])
    assert (known == half).all()
    assert (mean[half] == 255).all()


def test_a_plate_follows_the_last_frames_and_keeps_what_they_hide(tiny: TinyEnrolment, enrolment: Enrolment) -> None:
    trainer = trained(tiny, enrolment, CLEARED)
    trainer.bake()
    trainer.avatar.torso_map = torso_map(trainer.avatar, trainer.face_codes())
    before = latest_plate(trainer, 2).astype(np.int64)
    trainer.data.rgb[...] = np.minimum(trainer.data.rgb, 225) + 20
    change = latest_plate(trainer, 2).astype(np.int64) - before
    mask, unlit = trainer.data.trimap.max(0), before.max(2) < 220
    assert np.median(change[(mask == 0) & unlit]) == 20
    assert abs(np.median(change[(mask > 0) & unlit]) - 20) <= 3
