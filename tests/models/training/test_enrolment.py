"""Enrolment from pictures to an identity that renders them."""

from __future__ import annotations

import numpy as np
import pytest

from app.bench.metrics import psnr
from codec.identity import pack_identity, unpack_identity
from codec.types import Frame
from models.analysis import FaceAnalyser
from models.render.cpu import CpuRenderer
from models.training import enrolment
from models.training.enrolment import EnrolOptions, enroll
from tests.models.training.conftest import TINY_STEPS, TinyEnrolment


def test_an_enrolment_looks_like_its_clip(tiny: TinyEnrolment) -> None:
    assert tiny.report.frames == 60
    assert tiny.report.steps == TINY_STEPS
    assert tiny.report.train_psnr > 20.0
    assert len(pack_identity(tiny.identity)) < 3_000_000


def test_a_sender_and_a_receiver_meet_over_the_identity(tiny: TinyEnrolment) -> None:
    identity = unpack_identity(pack_identity(tiny.identity))
    analyser, renderer = FaceAnalyser(identity), CpuRenderer.load(identity, 2)
    scores = []
    for seq in range(0, 60, 2):
        analysis = analyser.analyse(Frame(tiny.frames[seq], seq * 40_000_000, seq))
        assert analysis.code is not None
        assert np.isfinite(analysis.code.z).all()
        scores.append(psnr(renderer.render(analysis.code, (256, 256)), tiny.frames[seq]))
    assert np.mean(scores) > 20.0


def test_a_sender_says_when_there_is_no_face(tiny: TinyEnrolment) -> None:
    analyser = FaceAnalyser(tiny.identity)
    analysis = analyser.analyse(Frame(np.full((256, 256, 3), 90, np.uint8), 0, 0))
    assert analysis.code is None
    assert "no face" in analysis.reason


def test_progress_runs_forward_and_tells_the_time_left(tiny: TinyEnrolment) -> None:
    fractions = [progress.fraction for progress in tiny.progress]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert tiny.progress[0].stage == "tracking"
    training = [progress for progress in tiny.progress if progress.stage == "training"]
    assert training[0].seconds_left > training[-1].seconds_left
    assert training[-1].psnr is not None


def test_a_clip_without_a_face_is_refused() -> None:
    grey = [np.full((256, 256, 3), 128, np.uint8)] * 30
    with pytest.raises(ValueError, match="face"):
        enroll(grey, EnrolOptions(minutes=0.2), lambda _: None, lambda: False)


def test_a_card_that_is_not_there_is_named() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA card")
    with pytest.raises(ValueError, match="no CUDA card"):
        enroll([], EnrolOptions(backend="cuda"), lambda _: None, lambda: False)


def test_a_clip_that_is_long_for_its_time_is_thinned_out(tiny: TinyEnrolment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrolment, "FRAMES_PER_MINUTE", 4)
    asked = iter([False] * 2)
    _, report = enroll(tiny.frames[:12], EnrolOptions(1.0, 2, "cpu"), lambda _: None, lambda: next(asked, True))
    assert report.frames == 4
