"""The head field: density and colour of points in canonical space (Li et al. 2024, equations 3-5).

Density does not depend on the expression: motion is the warp's work. So it can be baked into a small grid, and a ray
needs one colour sample, at its expected depth.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.field.conditioning import GATES
from models.field.hashgrid import GridSpec, HashGrid
from models.field.space import unit_head

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

    def __init__(self, hidden: int = 64) -> None:
        super().__init__()
        self.grid = HashGrid(HEAD_GRID)
        self.first = nn.Linear(HEAD_GRID.width, hidden)
        self.middle = nn.Linear(hidden, hidden)
        self.last = nn.Linear(hidden, 3)
        self.register_buffer("gate_centre", torch.zeros(3, 3))

    def encode(self, x: Tensor) -> Tensor:
        """Hash features (n, 32) of canonical points (n, 3)."""
        encoded: Tensor = self.grid(unit_head(x).clamp(0.0, 1.0))
        return encoded

    @staticmethod
    def density(features: Tensor) -> Tensor:
        """Density (n,) per canonical unit, from the first feature of every level."""
        return torch.exp((2.0 * features[:, ::4].sum(1) + 1.5).clamp(max=8.0))

    def gates(self, x: Tensor) -> Tensor:
        """How near points (n, 3) lie to mouth, eyes and seam, and one constant: (n, 5)."""
        square = ((x[:, None] - self.gate_centre) ** 2).sum(2)
        width = torch.tensor([MOUTH_WIDTH, EYE_WIDTH, EYE_WIDTH], device=x.device)
        near = torch.exp(-0.5 * square / width**2)
        seam = torch.exp(-0.5 * ((x[:, 1:2] - SEAM_Y) / SEAM_WIDTH) ** 2)
        return torch.cat([near, seam, torch.ones_like(seam)], 1)

    def colour(self, features: Tensor, gates: Tensor, select: Tensor, rows: Tensor, second: Tensor) -> Tensor:
        """Colour of samples that may belong to several frames.

        Args:
            features: (n, 32) hash features.
            gates: (n, 5).
            select: (n, F), one-hot frame of each sample.
            rows: (F, 5, hidden), from the conditioner.
            second: (F, hidden), likewise.

        Returns:
            float32 (n, 3) in [0, 1].
        """
        kind = matmul_dtype(features.device)
        columns = (select[:, :, None] * gates[:, None]).reshape(len(select), -1)
        x = torch.cat([features, columns], 1).to(kind)
        weight = torch.cat([self.first.weight, rows.reshape(-1, rows.shape[2]).T], 1)
        hidden = torch.relu(nn.functional.linear(x, weight.to(kind), self.first.bias.to(kind)))
        x = torch.cat([hidden, select.to(kind)], 1)
        weight = torch.cat([self.middle.weight, second.T], 1)
        hidden = torch.relu(nn.functional.linear(x, weight.to(kind), self.middle.bias.to(kind)))
        out = nn.functional.linear(hidden, self.last.weight.to(kind), self.last.bias.to(kind))
        return torch.sigmoid(out.float())


assert GATES == 5
