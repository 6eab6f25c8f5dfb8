"""Is a person there who does what is asked: turns, closed eyes and open mouths in an order that nobody can know.

A photograph does nothing; a video does something else, or the right thing at the wrong time. Everything must be held
for a moment, so that a blink or a word is neither a wrong answer nor a right one. Between two acts the face must rest.
What this does not stop is a face that is drawn by a computer as the acts are asked for.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from app.enrolment.acts import Act, degree
from app.enrolment.reading import FaceReading, Neutral

ASKED = (Act.LEFT, Act.RIGHT, Act.EYES, Act.MOUTH)

LENGTH = 5
"""Acts to a check: 4 x 3^4 = 324 orders; somebody who guesses has one try of a few seconds each."""

ENOUGH = 1.15
"""Degree that an act must reach: clearer than what a recording needs."""

RESTING = 0.55
"""Degree under which an act is over."""

HOLD_NS = 350_000_000
"""How long an act must last: a blink takes 100 to 300 ms."""

LIMIT_NS = 6_000_000_000
"""Time for one act: reading it takes two seconds, doing it one."""

REST_LIMIT_NS = 6_000_000_000
"""Time to come back to rest."""

FACE_GAP_NS = 1_000_000_000
"""Time without a face after which somebody else may sit there."""

Phase = Literal["asking", "resting", "passed", "failed"]


def random_order(choose: Callable[[tuple[Act, ...]], Act] = secrets.choice) -> tuple[Act, ...]:
    """Acts in an order that nobody can know, no two alike in a row."""
    order: list[Act] = []
    while len(order) < LENGTH:
        order.append(choose(tuple(act for act in ASKED if not order or act != order[-1])))
    return tuple(order)


@dataclass(frozen=True, slots=True)
class Liveness:
    """How far a check has come.

    Attributes:
        order: what is asked.
        done: how many acts were done.
        phase: `asking` for `asked`, `resting` before it, or how the check ended.
        reason: why it failed: "time", "wrong act" or "face lost".
        since_ns: when the phase began.
        held: what is being done, and since when.
        seen_ns: when a face was last seen.
    """

    order: tuple[Act, ...]
    done: int = 0
    phase: Phase = "resting"
    reason: str = ""
    since_ns: int | None = None
    held: tuple[Act, int] | None = None
    seen_ns: int | None = None

    @property
    def asked(self) -> Act | None:
        """What is to be done now; None between acts and at the end."""
        return self.order[self.done] if self.phase == "asking" else None

    def left_s(self, now_ns: int) -> float:
        """Seconds that are left for what is asked."""
        return max(0.0, (LIMIT_NS - self._waited_ns(now_ns)) / 1e9)

    def after(self, reading: FaceReading | None, neutral: Neutral, now_ns: int) -> Liveness:
        """The check after one more picture.

        Args:
            reading: its face, or None without one.
            neutral: the face at rest.
            now_ns: when it was taken.
        """
        if self.phase in ("passed", "failed"):
            return self
        state = self if self.since_ns is not None else replace(self, since_ns=now_ns, seen_ns=now_ns)
        if reading is None:
            lost = state.seen_ns is not None and now_ns - state.seen_ns > FACE_GAP_NS
            return replace(state, phase="failed", reason="face lost") if lost else replace(state, held=None)
        state = replace(state, seen_ns=now_ns)
        follow = state._rest if state.phase == "resting" else state._ask
        return follow(reading, neutral, now_ns)

    def _waited_ns(self, now_ns: int) -> int:
        return 0 if self.since_ns is None else now_ns - self.since_ns

    def _rest(self, reading: FaceReading, neutral: Neutral, now_ns: int) -> Liveness:
        if all(degree(act, reading, neutral) < RESTING for act in ASKED):
            return replace(self, phase="asking", since_ns=now_ns, held=None)
        if self._waited_ns(now_ns) > REST_LIMIT_NS:
            return replace(self, phase="failed", reason="time")
        return self

    def _ask(self, reading: FaceReading, neutral: Neutral, now_ns: int) -> Liveness:
        doing = max(ASKED, key=lambda act: degree(act, reading, neutral))
        if degree(doing, reading, neutral) < ENOUGH:
            late = self._waited_ns(now_ns) > LIMIT_NS
            return replace(self, phase="failed", reason="time") if late else replace(self, held=None)
        if self.held is None or self.held[0] is not doing:
            return replace(self, held=(doing, now_ns))
        if now_ns - self.held[1] < HOLD_NS:
            return self
        if doing is not self.asked:
            return replace(self, phase="failed", reason="wrong act")
        done = self.done + 1
        phase: Phase = "passed" if done == len(self.order) else "resting"
        return replace(self, done=done, phase=phase, since_ns=now_ns, held=None)
