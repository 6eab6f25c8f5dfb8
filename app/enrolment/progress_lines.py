"""What a training process says while it works: one JSON object to a line on standard error, among lines for people."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass

MARK = "enrol-progress "
"""What such a line begins with."""

LINE_MOST = 1000
"""Longest line, characters; what is longer is not read."""

STAGES = ("reading", "tracking", "preparing", "training", "finishing")


@dataclass(frozen=True, slots=True)
class EnrolProgress:
    """How far a training process is.

    Attributes:
        stage: one of `STAGES`.
        fraction: of the whole, in [0, 1].
        seconds_left: an estimate; 0 in the first stage, where nothing is known yet.
        psnr: of the last batches, dB, or None before training.
        previews: pictures of the avatar that were written so far.
    """

    stage: str
    fraction: float
    seconds_left: float
    psnr: float | None = None
    previews: int = 0


def format_progress(progress: EnrolProgress) -> str:
    """The line, without its end; `parse_progress` reads it."""
    return MARK + json.dumps(asdict(progress))


def parse_progress(line: str) -> EnrolProgress | None:
    """What a line says, or None where it says nothing of progress or is damaged."""
    if not line.startswith(MARK) or len(line) > LINE_MOST:
        return None
    try:
        told = json.loads(line[len(MARK) :])
    except (ValueError, RecursionError):
        return None
    names = {"stage", "fraction", "seconds_left", "psnr", "previews"}
    if not isinstance(told, dict) or told.keys() != names or told["stage"] not in STAGES:
        return None
    numbers = [told["fraction"], told["seconds_left"], told["psnr"] if told["psnr"] is not None else 0.0]
    if not all(type(number) in (int, float) and math.isfinite(number) for number in numbers):
        return None
    if not 0 <= told["fraction"] <= 1 or told["seconds_left"] < 0 or type(told["previews"]) is not int:
        return None
    return EnrolProgress(**told)
