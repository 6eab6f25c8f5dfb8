"""What a face can be asked to do, and how far a reading goes in doing it, against the person's own resting face."""

from __future__ import annotations

from enum import Enum

from app.enrolment.reading import FaceReading, Neutral

TURN_DEG = 14.0
"""A head that is turned so far shows its cheek; people who talk turn by 5 to 10."""

NOD_DEG = 8.0
"""MediaPipe's points flatten nods: half of what the head really does."""

EYES_SHARE = 0.45
"""Of the resting lid distance that closed eyes keep at most; a squint keeps 0.6."""

MOUTH_OPEN = 0.11
"""Beyond the resting lip distance, shares of the face's height: speech stays below 0.08 on five clips."""

SMILE_SHARE, BROWS_SHARE = 1.09, 1.07
"""Of the resting mouth width and brow height. Real smiles reach 1.15 to 1.3, raised brows 1.15."""

TALK_OPEN = 0.02
"""Lip distance beyond rest from which a mouth counts as talking."""


class Act(Enum):
    """Something that a face does."""

    STRAIGHT = "straight"
    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"
    TALK = "talk"
    SMILE = "smile"
    BROWS = "brows"
    EYES = "eyes"
    MOUTH = "mouth"


def degree(act: Act, reading: FaceReading, neutral: Neutral) -> float:
    """How far a face goes in an act: 1 and more is enough, 0 is rest.

    Args:
        act: what is looked for; LEFT and RIGHT are the person's own.
        reading: the face.
        neutral: the same face at rest.
    """
    yaw, pitch = reading.yaw_deg - neutral.yaw_deg, reading.pitch_deg - neutral.pitch_deg
    match act:
        case Act.STRAIGHT:
            return 2.0 - max(abs(yaw) / TURN_DEG, abs(pitch) / NOD_DEG) * 2.0
        case Act.LEFT:
            return yaw / TURN_DEG
        case Act.RIGHT:
            return -yaw / TURN_DEG
        case Act.UP:
            return pitch / NOD_DEG
        case Act.DOWN:
            return -pitch / NOD_DEG
        case Act.TALK:
            return (reading.mouth - neutral.mouth) / TALK_OPEN
        case Act.SMILE:
            return _beyond(reading.smile, neutral.smile, SMILE_SHARE)
        case Act.BROWS:
            return _beyond(reading.brows, neutral.brows, BROWS_SHARE)
        case Act.EYES:
            return (1.0 - reading.eyes / max(neutral.eyes, 1e-6)) / (1.0 - EYES_SHARE)
        case Act.MOUTH:
            return (reading.mouth - neutral.mouth) / MOUTH_OPEN


def _beyond(value: float, rest: float, share: float) -> float:
    return (value / max(rest, 1e-6) - 1.0) / (share - 1.0)
