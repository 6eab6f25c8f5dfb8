"""A real, tiny enrolment of the sample, shared by the tests of training and of the sender."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from codec.identity import Identity
from models.clip import read_clip
from models.training.loop import EnrolOptions, EnrolReport, Progress, enroll

CLIP = Path(__file__).parents[3] / "assets" / "sample.mp4"


@dataclass(frozen=True, slots=True)
class TinyEnrolment:
    """What half a minute of enrolment came to."""

    frames: list[NDArray[np.uint8]]
    identity: Identity
    report: EnrolReport
    progress: list[Progress]


@pytest.fixture(scope="session")
def tiny() -> TinyEnrolment:
    frames = [frame.rgb for frame in read_clip(CLIP, (0, 60), 256)]
    progress: list[Progress] = []
    options = EnrolOptions(minutes=0.6, threads=2, backend="cpu", name="tiny")
    identity, report = enroll(frames, options, progress.append, lambda: False)
    return TinyEnrolment(frames, identity, report, progress)
