"""How a training ends, what it keeps on the way, and when frames are aligned."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.bench.metrics import psnr
from codec.identity import Identity, pack_identity, unpack_identity
from codec.types import Frame
from models.analysis import FaceAnalyser
from models.render.cpu import CpuRenderer
from models.training import alignment, loop
from models.training.alignment import FrameAlignment
from models.training.clock import Progress
from models.training.enrolment import enroll
from models.training.loop import Keeping
from tests.models.training.conftest import TinyEnrolment, end_after


def test_stopping_early_keeps_a_usable_model(tiny: TinyEnrolment, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = iter([False] * 5)
    identity, report = enroll(tiny.frames[:12], end_after(1000, monkeypatch), lambda _: None, lambda: next(asked, True))
    assert report.steps == 5
    analysis = FaceAnalyser(identity).analyse(Frame(tiny.frames[0], 0, 0))
    assert analysis.code is not None
    assert CpuRenderer.load(identity, 2).render(analysis.code, (128, 128)).std() > 5.0


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
