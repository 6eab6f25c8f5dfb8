"""How far an enrolment is, and how long it will take: its budget of time, and what is told of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

FINISHING_SECONDS, FINISHING_SHARE = 45.0, 0.15
"""Kept back from the budget for a rehearsal, statistics, coverage maps and packing, and the most of it: what has less
time is done less thoroughly."""

REPORT_SECONDS = 0.5
"""Between two reports of a training."""


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


class Clock:
    """Turns elapsed time into progress reports."""

    def __init__(
        self, budget: float, report: Callable[[Progress], None], now: Callable[[], float] = time.monotonic
    ) -> None:
        """Starts it.

        Args:
            budget: seconds for everything.
            report: given what `tell` says; what it raises goes through.
            now: seconds since whenever.
        """
        self.budget = budget
        self._report, self._now = report, now
        self._started = now()
        self._last = 0.0
        self._end = float("inf")
        self._fraction = 0.0

    @property
    def finishing(self) -> float:
        """Seconds of the budget that come after training."""
        return min(FINISHING_SECONDS, FINISHING_SHARE * self.budget)

    def elapsed(self) -> float:
        """Seconds since the start, those credited included."""
        return self._now() - self._started

    def extend(self, seconds: float) -> None:
        """The budget is so much more: what took that time was no enrolment's doing."""
        self.budget += seconds

    def credit(self, seconds: float) -> None:
        """So much was spent before, in a run that was broken off."""
        self._started -= seconds

    def expect(self, seconds_left: float) -> None:
        """What is going on will take so long, if the budget lasts."""
        self._end = self.elapsed() + seconds_left

    def tell(self, stage: str, psnr: float | None = None) -> None:
        """Reports, a training not too often; the fraction never falls and is whole only when all is done.

        Args:
            stage: as in `Progress`.
            psnr: of the last batches, dB.
        """
        elapsed = self.elapsed()
        if elapsed - self._last < REPORT_SECONDS and stage == "training":
            return
        self._last = elapsed
        end = min(self._end, self.budget)
        self._fraction = max(self._fraction, min(0.999, elapsed / end))
        self._report(Progress(stage, self._fraction, max(0.0, end - elapsed), psnr))
