"""What an error in each transmitted number does to the picture, and the quantiser steps that follow from it.

Bits are well spent where the last bit of every number buys the same: at high rate a uniform quantiser errs by
step^2 / 12, so steps go with the inverse root of the picture's sensitivity (reverse water-filling, Cover and Thomas,
chapter 10).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from codec.layout import Layout
from codec.types import TORSO_SIZE, FaceCode
from models.embedding import LEARNED
from models.field.warp import LANDMARK_DIMS
from models.photometric_kernels import STRIDE
from models.render.cpu import CpuRenderer
from models.tracking.enrolment import Enrolment
from models.tracking.tracker import reference_picture
from models.training.trainer import Trainer

PROBED_FRAMES = 8

FACE_PROBE_PX, POSE_PROBE_PX, TORSO_PROBE_PX = 0.8, 0.5, 0.3
"""How far numbers are moved to see what changes, reference px: by less, the rounding to grey levels is what one
measures."""

LEARNED_PROBE = 1.6
"""Likewise for the learned numbers, whose effect has no length in px."""

PROBE_LIMITS = (0.2, 0.8)
"""Probes of the leading numbers in standard deviations."""

SHARE = 0.06
"""Of the picture's own squared error that quantisation adds in all. On unseen frames of four clips, 0.04 of their error
cost 0.15 dB at 2.1 kbps, 0.07 cost 0.25 dB at 1.8; one step for all numbers of a kind cost 0.4 dB at 1.95."""

STEP_LIMITS = (0.05, 2.0)
"""Steps in probes: a number that this enrolment hardly shows may matter in the next call."""


def probes(enrolment: Enrolment, scale: float, layout: Layout) -> NDArray[np.float32]:
    """How far to move each number of a code: float32 (N,), each in its number's own unit.

    Args:
        enrolment: the tracked clip.
        scale: reference px per canonical unit.
        layout: order of the numbers.
    """
    morphable, silhouette = enrolment.model.morphable, enrolment.model.silhouette
    moved = morphable.basis[:LANDMARK_DIMS] * morphable.deviation[:LANDMARK_DIMS, None, None] * scale
    landmarks = FACE_PROBE_PX / np.sqrt((moved[..., :2] ** 2).sum(2).mean(1)).clip(1e-3)
    outline = FACE_PROBE_PX / (np.sqrt((silhouette.basis**2).mean(1)) * silhouette.deviation * scale).clip(1e-3)
    z = np.concatenate([np.concatenate([landmarks, outline]).clip(*PROBE_LIMITS), np.full(LEARNED, LEARNED_PROBE)])
    turn = POSE_PROBE_PX / scale
    pose = np.array([turn, turn, turn, POSE_PROBE_PX, POSE_PROBE_PX, turn])
    torso = np.full(TORSO_SIZE, TORSO_PROBE_PX, np.float32)
    return layout.pack(FaceCode(z.astype(np.float32), pose.astype(np.float32), torso))


def sensitivity(
    trainer: Trainer, probe: NDArray[np.float32], layout: Layout, threads: int | None = None
) -> tuple[NDArray[np.float64], float]:
    """Renders a few training frames with each number moved.

    Args:
        trainer: a training run whose density is baked and whose torso's place is known.
        probe: float32 (N,), from `probes`.
        layout: order of the numbers.
        threads: processor threads; all when None.

    Returns:
        float64 (N,), the picture's mean squared change, grey levels squared, by the squared change of each number; and
        the mean squared error of the unmoved pictures.
    """
    renderer = CpuRenderer(trainer.avatar, threads)
    codes = trainer.face_codes()
    found = np.zeros(len(probe))
    chosen = np.linspace(0, len(codes) - 1, min(PROBED_FRAMES, len(codes))).astype(int)
    error = 0.0
    for t in chosen:
        renderer.set_plate(trainer.plate(int(trainer.data.shot[t])))
        numbers = layout.pack(codes[t])
        here = renderer.look(codes[t], STRIDE).rgb.astype(np.float32)
        error += float(np.mean((here - reference_picture(trainer.data.rgb[t])[::STRIDE, ::STRIDE]) ** 2))
        for k, by in enumerate(probe):
            moved = numbers.copy()
            moved[k] += by
            there = renderer.look(layout.unpack(moved), STRIDE).rgb
            found[k] += float(np.mean((here - there) ** 2)) / float(by) ** 2
    return found / len(chosen), error / len(chosen)


def quantiser_steps(
    found: NDArray[np.float64], error: float, probe: NDArray[np.float32], share: float = SHARE
) -> NDArray[np.float32]:
    """Steps of all numbers, so that each adds the same to the picture's error.

    Args:
        found: float64 (N,), from `sensitivity`.
        error: the picture's mean squared error, grey levels squared.
        probe: float32 (N,), from `probes`.
        share: of that error that quantisation may add.

    Returns:
        float32 (N,), each in its number's own unit.
    """
    allowed = share * error / len(found)
    steps = np.sqrt(12.0 * allowed / np.maximum(found, 1e-12))
    return np.clip(steps, STEP_LIMITS[0] * probe, STEP_LIMITS[1] * probe).astype(np.float32)
