"""The background as a clip's last seconds show it: a call begins where its enrolment ended.

Rooms drift, as light and exposure do: on a studio clip the background of unseen frames is half as far from the mean of
the four seconds before them as from the mean of the fifteen.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from models.background import complete_plate
from models.clip import evenly
from models.render.cpu import CpuRenderer
from models.tracking.tracker import reference_picture
from models.training.trainer import Trainer

MEMORY_FRAMES = 100.0
"""What a frame counts falls to 1 / e in so many. With 50, means are noisier; 200 remember too much."""

SPAN, LOOKED_AT = 400, 100
"""Frames from the last one back, and how many of them are looked at: the older half counts little but where the person
stood before the rest. As many out of the last 200 cost .0001 of SSIM on a studio clip."""

CLEAR = 0.98
"""How much of a pixel must be background."""

ENOUGH = 4.0
"""Frames of the last moment, or more of older ones, that must have shown a pixel."""


def latest_plate(trainer: Trainer, threads: int | None = None) -> NDArray[np.uint8]:
    """The last shot's background, its recent frames counting more.

    Args:
        trainer: a training run whose density is baked and whose torso's place is known.
        threads: processor threads; all when None.

    Returns:
        uint8 (256, 256, 3): means of what frames show beside the person; elsewhere what training learned, shifted in
        colour to meet them.
    """
    data, codes = trainer.data, trainer.face_codes()
    shot = len(data.plates) - 1
    renderer = CpuRenderer(trainer.avatar, threads)
    last = looked_at(np.flatnonzero(data.shot == shot))

    def clear(t: int) -> NDArray[np.bool_]:
        surface = renderer.look(codes[t], 1).surface
        return np.asarray(surface[..., 0] + surface[..., 4] < 1.0 - CLEAR, np.bool_)

    shown = ((int(last[0] - t), reference_picture(data.rgb[t]), clear(t)) for t in last)
    mean, known = recent_mean(shown)
    return complete_plate(mean, known, trainer.plate(shot))


def looked_at(frames: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which of a shot's frames, int64 ascending, tell its background: the last one first."""
    last = frames[-SPAN:]
    return last[evenly(len(last), LOOKED_AT)][::-1]


def recent_mean(
    shown: Iterable[tuple[int, NDArray[np.uint8], NDArray[np.bool_]]],
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Means of what pictures show, recent ones counting more.

    Args:
        shown: of each picture its age in frames, uint8 (H, W, 3), and bool (H, W) where it counts; at least one.

    Returns:
        uint8 (H, W, 3), and bool (H, W) where enough of them count.
    """
    total, weight = np.float64(0.0), np.float64(0.0)
    for age, picture, where in shown:
        counts = np.exp(-age / MEMORY_FRAMES) * where
        total = total + counts[..., None] * picture
        weight = weight + counts
    known = np.asarray(weight > ENOUGH, np.bool_)
    return np.rint(total / np.maximum(weight, ENOUGH)[..., None]).astype(np.uint8), known
