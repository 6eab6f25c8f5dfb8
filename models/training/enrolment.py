"""Enrolment: from a clip's pictures to an identity, within a budget of time."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numba
import numpy as np
import torch
from numpy.typing import NDArray

from codec.identity import Identity
from models.alignment.calibration import FIRST_SPREAD
from models.alignment.photometric import PhotometricAligner
from models.clip import evenly
from models.embedding import ExpressionEmbedding
from models.field.avatar import Avatar, warp_basis
from models.render.cpu import CpuRenderer
from models.tracking.enrolment import Enrolment, enrol_tracking
from models.tracking.tracker import reference_picture
from models.training.alignment import solid
from models.training.assemble import Thoroughness, assemble, feature_centres
from models.training.checkpoint import Checkpoints, Tracking
from models.training.clock import FINISHING_SECONDS, Clock, Progress
from models.training.dataset import TrainingSet, training_set
from models.training.loop import Keeping, Run
from models.training.trainer import Trainer

FRAMES_PER_MINUTE = 300
"""Of budget, that can be studied: of longer clips every other frame or fewer. A round over 1,400 frames takes a fifth
of a training of three minutes."""

COMPILED_SECONDS = 5.0
"""Steps that take longer than this were compiled first: from the cache they take one or two seconds."""

SCORED_FRAMES = 24
"""Training frames that the reported training PSNR is measured on, rendered as a receiver would."""


@dataclass(frozen=True, slots=True)
class EnrolOptions:
    """How to enrol.

    Attributes:
        minutes: budget for everything, tracking included; short clips take less.
        threads: processor threads; all when None.
        backend: `auto`, `cpu` or `cuda`: where the networks train.
        name: whom the identity shows.
        seed: of everything random.
    """

    minutes: float = 5.0
    threads: int | None = None
    backend: str = "auto"
    name: str = "me"
    seed: int = 0


@dataclass(frozen=True, slots=True)
class EnrolReport:
    """What an enrolment came to.

    Attributes:
        seconds: all it took.
        steps: training steps.
        frames: frames that were trained on.
        train_psnr: dB, of whole training frames as a receiver would render them.
        backend: where it trained.
    """

    seconds: float
    steps: int
    frames: int
    train_psnr: float
    backend: str


def enroll(
    frames: Sequence[NDArray[np.uint8]],
    options: EnrolOptions,
    progress: Callable[[Progress], None],
    should_stop: Callable[[], bool],
    keeping: Keeping | None = None,
) -> tuple[Identity, EnrolReport]:
    """Enrols a person.

    Args:
        frames: uint8 (S, S, 3) pictures in order, all of one size, centre-cropped squares.
        options: budget, threads, backend and name.
        progress: called a few times a second, from this thread; a KeyboardInterrupt from it ends everything, after the
            state of training was kept.
        should_stop: asked between steps; training then ends early with the model as it is.
        keeping: what is kept and shown on the way.

    Returns:
        the identity and what it came to.

    Raises:
        ValueError: no face in the clip, too few frames, or a backend that cannot run here.
        OSError: the state of training cannot be kept.
    """
    keeping = keeping or Keeping()
    device = _device(options.backend)
    threads = options.threads or os.cpu_count() or 1
    torch.set_num_threads(threads)
    numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
    torch.manual_seed(options.seed)
    clock = Clock(options.minutes * 60.0, progress)
    enrolment, data = _track(frames, clock, keeping.checkpoints)
    data = replace(data, every=math.ceil(len(data.rgb) / max(1.0, options.minutes * FRAMES_PER_MINUTE)))
    _compile(enrolment, data, device, threads, clock)
    torch.manual_seed(options.seed)
    trainer = Trainer(data, _new_avatar(enrolment), ExpressionEmbedding(), device, options.seed)
    run = Run(trainer, enrolment, options.name, threads, clock, keeping)
    run.train(should_stop)
    clock.tell("finishing")
    thoroughness = Thoroughness.within(clock.finishing / FINISHING_SECONDS)
    identity = assemble(trainer, enrolment, run.alignment, options.name, threads, thoroughness)
    psnr = score(identity, trainer, threads)
    report = EnrolReport(clock.elapsed(), run.steps, len(data.studied), psnr, device)
    progress(Progress("finishing", 1.0, 0.0, None))
    return identity, report


def _device(backend: str) -> str:
    if backend == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if backend not in ("cpu", "cuda"):
        raise ValueError(f"unknown backend {backend!r}: choose from auto, cpu, cuda")
    if backend == "cuda" and not torch.cuda.is_available():
        raise ValueError("backend cuda cannot run here: no CUDA card was found")
    return backend


def _track(
    frames: Sequence[NDArray[np.uint8]], clock: Clock, checkpoints: Checkpoints | None
) -> tuple[Enrolment, TrainingSet]:
    clock.tell("tracking")
    kept = checkpoints.tracking() if checkpoints is not None else None
    if kept is not None:
        plates = [np.rint(plate * 255.0).astype(np.uint8) for plate in kept.data.plates]
        return Enrolment(kept.model, [], [], plates), kept.data
    small = [reference_picture(frame) for frame in frames]
    enrolment = enrol_tracking(small, lambda fraction, text: clock.tell("tracking"))
    rgb = np.stack(frames)
    masks = [tracked.person_mask for tracked in enrolment.tracked]
    params = [tracked.params for tracked in enrolment.tracked]
    data = training_set(rgb, masks, params, enrolment.cuts, enrolment.plates)
    if checkpoints is not None:
        found = np.array([index for index, one in enumerate(params) if one is not None], np.int64)
        checkpoints.keep_tracking(Tracking(enrolment.model, data), found)
    return enrolment, data


def _new_avatar(enrolment: Enrolment) -> Avatar:
    model = enrolment.model
    avatar = Avatar(warp_basis(model.morphable, model.silhouette), model.torso.basis, enrolment.plates[-1])
    avatar.head.gate_centre.copy_(torch.from_numpy(feature_centres(model.morphable.mean)))
    return avatar


def _compile(enrolment: Enrolment, data: TrainingSet, device: str, threads: int, clock: Clock) -> None:
    """Takes every kind of step once, on a field that is thrown away, and gives the time back if kernels were compiled.

    That takes a minute the first time on a machine, which a short enrolment does not have.
    """
    clock.tell("preparing")
    start = clock.elapsed()
    trainer = Trainer(data, _new_avatar(enrolment), ExpressionEmbedding(), device, 0)
    trainer.step(0.0)
    trainer.bake()
    trainer.step(0.0)
    code = trainer.face_codes()[0]
    aligner = PhotometricAligner(solid(trainer), FIRST_SPREAD, threads)
    aligner.align(code, code, reference_picture(data.rgb[0]))
    spent = clock.elapsed() - start
    if spent > COMPILED_SECONDS:
        clock.extend(spent)
    clock.tell("preparing")


def score(identity: Identity, trainer: Trainer, threads: int) -> float:
    """PSNR in dB of training frames, rendered from the finished identity."""
    data = trainer.data
    renderer = CpuRenderer.load(identity, threads)
    codes = trainer.face_codes()
    errors = []
    side = data.rgb.shape[1]
    for t in evenly(len(data.rgb), SCORED_FRAMES):
        renderer.set_plate(trainer.plate(int(data.shot[t])))
        picture = renderer.render(codes[t], (side, side))
        errors.append(np.mean((picture.astype(np.float32) - data.rgb[t]) ** 2))
    return float(10.0 * np.log10(255.0**2 / max(float(np.mean(errors)), 1e-6)))
