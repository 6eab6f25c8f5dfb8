"""The loop of a training: steps, rounds of alignment and settlings, what is kept and shown on the way."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codec.identity import Identity
from models.render.cpu import CpuRenderer
from models.tracking.enrolment import Enrolment
from models.training.alignment import FrameAlignment, solid
from models.training.assemble import ROUGHLY, assemble
from models.training.checkpoint import Checkpoints
from models.training.clock import Clock
from models.training.trainer import Trainer

BAKE_AT = 0.5
"""Share of the training at which density is baked: later, colour has too little time to follow; earlier, density is
still moving."""

STEPS_PER_FRAME, LEAST_STEPS = 8, 1500
"""Steps after which training ends though there is time left: from there on it learns its own frames by heart. Twelve a
frame gave 38.47 dB on unseen frames of a studio clip where eight gave 38.25 and 38.41, and 33.40 on grimaces where
eight gave 33.58; before colours saw pose and torso with noise, 35 gave 0.4 dB less than eight."""

SETTLING_SHARE = 0.05
"""Of the training's time so far that one settling may take, where time ends training before its frames do. At 0.15 an
enrolment of three minutes on 1,400 frames had half of its steps."""

EXPECTED_FROM = 0.05
"""Share of the training from which its pace tells how long it will take."""

DRAFT_SECONDS, DRAFT_SHARE = 60.0, 0.05
"""Least time between two drafts, and from the last one to the end; and the most that drafts take of the training. One
takes as long as 300 steps: an enrolment of three minutes that wrote one had a sixth less of them for it."""

KEEP_SECONDS = 30.0
"""Between two states of training that are kept, which take a second to write: what a crash costs at most."""

PREVIEW_SECONDS = 4.0
PREVIEW_SIDE = 256
"""Between two previews, each of which takes some 0.2 s, and their size in pixels."""

ALIGNMENT = "alignment."
"""What the names of an alignment's arrays begin with in a kept state."""


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


class Run:
    """One training, from its first step or from where another one was broken off."""

    def __init__(
        self, trainer: Trainer, enrolment: Enrolment, name: str, threads: int, clock: Clock, keeping: Keeping
    ) -> None:
        """Takes up a kept state that fits, if there is one.

        Args:
            trainer: of the person, at its first step.
            enrolment: the tracked clip.
            name: whom the identity shows.
            threads: processor threads.
            clock: of the enrolment; what is left of its budget, less the finishing, is for training.
            keeping: what is kept and shown on the way.
        """
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
        """Trains until the budget is spent or the frames tell no more; density is baked then.

        Args:
            should_stop: asked between steps.

        Raises:
            KeyboardInterrupt: from the clock's report; the state was kept.
            OSError: the state cannot be kept.
        """

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
