"""Whether a picture is good enough to learn from: is there a face, is it well placed, lit and sharp."""

from __future__ import annotations

from enum import Enum

from app.enrolment.reading import FaceReading

WIDTH_LEAST, WIDTH_MOST = 0.20, 0.62
"""Share of the picture that the face's width may take: below, it is a few dozen pixels; above, hair is cut off."""

X_RANGE, Y_RANGE = (0.30, 0.70), (0.28, 0.72)
"""Where the middle of the face may be, shares of the picture."""

LIGHT_LEAST, LIGHT_MOST = 50.0, 225.0
"""Mean grey level of the face: 45 is the sample at a third of its brightness, where noise covers the skin."""

CONTRAST_LEAST = 22.0
"""Grey levels between the face's dark and bright parts; a face with a window behind it has less."""

SHARP_SHARE = 0.02
"""Spread of the Laplacian over the contrast: sharp clips have 0.07 to 0.12, a blur of 1 px of 256 leaves 0.024."""

SHOWN_AFTER_NS = 400_000_000
"""A problem must last so long before it is told of: every turn of the head blurs a few pictures."""

CLEARED_AFTER_NS = 300_000_000
"""It must be gone so long before it is forgotten, or the words would flicker."""


class Problem(Enum):
    """What keeps a picture from being learned from, the worst first."""

    NO_FACE = "no face"
    TOO_DARK = "too dark"
    TOO_BRIGHT = "too bright"
    TOO_FLAT = "too flat"
    TOO_FAR = "too far"
    TOO_NEAR = "too near"
    OFF_CENTRE = "off centre"
    BLURRED = "blurred"


def find_problem(reading: FaceReading | None) -> Problem | None:
    """The worst problem of a picture, or None where it is fine.

    Args:
        reading: its face, or None where none was found.
    """
    if reading is None:
        return Problem.NO_FACE
    faults = (
        (reading.light < LIGHT_LEAST, Problem.TOO_DARK),
        (reading.light > LIGHT_MOST, Problem.TOO_BRIGHT),
        (reading.contrast < CONTRAST_LEAST, Problem.TOO_FLAT),
        (reading.width < WIDTH_LEAST, Problem.TOO_FAR),
        (reading.width > WIDTH_MOST, Problem.TOO_NEAR),
        (not (_within(reading.x, X_RANGE) and _within(reading.y, Y_RANGE)), Problem.OFF_CENTRE),
        (reading.sharpness < SHARP_SHARE * reading.contrast, Problem.BLURRED),
    )
    return next((problem for found, problem in faults if found), None)


def _within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]


class ProblemWatch:
    """Tells of problems that last, and forgets them once they are gone for a moment. Time is an argument."""

    def __init__(self) -> None:
        self.shown: Problem | None = None
        self._seen: Problem | None = None
        self._since_ns: int | None = None

    def update(self, problem: Problem | None, now_ns: int) -> Problem | None:
        """Takes one picture's problem in and gives the one to show."""
        if problem != self._seen or self._since_ns is None:
            self._seen, self._since_ns = problem, now_ns
        wait_ns = CLEARED_AFTER_NS if problem is None else SHOWN_AFTER_NS
        if now_ns - self._since_ns >= wait_ns:
            self.shown = problem
        return self.shown
