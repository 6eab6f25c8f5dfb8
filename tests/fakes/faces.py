"""A made-up face that does what it is told: readings as a tracker would give them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from app.enrolment.acts import Act
from app.enrolment.reading import FaceReading, Neutral

FPS = 25
STEP_NS = 1_000_000_000 // FPS

REST = FaceReading(0, 2.0, -8.0, 0.36, 0.01, 0.55, 0.18, 0.5, 0.5, 0.35, 140.0, 110.0, 12.0)
NEUTRAL = Neutral(2.0, -8.0, 0.36, 0.01, 0.55, 0.18)

DOING = {
    Act.LEFT: {"yaw_deg": 24.0},
    Act.RIGHT: {"yaw_deg": -20.0},
    Act.UP: {"pitch_deg": 4.0},
    Act.DOWN: {"pitch_deg": -20.0},
    Act.TALK: {"mouth": 0.06},
    Act.SMILE: {"smile": 0.66},
    Act.BROWS: {"brows": 0.21},
    Act.EYES: {"eyes": 0.05},
    Act.MOUTH: {"mouth": 0.25},
}


def doing(*acts: Act, t_ns: int = 0) -> FaceReading:
    """The face while it does all of these."""
    changes = {name: value for act in acts for name, value in DOING.get(act, {}).items()}
    return replace(REST, t_ns=t_ns, **changes)


def hold(start_ns: int, seconds: float, *acts: Act) -> Iterator[FaceReading]:
    """The face doing these for a while, 25 pictures a second."""
    for index in range(round(seconds * FPS)):
        yield doing(*acts, t_ns=start_ns + index * STEP_NS)
