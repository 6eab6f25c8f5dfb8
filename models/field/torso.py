"""The torso field: colour and coverage of points of the torso's reference picture.

A pixel is moved into that picture by the frame's torso flow; the hash grid answers there. Most of a torso is behind the
head, but a collar is before the neck: so the field has two coverages, one behind the head and one in front of it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.field.hashgrid import GridSpec, HashGrid
from models.field.head import matmul_dtype
from models.field.space import unit_torso

TORSO_GRID = GridSpec(dims=2, levels=8, base=16, finest=320, log2_entries=15)

COVERS, IN_FRONT = 1, 2
"""Bits of a torso map's block: its field may cover anything at all, and may cover the head."""

FRONT_START = -3.0
"""Where training begins, before the logistic function: 5 % in front, so that the head is learned from the pictures."""


class TorsoField(nn.Module):
    """Colour and coverages in the torso's reference picture."""

    def __init__(self, hidden: int = 64) -> None:
        super().__init__()
        self.grid = HashGrid(TORSO_GRID)
        self.first = nn.Linear(TORSO_GRID.width, hidden)
        self.middle = nn.Linear(hidden, hidden)
        self.last = nn.Linear(hidden, 4)
        self.front = nn.Linear(hidden, 1)
        nn.init.constant_(self.front.bias, FRONT_START)

    def forward(self, x: Tensor, select: Tensor, bias: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Shades points.

        Args:
            x: float32 (n, 2), reference px in the reference picture.
            select: (n, F), one-hot frame of each point.
            bias: (F, hidden), first-layer bias of each frame, from the conditioner.

        Returns:
            colour float32 (n, 3), coverage behind the head and in front of it, float32 (n,), all in [0, 1].
        """
        kind = matmul_dtype(x.device)
        features = torch.cat([self.grid(unit_torso(x)), select], 1).to(kind)
        weight = torch.cat([self.first.weight, bias.T], 1)
        hidden = torch.relu(nn.functional.linear(features, weight.to(kind), self.first.bias.to(kind)))
        hidden = torch.relu(nn.functional.linear(hidden, self.middle.weight.to(kind), self.middle.bias.to(kind)))
        weight, bias = self.outputs()
        out = torch.sigmoid(nn.functional.linear(hidden, weight.to(kind), bias.to(kind)).float())
        return out[:, :3], out[:, 3], out[:, 4]

    def outputs(self) -> tuple[Tensor, Tensor]:
        """Weight (5, hidden) and bias (5,) of the last layer: colour, coverage behind the head and in front of it."""
        return torch.cat([self.last.weight, self.front.weight]), torch.cat([self.last.bias, self.front.bias])


def layered(light: Tensor, cover: Tensor, torso: tuple[Tensor, Tensor, Tensor], plate: Tensor) -> Tensor:
    """The torso's front over the head over the torso over the background.

    Args:
        light: float32 (n, 3), the head's colour times its coverage.
        cover: float32 (n,), that coverage.
        torso: colour and coverages, from `TorsoField`.
        plate: float32 (n, 3), the background.

    Returns:
        float32 (n, 3).
    """
    colour, behind, front = torso
    under = behind[:, None] * colour + (1.0 - behind)[:, None] * plate
    head = light + (1.0 - cover)[:, None] * under
    return front[:, None] * colour + (1.0 - front)[:, None] * head


def flow_at(pixels: Tensor, flow: Tensor, frame: Tensor) -> Tensor:
    """Bilinear torso flow.

    Args:
        pixels: float32 (n, 2), reference px.
        flow: float32 (F, 64, 64, 2), on nodes 4 px apart, the first at 2 px (a cell's centre).
        frame: int64 (n,), each pixel's frame.

    Returns:
        float32 (n, 2), reference px.
    """
    size = flow.shape[1]
    position = ((pixels - 2.0) / 4.0).clamp(0.0, size - 1.0)
    cell = position.floor().clamp(max=size - 2.0)
    fx, fy = (position - cell).unbind(1)
    i, j = cell.to(torch.int64).unbind(1)
    top = flow[frame, j, i] * (1 - fx)[:, None] + flow[frame, j, i + 1] * fx[:, None]
    low = flow[frame, j + 1, i] * (1 - fx)[:, None] + flow[frame, j + 1, i + 1] * fx[:, None]
    return top * (1 - fy)[:, None] + low * fy[:, None]
