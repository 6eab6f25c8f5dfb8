"""A guided recording, from the first look into the camera to the last sentence. Pure: times are arguments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from app.enrolment.acts import Act
from app.enrolment.checks import Problem, ProblemWatch, find_problem
from app.enrolment.continuity import Continuity
from app.enrolment.coverage import LONGEST_STEP_NS, Coverage
from app.enrolment.liveness import Liveness, random_order
from app.enrolment.reading import FaceReading, Neutral, neutral_of
from app.enrolment.script import Script

RESTING_READINGS = 30
"""Good pictures from which a resting face is taken: a second or two."""

FACING_DEG = 12.0
"""Turn of the head, as the camera sees it, beyond which nobody looks at it."""

ATTEMPTS = 3
"""Liveness checks before the enrolment is refused."""

Stage = Literal["framing", "liveness", "recording", "done", "refused"]


@dataclass(frozen=True, slots=True)
class GuideView:
    """What a person is shown after a picture.

    Attributes:
        stage: where the recording is.
        problem: what is wrong with the picture, or None.
        settled: how much of the resting face is known, 0 to 1.
        liveness: the liveness check, once it has begun.
        attempt: number of that check, from 1.
        notice: why the check begins again: "time", "wrong act", "face lost", or empty.
        script: the recording's steps.
        coverage: what was seen.
        keep: whether this picture belongs into the recording.
    """

    stage: Stage
    problem: Problem | None
    settled: float
    liveness: Liveness | None
    attempt: int
    notice: str
    script: Script
    coverage: Coverage
    keep: bool


class Guide:
    """Leads through framing, liveness check and script; a face that leaves must pass the check again.

    Args:
        script: the steps.
        coverage: what earlier recordings of the same person showed.
        order: gives the order of each liveness check.
    """

    def __init__(
        self,
        script: Script | None = None,
        coverage: Coverage | None = None,
        order: Callable[[], tuple[Act, ...]] = random_order,
    ) -> None:
        self._script, self._coverage = script or Script(), coverage or Coverage()
        self._order = order
        self._stage: Stage = "framing"
        self._watch, self._continuity = ProblemWatch(), Continuity()
        self._resting: list[FaceReading] = []
        self._neutral: Neutral | None = None
        self._liveness: Liveness | None = None
        self._attempt, self._notice = 0, ""
        self._last_ns: int | None = None

    def update(self, reading: FaceReading | None, now_ns: int) -> GuideView:
        """Takes one picture in.

        Args:
            reading: its face, or None where none was found.
            now_ns: when it was taken.
        """
        problem = find_problem(reading)
        shown = self._watch.update(problem, now_ns)
        same = self._continuity.update(reading, now_ns)
        since_ns = min(now_ns - self._last_ns, LONGEST_STEP_NS) if self._last_ns is not None else 0
        self._last_ns = now_ns
        keep = False
        if not same and self._stage in ("liveness", "recording"):
            self._check_again("face lost")
        elif self._stage == "framing":
            self._settle(reading, problem)
        elif self._stage == "liveness":
            self._check(reading, now_ns)
        elif self._stage == "recording" and reading is not None and shown is None and problem is None:
            keep = True
            self._record(reading, since_ns)
        settled = min(1.0, len(self._resting) / RESTING_READINGS)
        return GuideView(
            self._stage,
            shown,
            settled,
            self._liveness,
            self._attempt,
            self._notice,
            self._script,
            self._coverage,
            keep,
        )

    def _settle(self, reading: FaceReading | None, problem: Problem | None) -> None:
        if reading is None:
            self._resting.clear()
        elif problem is None and abs(reading.yaw_deg) < FACING_DEG:
            self._resting.append(reading)
        if len(self._resting) >= RESTING_READINGS:
            self._neutral = neutral_of(self._resting)
            self._begin_check()

    def _begin_check(self) -> None:
        self._attempt += 1
        self._liveness = Liveness(self._order())
        self._stage = "liveness"

    def _check_again(self, notice: str) -> None:
        """Back to the beginning of the check, with the face at rest looked at afresh: it may be another one."""
        self._notice = notice
        self._resting.clear()
        self._liveness = None
        self._stage = "framing" if self._attempt < ATTEMPTS else "refused"

    def _check(self, reading: FaceReading | None, now_ns: int) -> None:
        assert self._liveness is not None
        assert self._neutral is not None
        self._liveness = self._liveness.after(reading, self._neutral, now_ns)
        if self._liveness.phase == "failed":
            self._check_again(self._liveness.reason)
        elif self._liveness.phase == "passed":
            self._notice, self._attempt = "", 0
            self._stage = "recording" if self._script.current else "done"

    def _record(self, reading: FaceReading, since_ns: int) -> None:
        assert self._neutral is not None
        self._coverage = self._coverage.seen(reading, self._neutral, since_ns)
        self._script = self._script.after(self._coverage, since_ns / 1e9)
        if self._script.current is None:
            self._stage = "done"
