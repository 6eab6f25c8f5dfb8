"""What a training step consists of, by Python's own profiler: it sees compiled kernels as well as functions."""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from app.bench.metrics import Picture
from app.bench.report import Row
from models.embedding import ExpressionEmbedding
from models.field.avatar import Avatar, warp_basis
from models.tracking.enrolment import enrol_tracking
from models.tracking.tracker import reference_picture
from models.training.assemble import feature_centres
from models.training.dataset import training_set
from models.training.trainer import Trainer

STEP = "models/training/trainer.py:step"
PARTS: Mapping[str, Sequence[str]] = {
    "drawing pixels": ("models/training/dataset.py:draw",),
    "per-frame networks": ("models/field/conditioning.py:forward", "models/embedding.py:forward"),
    "warp and flow": ("models/training/trainer.py:_bend",),
    "rays": ("models/field/march.py:sample_rays", "models/render/rays.py:march_rays"),
    "head": tuple(f"models/field/head.py:{name}" for name in ("encode", "gate_columns", "density", "colour")),
    "torso": ("models/field/torso.py:forward", "models/field/torso.py:flow_at"),
    "colours and loss": ("models/field/march.py:composite", "models/training/losses.py:training_loss"),
    "gradients": ("torch/_tensor.py:backward",),
    "optimiser": ("torch/optim/optimizer.py:wrapper",),
    "occupancy": ("models/field/occupancy.py:refresh",),
}
"""Functions by what they are for, each as the end of its file's path, a colon, and its name. One that is called by
another one counts for that."""

REST, WHOLE = "the rest", "whole"

MOST_FRAMES = 100
"""A step draws from a few frames, however many there are."""

WARM_UP, STEPS = 20, 60
"""Steps before the profile and in it, for each phase of training."""

TRACKING = 0.5
"""Share of the time that goes by before the first step."""

EARLY, LATE = 0.25, 0.75
"""Where in the training the steps of the two phases pretend to be."""

Function = tuple[str, int, str]
"""What the profiler calls a function: file, line, name."""


def profile_steps(frames: Sequence[Picture], progress: Callable[[float], None]) -> list[Row]:
    """Takes some training steps on the CPU, before density is baked and after.

    Args:
        frames: uint8 (S, S, 3), the clip's; the first `MOST_FRAMES` are used.
        progress: called with the share that is done.

    Returns:
        one row for each part: part, then milliseconds per step and their share, while density is learned and once it
        is baked.

    Raises:
        ValueError: the frames show no face.
    """
    trainer = _trainer(frames[:MOST_FRAMES], lambda share: progress(share * TRACKING))
    learning = _profile(trainer, EARLY)
    progress((1 + TRACKING) / 2)
    trainer.bake()
    baked = _profile(trainer, LATE)
    progress(1.0)
    return [
        {
            "part": part,
            "learning_ms": learning[part],
            "learning_share": learning[part] / learning[WHOLE],
            "baked_ms": baked[part],
            "baked_share": baked[part] / baked[WHOLE],
        }
        for part in learning
    ]


def _trainer(frames: Sequence[Picture], progress: Callable[[float], None]) -> Trainer:
    small = [reference_picture(frame) for frame in frames]
    enrolment = enrol_tracking(small, lambda share, text: progress(share))
    tracked = enrolment.tracked
    data = training_set(
        np.stack(frames),
        [t.person_mask for t in tracked],
        [t.params for t in tracked],
        enrolment.cuts,
        enrolment.plates,
    )
    model = enrolment.model
    avatar = Avatar(warp_basis(model.morphable, model.silhouette), model.torso.basis, enrolment.plates[-1])
    centres = feature_centres(model.morphable.mean)
    avatar.head.gate_centre.copy_(avatar.head.gate_centre.new_tensor(centres))
    return Trainer(data, avatar, ExpressionEmbedding(), "cpu", seed=0)


def _profile(trainer: Trainer, fraction: float) -> dict[str, float]:
    for _ in range(WARM_UP):
        trainer.step(fraction)
    profile = cProfile.Profile()
    for _ in range(STEPS):
        profile.runcall(trainer.step, fraction)
    return split(pstats.Stats(profile))


def split(stats: pstats.Stats) -> dict[str, float]:
    """Milliseconds of each part of a step, of the rest and of the whole.

    Args:
        stats: of steps and nothing else.
    """
    times = stats.stats  # type: ignore[attr-defined]
    members = {function: part for function in times for part in PARTS if any(_is(function, m) for m in PARTS[part])}
    seconds = dict.fromkeys(PARTS, 0.0)
    for function, part in members.items():
        callers = times[function][4]
        seconds[part] += sum(spent for caller, (_, _, _, spent) in callers.items() if caller not in members)
    steps, total = next((time[0], time[3]) for function, time in times.items() if _is(function, STEP))
    seconds[REST] = total - sum(seconds.values())
    return {name: spent * 1e3 / steps for name, spent in (*seconds.items(), (WHOLE, total))}


def _is(function: Function, name: str) -> bool:
    path, _, called = name.rpartition(":")
    return function[2] == called and function[0].endswith(path)
