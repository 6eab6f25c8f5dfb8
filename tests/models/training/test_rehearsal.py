"""A rehearsal gives what a sender would send, in stretches that do not follow one another."""

from __future__ import annotations

import numpy as np
import pytest

from models.alignment.calibration import uncalibrated
from models.alignment.live import LiveAligner
from models.tracking.enrolment import Enrolment
from models.training import rehearsal
from models.training.alignment import FrameAlignment
from models.training.coverage import torso_map
from models.training.rehearsal import STRETCH, rehearse, stretch_rows
from models.training.trainer import Trainer
from tests.models.training.conftest import TinyEnrolment, trained


@pytest.fixture(scope="module")
def trainer(tiny: TinyEnrolment, enrolment: Enrolment) -> Trainer:
    trainer = trained(tiny, enrolment)
    FrameAlignment(trainer, 2).run(lambda: True)
    trainer.bake()
    trainer.avatar.torso_map = torso_map(trainer.avatar, trainer.face_codes())
    return trainer


def test_it_is_what_a_live_sender_gives(trainer: Trainer) -> None:
    tracked = FrameAlignment(trainer, 2).tracked()
    sent = rehearse(trainer, tracked, uncalibrated(), 2)
    assert sent.starts == (0,)
    assert len(sent.codes) == len(tracked)
    aligner = LiveAligner(trainer.avatar, uncalibrated(), 2)
    aligner.set_plate(trainer.plate(0))
    for t in range(3):
        live = aligner.follow(tracked[t], trainer.data.rgb[t], trainer.data.trimap[t])
        for part in ("z", "pose", "torso", "freeform"):
            np.testing.assert_allclose(getattr(sent.codes[t], part), getattr(live, part), atol=1e-4)
    assert np.stack([code.freeform for code in sent.codes]).any()


def test_a_long_clip_is_rehearsed_in_stretches(trainer: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "STRETCH", 5)
    sent = rehearse(trainer, FrameAlignment(trainer, 2).tracked(), uncalibrated(), 2, stretches=2)
    assert sent.starts == (0, 5)
    assert len(sent.codes) == 10


def test_stretches_of_a_long_clip_take_turns() -> None:
    turns = [set(stretch_rows(30 * STRETCH, 10, turn).tolist()) for turn in range(3)]
    assert [len(rows) for rows in turns] == [10 * STRETCH] * 3
    assert len(turns[0] | turns[1] | turns[2]) == 30 * STRETCH
    assert all(stretch_rows(8 * STRETCH, 10, turn).tolist() == list(range(8 * STRETCH)) for turn in range(3))
