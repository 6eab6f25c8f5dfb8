"""Enrolment: from a clip's pictures to an identity, within a budget of time."""

from __future__ import annotations

import math
import os
import time
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
from models.training.alignment import FrameAlignment, solid
from models.training.assemble import ROUGHLY, Thoroughness, assemble, feature_centres
from models.training.checkpoint import Checkpoints, Tracking
from models.training.dataset import TrainingSet, training_set
from models.training.trainer import Trainer

BAKE_AT = 0.5
"""Share of the training at which density is baked: later, colour has too little time to follow; earlier, density is
still moving."""

STEPS_PER_FRAME, LEAST_STEPS = 8, 1500
"""Steps after which training ends though there is time left: from there on it learns its own frames by heart. Twelve a
frame gave 38.47 dB on unseen frames of a studio clip where eight gave 38.25 and 38.41, and 33.40 on grimaces where
eight gave 33.58; before colours saw pose and torso with noise, 35 gave 0.4 dB less than eight."""

FINISHING_SECONDS, FINISHING_SHARE = 45.0, 0.15
"""Kept back from the budget for a rehearsal, statistics, coverage maps and packing, and the most of it: what has less
time is done less thoroughly."""

FRAMES_PER_MINUTE = 300
"""Of budget, that can be studied: of longer clips every other frame or fewer. A round over 1,400 frames takes a fifth
of a training of three minutes."""

SETTLING_SHARE = 0.05
"""Of the training's time so far that one settling may take, where time ends training before its frames do. At 0.15 an
enrolment of three minutes on 1,400 frames had half of its steps."""

COMPILED_SECONDS = 5.0
"""Steps that take longer than this were compiled first: from the cache they take one or two seconds."""

EXPECTED_FROM = 0.05
"""Share of the training from which its pace tells how long it will take."""

REPORT_SECONDS = 0.5
DRAFT_SECONDS, DRAFT_SHARE = 60.0, 0.05
"""Least time between two drafts, and from the last one to the end; and the most that drafts take of the training. One
takes as long as 300 steps: an enrolment of three minutes that wrote one had a sixth less of them for it."""

KEEP_SECONDS = 30.0
"""Between two states of training that are kept, which take a second to write: what a crash costs at most."""

PREVIEW_SECONDS = 4.0
PREVIEW_SIDE = 256
"""Between two previews, each of which takes some 0.2 s, and their size in pixels."""

SCORED_FRAMES = 24
"""Training frames that the reported training PSNR is measured on, rendered as a receiver would."""


ALIGNMENT = "alignment."
"""What the names of an alignment's arrays begin with in a kept state."""


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
        backend: where it trained.
    """

    seconds: float
    steps: int
    frames: int
    train_psnr: float
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

    @property
    def finishing(self) -> float:
        """Seconds of the budget that come after training."""
        return min(FINISHING_SECONDS, FINISHING_SHARE * self.budget)

    def elapsed(self) -> float:
        return time.monotonic() - self.started

    def extend(self, seconds: float) -> None:
        self.budget += seconds

    def credit(self, seconds: float) -> None:
        """So much was spent before, in a run that was broken off."""
        self.started -= seconds

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


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is kept and shown of a training that goes on.

    Attributes:
        draft: given a usable identity now and then, a minute apart at least.
        preview: given a picture of one of the training frames, uint8 (256, 256, 3), every few seconds.
        checkpoints: where the state of the training is kept, and taken up again where it fits the pictures.
    """

    draft: Callable[[Identity], None] | None = None
    preview: Callable[[NDArray[np.uint8]], None] | None = None
    checkpoints: Checkpoints | None = None


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
    clock = _Clock(options.minutes * 60.0, progress)
    enrolment, data = _track(frames, clock, keeping.checkpoints)
    data = replace(data, every=math.ceil(len(data.rgb) / max(1.0, options.minutes * FRAMES_PER_MINUTE)))
    _compile(enrolment, data, device, threads, clock)
    torch.manual_seed(options.seed)
    trainer = Trainer(data, _new_avatar(enrolment), ExpressionEmbedding(), device, options.seed)
    run = _Run(trainer, enrolment, options.name, threads, clock, keeping)
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
    frames: Sequence[NDArray[np.uint8]], clock: _Clock, checkpoints: Checkpoints | None
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


class _Run:
    """One training, from its first step or from where another one was broken off."""

    def __init__(
        self, trainer: Trainer, enrolment: Enrolment, name: str, threads: int, clock: _Clock, keeping: Keeping
    ) -> None:
        self.alignment = FrameAlignment(trainer, threads)
        self.steps = 0
        self._trainer, self._enrolment, self._name, self._threads = trainer, enrolment, name, threads
        self._clock, self._keeping = clock, keeping
        self._start = clock.elapsed()
        self._errors: list[float] = []
        self._most = max(LEAST_STEPS, STEPS_PER_FRAME * len(trainer.data.studied))
        self._span = max(1.0, clock.budget - self._start - clock.finishing)
        self._take_up()
        self._drafted = self._kept = self._previewed = clock.elapsed()
        self._drafting = 0.0

    def _take_up(self) -> None:
        """Goes on from a kept state, if there is one that fits."""
        kept = self._keeping.checkpoints.training() if self._keeping.checkpoints else None
        if kept is None:
            return
        fresh, initial = self._trainer.state(), self.alignment.state()
        try:
            self._trainer.restore(kept)
            self.alignment.restore({name[len(ALIGNMENT) :]: kept[name] for name in kept if name.startswith(ALIGNMENT)})
            self.steps, trained = int(kept["loop.steps"]), float(kept["loop.trained"])
        except (KeyError, ValueError, RuntimeError, TypeError):
            self._trainer.restore(fresh)
            self.alignment.restore(initial)
            self.steps = 0
            return
        self._clock.credit(trained)

    def _trained(self) -> float:
        return self._clock.elapsed() - self._start

    def _done(self) -> float:
        """Share of the training that is over."""
        return max(self._trained() / self._span, self.steps / self._most)

    def _scarce(self) -> float:
        """Seconds of training that alignment may take shares of; infinite where frames end training before time does.

        There a busy machine takes longer, and aligns as much as another.
        """
        trained = self._trained()
        return trained if trained / self._span > self.steps / self._most else math.inf

    def train(self, should_stop: Callable[[], bool]) -> None:
        """Trains until the budget is spent or the frames tell no more."""

        def go_on() -> bool:
            if (done := self._done()) > EXPECTED_FROM:
                self._clock.expect(self._trained() * (1.0 - done) / done + self._clock.finishing)
            psnr = -10.0 * float(np.log10(np.mean(self._errors))) if self._errors else None
            self._clock.tell("training", psnr)
            return not should_stop()

        try:
            while (done := self._done()) < 1.0 and go_on():
                self._step(done, go_on)
                self._keep()
        except KeyboardInterrupt:
            self._keep_state()
            raise
        if not self._trainer.baked:
            self._trainer.bake()

    def _step(self, done: float, go_on: Callable[[], bool]) -> None:
        if done >= BAKE_AT and not self._trainer.baked:
            self._trainer.bake()
        if self.alignment.due(done, self._scarce()):
            self.alignment.run(go_on)
            return
        if self.alignment.settles(done):
            self.alignment.settle(go_on, SETTLING_SHARE * self._scarce())
            return
        self._errors = [*self._errors[-50:], self._trainer.step(done)]
        self.steps += 1

    def _keep(self) -> None:
        """Writes and shows what is due."""
        now, keeping = self._clock.elapsed(), self._keeping
        if keeping.preview is not None and now - self._previewed > PREVIEW_SECONDS:
            keeping.preview(self._preview())
            self._previewed = self._clock.elapsed()
        if keeping.checkpoints is not None and now - self._kept > KEEP_SECONDS:
            self._keep_state()
            self._kept = self._clock.elapsed()
        if keeping.draft is not None and self._draft_is_due():
            begun = self._clock.elapsed()
            enrolment, alignment = self._enrolment, self.alignment
            keeping.draft(assemble(self._trainer, enrolment, alignment, self._name, self._threads, ROUGHLY))
            self._drafted = self._clock.elapsed()
            self._drafting += self._drafted - begun

    def _draft_is_due(self) -> bool:
        """Whether a draft can be made, is worth its time and comes well before the end."""
        trained, done = self._trained(), self._done()
        rested = self._clock.elapsed() - self._drafted > DRAFT_SECONDS
        early = trained * (1.0 - done) > DRAFT_SECONDS * done
        return self._trainer.baked and rested and early and self._drafting <= DRAFT_SHARE * trained

    def _preview(self) -> NDArray[np.uint8]:
        """The frame in the middle of the clip, as a receiver would see it by now."""
        middle = len(self._trainer.data.rgb) // 2
        renderer = CpuRenderer(solid(self._trainer), self._threads)
        renderer.set_plate(self._trainer.plate(int(self._trainer.data.shot[middle])))
        return renderer.render(self._trainer.face_codes()[middle], (PREVIEW_SIDE, PREVIEW_SIDE))

    def _keep_state(self) -> None:
        if self._keeping.checkpoints is None:
            return
        loop = {"loop.steps": np.array(self.steps), "loop.trained": np.array(self._trained())}
        alignment = {f"{ALIGNMENT}{name}": array for name, array in self.alignment.state().items()}
        self._keeping.checkpoints.keep_training({**self._trainer.state(), **alignment, **loop})


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
