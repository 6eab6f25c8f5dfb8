"""The head field: density and colour of points in canonical space (Li et al. 2024, equations 3-5).

Density does not depend on the expression: motion is the warp's work. So it can be baked into a small grid, and a ray
needs one colour sample, at its expected depth.
"""

from __future__ import annotations

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.field.conditioning import GATES
from models.field.hashgrid import GridSpec, HashGrid
from models.field.planes import BlendedPlanes
from models.field.space import unit_head
from models.kernel_cache import JIT

HEAD_GRID = GridSpec(dims=3, levels=8, base=16, finest=192, log2_entries=15)

SEAM_Y, SEAM_WIDTH = 1.6, 0.3
MOUTH_WIDTH, EYE_WIDTH = 0.4, 0.28
"""Widths of the gates' Gaussians in canonical units."""


def matmul_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where the machine multiplies it natively (14 times float32's speed on AMX), else float32."""
    if device.type == "cuda":
        return torch.bfloat16
    return torch.bfloat16 if torch.ops.mkldnn._is_mkldnn_bf16_supported() else torch.float32


class HeadField(nn.Module):
    """Density and colour of canonical points."""

    gate_centre: Tensor
    readout: Tensor

    def __init__(self, hidden: int = 64) -> None:
        super().__init__()
        self.grid = HashGrid(HEAD_GRID)
        self.planes = BlendedPlanes()
        self.first = nn.Linear(HEAD_GRID.width, hidden)
        self.middle = nn.Linear(hidden, hidden)
        self.last = nn.Linear(hidden, 3)
        self.register_buffer("gate_centre", torch.zeros(3, 3))
        readout = torch.zeros(HEAD_GRID.width)
        readout[:: HEAD_GRID.features] = 2.0
        self.register_buffer("readout", readout, persistent=False)

    def encode(self, x: Tensor) -> Tensor:
        """Hash features (n, 32) of canonical points (n, 3)."""
        encoded: Tensor = self.grid(unit_head(x).clamp(0.0, 1.0))
        return encoded

    def density(self, features: Tensor) -> Tensor:
        """Density (n,) per canonical unit, from the first feature of every level."""
        return torch.exp((features @ self.readout + 1.5).clamp(max=8.0))

    def gates(self, x: Tensor) -> Tensor:
        """How near points (n, 3) lie to mouth, eyes and seam, and one constant: (n, 5)."""
        square = ((x[:, None] - self.gate_centre) ** 2).sum(2)
        width = torch.tensor([MOUTH_WIDTH, EYE_WIDTH, EYE_WIDTH], device=x.device)
        near = torch.exp(-0.5 * square / width**2)
        seam = torch.exp(-0.5 * ((x[:, 1:2] - SEAM_Y) / SEAM_WIDTH) ** 2)
        return torch.cat([near, seam, torch.ones_like(seam)], 1)

    def colour(self, features: Tensor, columns: Tensor, select: Tensor, rows: Tensor, second: Tensor) -> Tensor:
        """Colour of samples that may belong to several frames.

        Args:
            features: (n, 32) hash features.
            columns: (n, 5 F), each sample's gates in its own frame's columns, zeros in the others (`gate_columns`).
            select: (n, F), one-hot frame of each sample.
            rows: (F, 5, hidden), from the conditioner.
            second: (F, hidden), likewise.

        Returns:
            float32 (n, 3) in [0, 1].
        """
        kind = matmul_dtype(features.device)
        x = torch.cat([features.to(kind), columns.to(kind)], 1)
        weight = torch.cat([self.first.weight, rows.reshape(-1, rows.shape[2]).T], 1)
        hidden = torch.relu(nn.functional.linear(x, weight.to(kind), self.first.bias.to(kind)))
        x = torch.cat([hidden, select.to(kind)], 1)
        weight = torch.cat([self.middle.weight, second.T], 1)
        hidden = torch.relu(nn.functional.linear(x, weight.to(kind), self.middle.bias.to(kind)))
        out = nn.functional.linear(hidden, self.last.weight.to(kind), self.last.bias.to(kind))
        return torch.sigmoid(out.float())


@numba.njit(parallel=True, **JIT)
def _gate_columns(points, frame, centre, columns):  # type: ignore[no-untyped-def]
    for n in numba.prange(points.shape[0]):
        start = frame[n] * GATES
        for g in range(3):
            width = np.float32(MOUTH_WIDTH) if g == 0 else np.float32(EYE_WIDTH)
            dx, dy, dz = points[n, 0] - centre[g, 0], points[n, 1] - centre[g, 1], points[n, 2] - centre[g, 2]
            columns[n, start + g] = np.exp(np.float32(-0.5) / (width * width) * (dx * dx + dy * dy + dz * dz))
        dy = (points[n, 1] - np.float32(SEAM_Y)) * np.float32(1.0 / SEAM_WIDTH)
        columns[n, start + 3] = np.exp(np.float32(-0.5) * dy * dy)
        columns[n, start + 4] = np.float32(1.0)


def gate_columns(
    points: NDArray[np.float32], frame: NDArray[np.int64], frames: int, centre: NDArray[np.float32]
) -> NDArray[np.float32]:
    """`HeadField.gates` of points of several frames, each in its own frame's columns.

    Args:
        points: float32 (n, 3), canonical.
        frame: int64 (n,), in [0, frames).
        frames: F.
        centre: float32 (3, 3), mouth and eyes.

    Returns:
        float32 (n, 5 F).
    """
    columns = np.zeros((len(points), GATES * frames), np.float32)
    _gate_columns(points, frame, centre, columns)
    return columns
