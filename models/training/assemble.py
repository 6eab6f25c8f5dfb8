"""From a trained avatar to an identity: coverage maps, the codec's personal statistics, and all arrays."""

from __future__ import annotations

import time

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from codec.identity import Identity, pack_identity
from codec.layout import Layout
from codec.quantise import quantise_mixing
from codec.table_training import train_tables
from codec.types import REFERENCE_SIZE, FaceCode
from models.calibration import Calibration
from models.clip import evenly
from models.field.avatar import TORSO_BLOCK, Avatar
from models.field.space import TORSO_MARGIN
from models.field.torso import COVERS, IN_FRONT
from models.fineness import EXPECTED
from models.tracking.enrolment import Enrolment
from models.training.sensitivity import (
    PROBED_FRAMES,
    component_mixing,
    expected_error,
    innovations,
    probes,
    sensitivity,
)
from models.training.trainer import Trainer

MOUTH_LANDMARKS = (13, 14)
RIGHT_EYE_LANDMARKS = (33, 133)
LEFT_EYE_LANDMARKS = (362, 263)
"""MediaPipe FaceMesh: inner lips, and the corners of each eye."""

TORSO_VISIBLE = 0.02
MAPPED_FRAMES = 12
"""Torso coverage under which a block is left out, and the codes that it is measured with."""


def feature_centres(mean: NDArray[np.float32]) -> NDArray[np.float32]:
    """Canonical positions of mouth, right eye and left eye on a mean face (478, 3): float32 (3, 3)."""
    groups = (MOUTH_LANDMARKS, RIGHT_EYE_LANDMARKS, LEFT_EYE_LANDMARKS)
    return np.stack([mean[list(group)].mean(0) for group in groups]).astype(np.float32)


@torch.no_grad()
def torso_map(avatar: Avatar, codes: list[FaceCode]) -> NDArray[np.uint8]:
    """Where the torso's field covers anything in some of the codes, and where in front of the head.

    Args:
        avatar: the person.
        codes: codes to choose some from.

    Returns:
        uint8 (64, 64) over the torso's coordinates: `COVERS` and `IN_FRONT`.
    """
    side = 4 * TORSO_BLOCK
    axis = (np.arange(side) + 0.5) / side * (REFERENCE_SIZE + 2 * TORSO_MARGIN) - TORSO_MARGIN
    device = avatar.conditioner.constraint.device
    points = torch.from_numpy(np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2).astype(np.float32)).to(device)
    select = torch.ones(len(points), 1, device=device)
    most = np.zeros((2, side * side), np.float32)
    for n in evenly(len(codes), MAPPED_FRAMES):
        code = codes[n]
        batch = [torch.from_numpy(v)[None].to(device) for v in (code.z, code.pose, code.torso)]
        _, behind, front = avatar.torso(points, select, avatar.conditioner(*batch)[2])
        most = np.maximum(most, torch.stack([behind, front]).cpu().numpy())
    blocks = (most.reshape(2, TORSO_BLOCK, 4, TORSO_BLOCK, 4) > TORSO_VISIBLE).any((2, 4)).astype(np.uint8)
    anywhere, in_front = (cv2.dilate(block, np.ones((3, 3), np.uint8)) for block in (blocks.max(0), blocks[1]))
    return np.asarray(COVERS * anywhere + IN_FRONT * in_front, np.uint8)


def assemble(
    trainer: Trainer,
    enrolment: Enrolment,
    calibration: Calibration,
    name: str,
    threads: int | None = None,
    probed: int = PROBED_FRAMES,
) -> tuple[Identity, int]:
    """Packs everything that sender and receiver need.

    Args:
        trainer: a training run whose density is baked.
        enrolment: the tracked clip.
        calibration: what alignment taught about the tracking.
        name: whom the identity shows.
        threads: processor threads; all when None.
        probed: frames that the picture's sensitivity is measured on.

    Returns:
        the identity and the size of its file in bytes.
    """
    codes = trainer.face_codes()
    trainer.avatar.conditioner.set_range(np.stack([code.z for code in codes]))
    trainer.avatar.torso_map = torso_map(trainer.avatar, codes)
    trainer.avatar.plate = trainer.plate(len(trainer.data.plates) - 1)
    layout = Layout(freeform=trainer.avatar.freeform.size)
    scale = float(np.exp(np.median(trainer.data.pose[:, 5])))
    probe = probes(enrolment, scale, layout)
    numbers = np.stack([layout.pack(code) for code in codes])
    gram, error = sensitivity(trainer, probe, layout, threads, probed)
    moments = innovations(numbers, trainer.data.starts)
    expected = expected_error(error)
    mixing, steps = quantise_mixing(component_mixing(gram, expected, moments, probe))
    cuts = [start for start in trainer.data.starts if start > 0]
    tables = train_tables(numbers, cuts, steps, layout, mixing)
    arrays = {
        **trainer.avatar.to_arrays(),
        **trainer.embedding.to_arrays(),
        **enrolment.model.to_arrays(),
        **calibration.to_arrays(),
        **{f"codec.{key}": value for key, value in tables.to_arrays().items()},
    }
    meta = {"frames": len(codes), "size": int(trainer.data.rgb.shape[1]), EXPECTED: round(expected, 3)}
    identity = Identity(name, int(time.time()), meta, arrays)
    return identity, len(pack_identity(identity))
