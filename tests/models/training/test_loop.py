"""Enrolment from pictures to an identity that renders them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from codec.identity import Identity, pack_identity, unpack_identity
from codec.types import Frame
from models.analysis import FaceAnalyser
from models.render.cpu import CpuRenderer
from models.training import alignment, loop
from models.training.alignment import FrameAlignment
from models.training.loop import EnrolOptions, Keeping, Progress, enroll
from tests.models.training.conftest import TINY_STEPS, TinyEnrolment, end_after


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(10.0 * np.log10(255.0**2 / np.mean((a.astype(np.float64) - b) ** 2)))


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


def test_stopping_early_keeps_a_usable_model(tiny: TinyEnrolment, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = iter([False] * 5)
    identity, report = enroll(tiny.frames[:12], end_after(1000, monkeypatch), lambda _: None, lambda: next(asked, True))
    assert report.steps == 5
    analysis = FaceAnalyser(identity).analyse(Frame(tiny.frames[0], 0, 0))
    assert analysis.code is not None
    assert CpuRenderer.load(identity, 2).render(analysis.code, (128, 128)).std() > 5.0


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
    monkeypatch.setattr(loop, "FRAMES_PER_MINUTE", 4)
    asked = iter([False] * 2)
    _, report = enroll(tiny.frames[:12], EnrolOptions(1.0, 2, "cpu"), lambda _: None, lambda: next(asked, True))
    assert report.frames == 4


def test_training_ends_before_it_learns_its_frames_by_heart_and_makes_no_draft_so_near_its_end(
    tiny: TinyEnrolment, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Progress] = []
    drafts: list[Identity] = []
    options, keeping = end_after(12, monkeypatch), Keeping(draft=drafts.append)
    _, report = enroll(tiny.frames[:12], options, told.append, lambda: False, keeping)
    assert report.steps == 12
    assert report.seconds < 300
    training = [progress for progress in told if progress.stage == "training"]
    assert training[-1].seconds_left < 60
    assert drafts == []


def test_a_draft_is_a_whole_identity_and_takes_a_small_share_of_the_training(
    tiny: TinyEnrolment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "DRAFT_SECONDS", 0.0)
    drafts: list[Identity] = []
    options, keeping = end_after(12, monkeypatch), Keeping(draft=drafts.append)
    identity, _ = enroll(tiny.frames[:12], options, lambda _: None, lambda: False, keeping)
    assert len(drafts) == 1, "it took more than the share of so short a training"
    draft = unpack_identity(pack_identity(drafts[0]))
    assert draft.arrays.keys() == identity.arrays.keys()
    analysis = FaceAnalyser(draft).analyse(Frame(tiny.frames[0], 0, 0))
    assert analysis.code is not None
    assert psnr(CpuRenderer.load(draft, 2).render(analysis.code, (256, 256)), tiny.frames[0]) > 10.0


def test_where_frames_end_training_a_busy_machine_aligns_as_much_as_another(
    tiny: TinyEnrolment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alignment, "TIME_SHARE", 1e-9)
    done: list[str] = []
    for name in ("run", "settle"):
        real = getattr(FrameAlignment, name)

        def counted(self: FrameAlignment, *args: object, name: str = name, real: Callable[..., None] = real) -> None:
            done.append(name)
            real(self, *args)

        monkeypatch.setattr(FrameAlignment, name, counted)
    enroll(tiny.frames[:12], end_after(30, monkeypatch), lambda _: None, lambda: False)
    assert done == ["run"] * alignment.MOST_ROUNDS + ["settle"] * len(alignment.SETTLED_AT)
