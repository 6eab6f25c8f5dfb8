"""A rehearsal: what a sender would send of the enrolment's own frames, for field and codec to learn from.

Rounds of alignment leave each frame where the field likes it best, one by one. A sender follows its frames in order and
expects each to be like the one before; its numbers change otherwise, and those are what is coded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codec.types import FaceCode
from models.alignment.calibration import Calibration
from models.alignment.live import LiveAligner
from models.tracking.tracker import reference_picture
from models.training.trainer import Trainer

STRETCH, STRETCHES = 50, 10
"""Frames in a row, and how many such rows are rehearsed, spread over the clip: some 20 ms a frame."""

STRETCHES_ROUGHLY = 2
"""For a checkpoint."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Codes as they would be sent.

    Attributes:
        numbers: int64 (n,), which of the clip's frames these are, ascending.
        codes: of the frames.
        starts: indices of those that do not follow the one before them.
    """

    numbers: NDArray[np.int64]
    codes: tuple[FaceCode, ...]
    starts: tuple[int, ...]


def rehearse(
    trainer: Trainer,
    tracked: Sequence[FaceCode],
    calibration: Calibration,
    threads: int | None = None,
    stretches: int = STRETCHES,
    turn: int = 0,
    go_on: Callable[[], bool] = lambda: True,
) -> Rehearsal:
    """Follows stretches of a clip as a sender would.

    Args:
        trainer: a training run whose density is baked and whose torso's place is known.
        tracked: each frame's code before alignment.
        calibration: what alignment taught about the tracking.
        threads: processor threads; all when None.
        stretches: how many.
        turn: which ones of a clip that they do not cover: those of the next turn follow these.
        go_on: asked before every frame; a rehearsal that is broken off is of the frames that it came to.
    """
    data = trainer.data
    aligner = LiveAligner(trainer.avatar, calibration, threads)
    codes: list[FaceCode] = []
    starts: list[int] = []
    before, rows = -2, stretch_rows(len(tracked), stretches, turn)
    for t in rows:
        if not go_on():
            break
        if t != before + 1 or t in data.starts:
            starts.append(len(codes))
            aligner.reset()
            aligner.set_plate(trainer.plate(int(data.shot[t])))
        codes.append(aligner.follow(tracked[t], reference_picture(data.rgb[t]), data.trimap[t]))
        before = t
    return Rehearsal(rows[: len(codes)], tuple(codes), tuple(starts))


def stretch_rows(frames: int, stretches: int, turn: int) -> NDArray[np.int64]:
    """Numbers of the frames in so many stretches, in order."""
    firsts = np.arange(stretches) * frames // stretches + turn * STRETCH
    rows = firsts[:, None] + np.arange(STRETCH)
    return np.unique(rows % frames)
