"""The training bench: what is told while it runs, and what comes of an enrolment of the sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from app import paths
from app.bench import train
from app.bench.train import OWN, UNSEEN, Material, measure_training, plot_rows
from app.offline import read_range
from codec.identity import Identity, read_identity
from models.training.clock import Progress
from models.training.enrolment import EnrolOptions, EnrolReport


def material(first: int, end: int) -> Material:
    frames = list(read_range(paths.sample_clip(), (first, end), 128))
    return Material([frame.rgb for frame in frames], frames, 25.0)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[EnrolOptions]:
    """Puts the sample's identity in the place of what an enrolment would learn; gives what was asked for."""
    options: list[EnrolOptions] = []

    def enroll(
        frames: Sequence[np.ndarray],
        wanted: EnrolOptions,
        progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
    ) -> tuple[Identity, EnrolReport]:
        options.append(wanted)
        for stage, fraction in (("tracking", 0.5), ("training", 0.75), ("finishing", 1.0)):
            progress(Progress(stage, fraction, (1 - fraction) * wanted.minutes * 60, None))
        return read_identity(paths.sample_identity()), EnrolReport(9.0, 7, len(frames), 33.0, "cpu")

    monkeypatch.setattr(train, "enroll", enroll)
    return options


def test_every_time_is_an_enrolment_of_its_own(asked: list[EnrolOptions]) -> None:
    told: list[tuple[float, float, str]] = []
    rows = measure_training(material(800, 806), (1.0, 3.0), 2, "cpu", lambda *report: told.append(report))
    first = next(iter(rows))
    assert len(asked) == 1
    assert told[-1] == (0.25, 180.0, "1 min, measuring")
    assert [options.minutes for options in asked] == [1.0]
    second = next(iter(rows))
    assert [(row["minutes"], row["steps"]) for row in (first, second)] == [(1.0, 7), (3.0, 7)]
    assert all(options.threads == 2 and options.backend == "cpu" for options in asked)
    assert told[4] == (0.25 + 0.75 * 0.5, 90.0, "3 min, tracking")
    assert told[-1] == (1.0, 0.0, "3 min, measuring")
    assert float(first["track_s"]) >= 0
    assert 20 < float(first["psnr"]) < 60
    assert 0 < float(first["kbps"]) < 50


def test_own_frames_are_drawn_beside_unseen_ones() -> None:
    row = {"minutes": 3.0, "psnr": 30.0, "ssim": 0.9, "psnr_features": 25.0, "train_psnr": 33.0}
    unseen, own = plot_rows([row])
    assert (unseen["frames"], unseen["psnr"], unseen["ssim"]) == (UNSEEN, 30.0, 0.9)
    assert (own["frames"], own["psnr"]) == (OWN, 33.0)
    assert np.isnan(float(own["ssim"]))
