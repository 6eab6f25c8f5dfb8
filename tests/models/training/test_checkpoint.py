"""A training that is broken off goes on from where it was; what does not fit is not taken up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.tracking.enrolment import Enrolment
from models.training.alignment import FrameAlignment
from models.training.checkpoint import Checkpoints, Tracking
from models.training.clock import Progress
from models.training.enrolment import EnrolOptions, enroll
from models.training.loop import Keeping
from models.training.trainer import Trainer
from tests.models.training.conftest import TinyEnrolment, trained


@pytest.fixture(scope="module")
def checkpoints(tiny: TinyEnrolment, tmp_path_factory: pytest.TempPathFactory) -> Checkpoints:
    return Checkpoints(tmp_path_factory.mktemp("kept"), tiny.frames[:24])


def step_alike(one: Trainer, other: Trainer) -> tuple[float, float]:
    """The errors of one step of each from the same chance."""
    errors, state = [], one.state()
    for trainer in (one, other):
        trainer.restore(state)
        torch.manual_seed(5)
        errors.append(trainer.step(0.6))
    return errors[0], errors[1]


def test_everything_that_steps_change_comes_back(
    tiny: TinyEnrolment, enrolment: Enrolment, checkpoints: Checkpoints
) -> None:
    one, other = trained(tiny, enrolment, 20), trained(tiny, enrolment, 1)
    one.bake()
    one.step(0.6)
    checkpoints.keep_training(one.state())
    kept = checkpoints.training()
    assert kept is not None
    other.restore(kept)
    assert other.baked
    before, after = one.state(), other.state()
    assert before.keys() == after.keys()
    for name in before:
        np.testing.assert_array_equal(before[name], after[name], err_msg=name)
    first, second = step_alike(one, other)
    assert first == pytest.approx(second, rel=1e-3)


def test_alignment_comes_back(tiny: TinyEnrolment, enrolment: Enrolment) -> None:
    trainer = trained(tiny, enrolment, 1)
    alignment = FrameAlignment(trainer, 2)
    state = alignment.state()
    alignment.restore({**state, "spent": np.array(7.0), "settled": np.array(1)})
    assert float(alignment.state()["spent"]) == 7.0
    assert int(alignment.state()["settled"]) == 1
    with pytest.raises(ValueError, match="number of frames"):
        alignment.restore({**state, **{name: state[name][:-1] for name in state if name.startswith("tracked_")}})


def test_tracking_comes_back_for_the_same_pictures_alone(
    tiny: TinyEnrolment, enrolment: Enrolment, checkpoints: Checkpoints, tmp_path: Path
) -> None:
    data = trained(tiny, enrolment, 1).data
    checkpoints.keep_tracking(Tracking(enrolment.model, data), np.arange(24))
    kept = checkpoints.tracking()
    assert kept is not None
    for name in ("rgb", "trimap", "expression", "leading", "pose", "plates"):
        np.testing.assert_array_equal(getattr(kept.data, name), getattr(data, name))
    assert kept.data.starts == data.starts
    np.testing.assert_array_equal(kept.model.morphable.basis, enrolment.model.morphable.basis)
    folder = checkpoints._tracking.parent
    assert Checkpoints(folder, tiny.frames[1:25]).tracking() is None
    assert Checkpoints(tmp_path, tiny.frames[:24]).tracking() is None


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 and no more", b"\x80\x04K\x01."])
def test_damaged_files_are_as_none(tiny: TinyEnrolment, tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "training.npz").write_bytes(damage)
    (tmp_path / "tracking.npz").write_bytes(damage)
    checkpoints = Checkpoints(tmp_path, tiny.frames[:24])
    assert checkpoints.training() is None
    assert checkpoints.tracking() is None


def test_objects_are_not_unpickled(tiny: TinyEnrolment, tmp_path: Path) -> None:
    np.savez(tmp_path / "training.npz", digest=np.array([{}], object))
    assert Checkpoints(tmp_path, tiny.frames[:24]).training() is None


def test_a_cancelled_enrolment_goes_on(tiny: TinyEnrolment, tmp_path: Path) -> None:
    frames, options = tiny.frames[:12], EnrolOptions(minutes=5.0, threads=2, backend="cpu")
    keeping = Keeping(checkpoints=Checkpoints(tmp_path, frames))

    def cancel(progress: Progress) -> None:
        if progress.psnr is not None:  # some steps were taken
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        enroll(frames, options, cancel, lambda: False, keeping)
    assert keeping.checkpoints is not None
    kept = keeping.checkpoints.training()
    assert kept is not None
    identity, report = enroll(frames, replace(options, minutes=0.01), lambda _: None, lambda: False, keeping)
    assert report.steps >= int(kept["loop.steps"]) > 0
    assert identity.arrays["field.density"].any()
