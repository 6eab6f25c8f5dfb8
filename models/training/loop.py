"""Enrolment: from a clip's pictures to an identity, within a budget of time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numba
import numpy as np
import torch
from numpy.typing import NDArray

from codec.identity import Identity
from models.calibration import FIRST_SPREAD, Calibration
from models.clip import evenly
from models.embedding import ExpressionEmbedding
from models.field.avatar import Avatar, warp_basis
from models.photometric import PhotometricAligner
from models.render.cpu import CpuRenderer
from models.tracking.enrolment import Enrolment, enrol_tracking
from models.tracking.tracker import reference_picture
from models.training.alignment import FrameAlignment, solid
from models.training.assemble import assemble, feature_centres
from models.training.dataset import TrainingSet, training_set
from models.training.sensitivity import PROBED_ROUGHLY
from models.training.trainer import Trainer

BAKE_AT = 0.5
"""Share of the training at which density is baked: later, colour has too little time to follow; earlier, density is
still moving."""

STEPS_PER_FRAME, LEAST_STEPS = 8, 1500
"""Steps after which training ends though there is time left: from there on it learns its own frames by heart. On unseen
frames of a clip of 375, 2900 steps gave 36.75 dB, 13000 gave 36.3; of one of 450, 4000 gave 30.45, 12000 gave 30.3."""

FINISHING_SECONDS = 12.0
"""Kept back from the budget for statistics, coverage maps and packing."""

COMPILED_SECONDS = 5.0
"""Steps that take longer than this were compiled first: from the cache they take one or two seconds."""

EXPECTED_FROM = 0.05
"""Share of the training from which its pace tells how long it will take."""

REPORT_SECONDS = 0.5
CHECKPOINT_SECONDS = 60.0
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
class Progress:
    """How far an enrolment is.

    Attributes:
        stage: `tracking`, `preparing` (compiling, the first time), `training` or `finishing`.
        fraction: of the whole, in [0, 1].
        seconds_left: an estimate.
        psnr: of the last batches, dB; None before training. Batches favour mouth and eyes, so it lies under the
            picture's own.
    """

    stage: str
    fraction: float
    seconds_left: float
    psnr: float | None


@dataclass(frozen=True, slots=True)
class EnrolReport:
    """What an enrolment came to.

    Attributes:
        seconds: all it took.
        steps: training steps.
        frames: frames that were trained on.
        train_psnr: dB, of whole training frames as a receiver would render them.
        model_bytes: size of the identity file.
        backend: where it trained.
    """

    seconds: float
    steps: int
    frames: int
    train_psnr: float
    model_bytes: int
    backend: str


class _Clock:
    """Turns elapsed time into progress reports."""

    def __init__(self, budget: float, report: Callable[[Progress], None]) -> None:
        self.started = time.monotonic()
        self.budget = budget
        self._report = report
        self._last = 0.0
        self._end = float("inf")
        self._fraction = 0.0

    def elapsed(self) -> float:
        return time.monotonic() - self.started

    def extend(self, seconds: float) -> None:
        self.budget += seconds

    def expect(self, seconds_left: float) -> None:
        """What is going on will take so long, if the budget lasts."""
        self._end = self.elapsed() + seconds_left

    def tell(self, stage: str, psnr: float | None = None) -> None:
        elapsed = self.elapsed()
        if elapsed - self._last < REPORT_SECONDS and stage == "training":
            return
        self._last = elapsed
        end = min(self._end, self.budget)
        self._fraction = max(self._fraction, min(0.999, elapsed / end))
        self._report(Progress(stage, self._fraction, max(0.0, end - elapsed), psnr))


def enroll(
    frames: Sequence[NDArray[np.uint8]],
    options: EnrolOptions,
    progress: Callable[[Progress], None],
    should_stop: Callable[[], bool],
    checkpoint: Callable[[Identity], None] | None = None,
) -> tuple[Identity, EnrolReport]:
    """Enrols a person.

    Args:
        frames: uint8 (S, S, 3) pictures in order, all of one size, centre-cropped squares.
        options: budget, threads, backend and name.
        progress: called a few times a second, from this thread.
        should_stop: asked between steps; training then ends early with the model as it is.
        checkpoint: given a usable identity about once a minute.

    Returns:
        the identity and what it came to.

    Raises:
        ValueError: no face in the clip, too few frames, or a backend that cannot run here.
    """
    device = _device(options.backend)
    threads = options.threads or os.cpu_count() or 1
    torch.set_num_threads(threads)
    numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
    torch.manual_seed(options.seed)
    clock = _Clock(options.minutes * 60.0, progress)
    enrolment, data = _track(frames, clock)
    _compile(enrolment, data, device, threads, clock)
    torch.manual_seed(options.seed)
    trainer = Trainer(data, _new_avatar(enrolment), ExpressionEmbedding(), device, options.seed)
    steps, calibration = _train(trainer, enrolment, options.name, threads, clock, should_stop, checkpoint)
    clock.tell("finishing")
    identity, model_bytes = assemble(trainer, enrolment, calibration, options.name, threads)
    psnr = score(identity, trainer, threads)
    report = EnrolReport(clock.elapsed(), steps, len(data.rgb), psnr, model_bytes, device)
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


def _track(frames: Sequence[NDArray[np.uint8]], clock: _Clock) -> tuple[Enrolment, TrainingSet]:
    clock.tell("tracking")
    small = [reference_picture(frame) for frame in frames]
    enrolment = enrol_tracking(small, lambda fraction, text: clock.tell("tracking"))
    rgb = np.stack(frames)
    masks = [tracked.person_mask for tracked in enrolment.tracked]
    params = [tracked.params for tracked in enrolment.tracked]
    return enrolment, training_set(rgb, masks, params, enrolment.cuts, enrolment.plates)


def _new_avatar(enrolment: Enrolment) -> Avatar:
    model = enrolment.model
    avatar = Avatar(warp_basis(model.morphable, model.silhouette), model.torso.basis, enrolment.plates[-1])
    avatar.head.gate_centre.copy_(torch.from_numpy(feature_centres(model.morphable.mean)))
    return avatar


def _compile(enrolment: Enrolment, data: TrainingSet, device: str, threads: int, clock: _Clock) -> None:
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


def _train(
    trainer: Trainer,
    enrolment: Enrolment,
    name: str,
    threads: int,
    clock: _Clock,
    should_stop: Callable[[], bool],
    checkpoint: Callable[[Identity], None] | None,
) -> tuple[int, Calibration]:
    """Trains until the budget is spent or the frames tell no more: steps taken, and what alignment taught."""
    start = clock.elapsed()
    span = max(1.0, clock.budget - start - min(FINISHING_SECONDS, 0.1 * clock.budget))
    errors: list[float] = []
    saved = start
    steps = 0
    most = max(LEAST_STEPS, STEPS_PER_FRAME * len(trainer.data.rgb))

    def share() -> float:
        """Of the training that is over."""
        return max((clock.elapsed() - start) / span, steps / most)

    def go_on() -> bool:
        if (done := share()) > EXPECTED_FROM:
            clock.expect((clock.elapsed() - start) * (1.0 - done) / done + FINISHING_SECONDS)
        clock.tell("training", -10.0 * float(np.log10(np.mean(errors))) if errors else None)
        return not should_stop()

    alignment = FrameAlignment(trainer, threads)
    while (done := share()) < 1.0 and go_on():
        if done >= BAKE_AT and not trainer.baked:
            trainer.bake()
        if alignment.due(done, clock.elapsed() - start):
            alignment.run(go_on)
            continue
        errors = [*errors[-50:], trainer.step(done)]
        steps += 1
        if checkpoint is not None and trainer.baked and clock.elapsed() - saved > CHECKPOINT_SECONDS:
            saved = clock.elapsed()
            checkpoint(assemble(trainer, enrolment, alignment.calibration, name, threads, PROBED_ROUGHLY)[0])
    if not trainer.baked:
        trainer.bake()
    return steps, alignment.calibration


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
