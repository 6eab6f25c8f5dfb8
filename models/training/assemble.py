"""From a trained avatar to an identity: coverage maps, the codec's personal statistics, and all arrays."""

from __future__ import annotations

import time

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from codec.identity import Identity, pack_identity
from codec.layout import Layout
from codec.statistics import train_tables
from codec.types import REFERENCE_SIZE, FaceCode
from models.calibration import Calibration
from models.embedding import LEARNED
from models.field.avatar import TORSO_BLOCK, Avatar
from models.field.space import TORSO_MARGIN
from models.field.warp import LANDMARK_DIMS
from models.tracking.enrolment import Enrolment
from models.training.trainer import Trainer

MOUTH_LANDMARKS = (13, 14)
RIGHT_EYE_LANDMARKS = (33, 133)
LEFT_EYE_LANDMARKS = (362, 263)
"""MediaPipe FaceMesh: inner lips, and the corners of each eye."""

TORSO_VISIBLE = 0.02
MAPPED_FRAMES = 12
"""Torso coverage under which a block is left out, and the codes that it is measured with."""

FACE_STEP_PX, POSE_STEP_PX, TORSO_STEP_PX = 0.4, 0.25, 0.15
"""Quantiser steps by how far they move the picture, reference px. A uniform quantiser errs by 0.29 of its step.
Aligned faces bear less than tracked ones: on unseen grimaces steps of 1, 0.5 and 0.15 px cost 0.7 dB at 1.4 kbps, these
0.2 dB at 1.9."""

LEARNED_STEP = 0.8
"""Step of the learned numbers, whose effect has no length in px; training noise of 0.3 makes the field bear it."""

STEP_LIMITS = (0.1, 0.4)
"""Steps of the leading numbers in standard deviations."""


def feature_centres(mean: NDArray[np.float32]) -> NDArray[np.float32]:
    """Canonical positions of mouth, right eye and left eye on a mean face (478, 3): float32 (3, 3)."""
    groups = (MOUTH_LANDMARKS, RIGHT_EYE_LANDMARKS, LEFT_EYE_LANDMARKS)
    return np.stack([mean[list(group)].mean(0) for group in groups]).astype(np.float32)


def quantiser_steps(enrolment: Enrolment, scale: float, layout: Layout) -> NDArray[np.float32]:
    """Steps of all numbers of a code, from how far each moves the picture.

    Args:
        enrolment: the tracked clip.
        scale: reference px per canonical unit.
        layout: order of the numbers.

    Returns:
        float32 (N,), each in its number's own unit.
    """
    morphable, silhouette = enrolment.model.morphable, enrolment.model.silhouette
    moved = morphable.basis[:LANDMARK_DIMS] * morphable.deviation[:LANDMARK_DIMS, None, None] * scale
    landmarks = FACE_STEP_PX / np.sqrt((moved[..., :2] ** 2).sum(2).mean(1)).clip(1e-3)
    outline = FACE_STEP_PX / (np.sqrt((silhouette.basis**2).mean(1)) * silhouette.deviation * scale).clip(1e-3)
    z = np.concatenate([np.concatenate([landmarks, outline]).clip(*STEP_LIMITS), np.full(LEARNED, LEARNED_STEP)])
    turn = POSE_STEP_PX / scale
    pose = np.array([turn, turn, turn, POSE_STEP_PX, POSE_STEP_PX, turn])
    return layout.pack(FaceCode(z.astype(np.float32), pose.astype(np.float32), np.full(20, TORSO_STEP_PX, np.float32)))


@torch.no_grad()
def torso_map(avatar: Avatar, codes: list[FaceCode]) -> NDArray[np.uint8]:
    """Blocks of the torso's coordinates where its field covers anything in some of the codes: uint8 (64, 64)."""
    side = 4 * TORSO_BLOCK
    axis = (np.arange(side) + 0.5) / side * (REFERENCE_SIZE + 2 * TORSO_MARGIN) - TORSO_MARGIN
    device = avatar.conditioner.constraint.device
    points = torch.from_numpy(np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2).astype(np.float32)).to(device)
    select = torch.ones(len(points), 1, device=device)
    most = np.zeros(side * side, np.float32)
    for n in np.linspace(0, len(codes) - 1, min(MAPPED_FRAMES, len(codes))).astype(int):
        code = codes[n]
        batch = [torch.from_numpy(v)[None].to(device) for v in (code.z, code.pose, code.torso)]
        _, cover = avatar.torso(points, select, avatar.conditioner(*batch)[2])
        most = np.maximum(most, cover.cpu().numpy())
    block = (most.reshape(TORSO_BLOCK, 4, TORSO_BLOCK, 4) > TORSO_VISIBLE).any((1, 3))
    return np.asarray(cv2.dilate(block.astype(np.uint8), np.ones((3, 3), np.uint8)), np.uint8)


def assemble(trainer: Trainer, enrolment: Enrolment, calibration: Calibration, name: str) -> tuple[Identity, int]:
    """Packs everything that sender and receiver need.

    Args:
        trainer: a training run whose density is baked.
        enrolment: the tracked clip.
        calibration: what alignment taught about the tracking.
        name: whom the identity shows.

    Returns:
        the identity and the size of its file in bytes.
    """
    codes = trainer.face_codes()
    trainer.avatar.conditioner.set_range(np.stack([code.z for code in codes]))
    trainer.avatar.torso_map = torso_map(trainer.avatar, codes)
    trainer.avatar.plate = trainer.plate(len(trainer.data.plates) - 1)
    layout = Layout()
    scale = float(np.exp(np.median(trainer.data.pose[:, 5])))
    steps = quantiser_steps(enrolment, scale, layout)
    cuts = [start for start in trainer.data.starts if start > 0]
    tables = train_tables(np.stack([layout.pack(code) for code in codes]), cuts, steps, layout)
    arrays = {
        **trainer.avatar.to_arrays(),
        **trainer.embedding.to_arrays(),
        **enrolment.model.to_arrays(),
        **calibration.to_arrays(),
        **{f"codec.{key}": value for key, value in tables.to_arrays().items()},
    }
    meta = {"frames": len(codes), "size": int(trainer.data.rgb.shape[1])}
    identity = Identity(name, int(time.time()), meta, arrays)
    return identity, len(pack_identity(identity))
