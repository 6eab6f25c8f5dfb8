"""The steps of a guided recording: what is asked, for how long at least, and when the next one follows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.enrolment.acts import Act
from app.enrolment.coverage import Coverage


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do.

    Attributes:
        key: name by which its words are found.
        goals: what it should show.
        least_s: shortest time, good pictures only.
        most_s: longest, after which the recording goes on without it.
    """

    key: str
    goals: tuple[Act, ...]
    least_s: float
    most_s: float


STEPS = (
    Step("straight", (Act.STRAIGHT,), 4.0, 10.0),
    Step("left", (Act.LEFT,), 5.0, 12.0),
    Step("right", (Act.RIGHT,), 5.0, 12.0),
    Step("up", (Act.UP,), 4.0, 10.0),
    Step("down", (Act.DOWN,), 4.0, 10.0),
    Step("sentence 1", (), 10.0, 12.0),
    Step("sentence 2", (Act.TALK,), 10.0, 16.0),
    Step("smile", (Act.SMILE,), 5.0, 12.0),
    Step("brows", (Act.BROWS,), 4.0, 10.0),
    Step("eyes", (Act.EYES,), 4.0, 10.0),
    Step("mouth", (Act.MOUTH,), 4.0, 10.0),
    Step("sentence 3", (), 10.0, 12.0),
)
"""69 seconds at least. Turns first, while people are patient; speech twice and once more with the head free to move."""

LEAST_S = sum(step.least_s for step in STEPS)

AGAIN_LEAST_S = 2.0
"""A step that is tried again ends as soon as it is done."""


@dataclass(frozen=True, slots=True)
class Script:
    """Where a recording is.

    Attributes:
        steps: what is still to do, the current one first; empty at the end.
        spent_s: seconds of good pictures in the current one.
        total_s: in all.
        second_round: whether missed steps are being tried again.
        missed: steps of the first round that were given up.
    """

    steps: tuple[Step, ...] = STEPS
    spent_s: float = 0.0
    total_s: float = 0.0
    second_round: bool = False
    missed: tuple[Step, ...] = ()

    @property
    def current(self) -> Step | None:
        """What is to be done now."""
        return self.steps[0] if self.steps else None

    @property
    def left_s(self) -> float:
        """Seconds that are left if everything is done at the first try."""
        current = self.current
        rest = sum(step.least_s for step in (*self.steps[1:], *self.missed))
        return rest + (max(0.0, current.least_s - self.spent_s) if current else 0.0)

    def after(self, coverage: Coverage, step_s: float) -> Script:
        """The script after one more good picture.

        Args:
            coverage: what has been seen, that picture included.
            step_s: seconds since the good picture before.
        """
        current = self.current
        if current is None:
            return self
        here = replace(self, spent_s=self.spent_s + step_s, total_s=self.total_s + step_s)
        done = all(coverage.has(act) for act in current.goals)
        if here.spent_s >= current.least_s and done:
            return here._next(())
        if here.spent_s >= current.most_s:
            return here._next(() if self.second_round else (current,))
        return here

    def _next(self, missed: tuple[Step, ...]) -> Script:
        rest, given_up = self.steps[1:], (*self.missed, *missed)
        if rest or not given_up:
            return replace(self, steps=rest, spent_s=0.0, missed=given_up)
        again = tuple(replace(step, least_s=AGAIN_LEAST_S) for step in given_up)
        return replace(self, steps=again, spent_s=0.0, second_round=True, missed=())


def script_for(missing: tuple[Act, ...]) -> Script:
    """A script for recording more: what is missing, and speech, which helps every avatar."""
    chosen = tuple(step for step in STEPS if not step.goals or any(act in missing for act in step.goals))
    return Script(chosen)
