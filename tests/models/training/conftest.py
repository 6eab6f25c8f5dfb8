"""A real, tiny enrolment of the sample, shared by the tests of training and of the sender."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from codec.identity import Identity
from models.clip import read_clip
from models.embedding import ExpressionEmbedding
from models.field.avatar import Avatar, warp_basis
from models.tracking.enrolment import Enrolment, enrol_tracking
from models.training import clock, loop
from models.training.assemble import feature_centres
from models.training.clock import Progress
from models.training.dataset import training_set
from models.training.enrolment import EnrolOptions, EnrolReport, enroll
from models.training.trainer import Trainer

CLIP = Path(__file__).parents[3] / "assets" / "sample.mp4"

STEPS = 150

_TRAINED: dict[int, dict[str, NDArray[Any]]] = {}
"""States after so many steps: each test gets a trainer of its own, and only the first one waits for it."""


TINY_STEPS = 150
"""Of the shared enrolment."""


@dataclass(frozen=True, slots=True)
class TinyEnrolment:
    """What a short enrolment came to."""

    frames: list[NDArray[np.uint8]]
    identity: Identity
    report: EnrolReport
    progress: list[Progress]


def end_after(steps: int, patch: pytest.MonkeyPatch) -> EnrolOptions:
    """Options of a training that ends after so many steps, however busy the machine, and is finished as a draft is."""
    patch.setattr(loop, "LEAST_STEPS", steps)
    patch.setattr(loop, "STEPS_PER_FRAME", 0)
    patch.setattr(clock, "FINISHING_SHARE", 0.0)
    return EnrolOptions(minutes=30.0, threads=2, backend="cpu", name="tiny")


@pytest.fixture(scope="session")
def tiny() -> TinyEnrolment:
    frames = [frame.rgb for frame in read_clip(CLIP, (0, 60), 256)]
    progress: list[Progress] = []
    with pytest.MonkeyPatch.context() as patch:
        identity, report = enroll(frames, end_after(TINY_STEPS, patch), progress.append, lambda: False)
    return TinyEnrolment(frames, identity, report, progress)


@pytest.fixture(scope="session")
def enrolment(tiny: TinyEnrolment) -> Enrolment:
    return enrol_tracking(tiny.frames[:24], lambda share, text: None)


def trained(tiny: TinyEnrolment, enrolment: Enrolment, steps: int = STEPS) -> Trainer:
    """A short training run over a few frames, not yet baked."""
    torch.manual_seed(0)
    model = enrolment.model
    masks = [tracked.person_mask for tracked in enrolment.tracked]
    params = [tracked.params for tracked in enrolment.tracked]
    data = training_set(np.stack(tiny.frames[:24]), masks, params, enrolment.cuts, enrolment.plates)
    avatar = Avatar(warp_basis(model.morphable, model.silhouette), model.torso.basis, enrolment.plates[-1])
    avatar.head.gate_centre.copy_(torch.from_numpy(feature_centres(model.morphable.mean)))
    trainer = Trainer(data, avatar, ExpressionEmbedding(), "cpu", 0)
    if steps in _TRAINED:
        trainer.restore(_TRAINED[steps])
        return trainer
    for step in range(steps):
        trainer.step(0.5 * step / steps)
    _TRAINED[steps] = trainer.state()
    return trainer
