"""Which head directions and expressions a recording has shown so far. Pure: every step gives a new value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.enrolment.acts import Act, degree
from app.enrolment.reading import FaceReading, Neutral

NEEDED_S: Mapping[Act, float] = {
    Act.STRAIGHT: 2.0,
    Act.LEFT: 1.0,
    Act.RIGHT: 1.0,
    Act.UP: 0.8,
    Act.DOWN: 0.8,
    Act.TALK: 5.0,
    Act.SMILE: 1.2,
    Act.BROWS: 0.8,
    Act.EYES: 0.6,
    Act.MOUTH: 0.6,
}
"""Seconds of each that training should see: some twenty pictures of a pose, a hundred of speech."""

LONGEST_STEP_NS = 200_000_000
"""Time between two pictures that counts at most: what happened in a longer gap nobody saw."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Seconds for which each act was seen."""

    seconds: Mapping[Act, float] = field(default_factory=dict)

    def share(self, act: Act) -> float:
        """How much of what is needed of an act was seen, 0 to 1."""
        return min(1.0, self.seconds.get(act, 0.0) / NEEDED_S[act])

    def has(self, act: Act) -> bool:
        """Whether enough of an act was seen."""
        return self.share(act) >= 1.0

    @property
    def missing(self) -> tuple[Act, ...]:
        """What was not seen enough, in the order of the script."""
        return tuple(act for act in NEEDED_S if not self.has(act))

    @property
    def whole(self) -> float:
        """How much of everything was seen, 0 to 1."""
        return sum(self.share(act) for act in NEEDED_S) / len(NEEDED_S)

    def seen(self, reading: FaceReading, neutral: Neutral, since_ns: int) -> Coverage:
        """The coverage after one more picture.

        Args:
            reading: its face.
            neutral: the face at rest.
            since_ns: time since the picture before.
        """
        step_s = min(max(since_ns, 0), LONGEST_STEP_NS) / 1e9
        shown = [act for act in NEEDED_S if degree(act, reading, neutral) >= 1.0]
        return Coverage({**self.seconds, **{act: self.seconds.get(act, 0.0) + step_s for act in shown}})
