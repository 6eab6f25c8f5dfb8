"""Small networks that run once per frame and turn its code into a few columns of the fields' weights.

Conditioning therefore costs a handful of columns per sample: a sample's gates (how near it lies to mouth, eyes and
neck) are multiplied with rows of weights made here, so that a new mouth does not disturb the hair.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from codec.types import CODE_SIZE, POSE_SIZE, TORSO_SIZE
from models.field.planes import BASES, PLANES
from models.field.warp import LANDMARK_DIMS

GATES = 5
"""Mouth, left eye, right eye, seam at the neck, everywhere."""

CONSTRAINT_SIZE = 16
"""Numbers of the consistency-constraint code (Li et al. 2024, section III-C), learned once per person."""

TORSO_LEADING = 8
"""Torso numbers (the principal flow fields) that also shade the torso: folds follow the shoulders."""


RANGE_TAIL = 0.02
"""Share of an enrolment's frames beyond either end of the range that colours follow: networks extrapolate badly, and
unseen grimaces are 0.2 dB better with it."""


FARTHEST = 2.2
"""Standard deviations of pose and torso that colours follow: light turns with a head, but a head that sits a hand's
breadth lower after a pause keeps its colours. Shifted by 24 px it is 1.8 dB better with it than with 4; where heads
stay as they were enrolled it is 0.03 to 0.07 dB better, and with 1.6 no better."""


def _network(inputs: int, outputs: int, hidden: int = 64) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, outputs))


class Conditioner(nn.Module):
    """Per-frame weights of head and torso from the frame's code.

    The consistency-constraint code enters the head's seam row and the torso's bias alike: one set of numbers that the
    errors of both fields train, so that what they show where they meet agrees.
    """

    pose_mean: Tensor
    pose_scale: Tensor
    torso_scale: Tensor
    code_low: Tensor
    code_high: Tensor

    def __init__(self, hidden: int = 64) -> None:
        super().__init__()
        self.hidden = hidden
        self.constraint = nn.Parameter(0.1 * torch.randn(CONSTRAINT_SIZE))
        self.mouth = _network(CODE_SIZE, hidden)
        self.eyes = _network(CODE_SIZE, 2 * hidden)
        self.seam = _network(POSE_SIZE + TORSO_LEADING + CONSTRAINT_SIZE, hidden)
        self.everywhere = _network(CODE_SIZE - LANDMARK_DIMS + POSE_SIZE, hidden)
        self.second = _network(CODE_SIZE + POSE_SIZE, hidden)
        self.torso = _network(POSE_SIZE + TORSO_LEADING + CONSTRAINT_SIZE, hidden)
        self.blend = _network(CODE_SIZE + POSE_SIZE, PLANES * BASES)
        self.register_buffer("pose_mean", torch.zeros(POSE_SIZE))
        self.register_buffer("pose_scale", torch.ones(POSE_SIZE))
        self.register_buffer("torso_scale", torch.ones(TORSO_SIZE))
        self.register_buffer("code_low", torch.full((CODE_SIZE,), -4.0))
        self.register_buffer("code_high", torch.full((CODE_SIZE,), 4.0))

    def set_units(self, pose: NDArray[np.float32], torso: NDArray[np.float32]) -> None:
        """Takes mean and spread of a clip's pose (T, 6) and torso (T, 20) as the units of its inputs."""
        self.pose_mean.copy_(torch.from_numpy(pose.mean(0)))
        self.pose_scale.copy_(torch.from_numpy(pose.std(0) + np.float32(1e-3)))
        self.torso_scale.copy_(torch.from_numpy(torso.std(0) + np.float32(1e-2)))

    def set_range(self, codes: NDArray[np.float32]) -> None:
        """Takes the range of a clip's codes (T, 30): beyond it the warp goes on, but colours stay those that it saw."""
        low, high = np.quantile(codes, (RANGE_TAIL, 1.0 - RANGE_TAIL), axis=0).astype(np.float32)
        self.code_low.copy_(torch.from_numpy(low))
        self.code_high.copy_(torch.from_numpy(high))

    @contextmanager
    def within_range(self, codes: NDArray[np.float32]) -> Iterator[None]:
        """Keeps colours within the range of a clip's codes (T, 30) for a while, as a receiver does."""
        low, high = self.code_low.clone(), self.code_high.clone()
        self.set_range(codes)
        try:
            yield
        finally:
            self.code_low.copy_(low)
            self.code_high.copy_(high)

    def shaken(self, pose: Tensor, torso: Tensor, by: float) -> tuple[Tensor, Tensor]:
        """Pose (F, 6) and torso (F, 20) with noise of so many of their standard deviations."""
        noisy_pose = pose + by * self.pose_scale * torch.randn_like(pose)
        return noisy_pose, torso + by * self.torso_scale * torch.randn_like(torso)

    def forward(self, z: Tensor, pose: Tensor, torso: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Weights of a batch of frames.

        Args:
            z: float32 (F, 30) codes.
            pose: float32 (F, 6), as in `codec.types.FaceCode`.
            torso: float32 (F, 20), likewise.

        Returns:
            rows of the head's first layer (F, 5, hidden), bias of its second (F, hidden), bias of the torso's first
            (F, hidden), weights of the feature planes' bases (F, 4, BASES).
        """
        p = ((pose - self.pose_mean) / self.pose_scale).clamp(-FARTHEST, FARTHEST)
        z = torch.minimum(torch.maximum(z, self.code_low), self.code_high)
        t = (torso / self.torso_scale).clamp(-FARTHEST, FARTHEST)[:, :TORSO_LEADING]
        shared = torch.cat([p, t, self.constraint.expand(z.shape[0], -1)], 1)
        rows = [self.mouth(z), *self.eyes(z).chunk(2, 1), self.seam(shared)]
        rows.append(self.everywhere(torch.cat([z[:, LANDMARK_DIMS:], p], 1)))
        whole = torch.cat([z, p], 1)
        blend = self.blend(whole).view(-1, PLANES, BASES)
        return torch.stack(rows, 1), self.second(whole), self.torso(shared), blend
