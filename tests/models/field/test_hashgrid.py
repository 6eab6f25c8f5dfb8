"""The compiled encoding against its plain-torch specification, gradient included."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.field.hashgrid import GridLayout, GridSpec, HashGrid, encode_reference
from models.field.head import HEAD_GRID
from models.field.torso import TORSO_GRID


@pytest.mark.parametrize("spec", [HEAD_GRID, TORSO_GRID])
@pytest.mark.parametrize("count", [1, 513, 3000])
def test_kernel_matches_reference(spec: GridSpec, count: int) -> None:
    torch.manual_seed(count)
    grid = HashGrid(spec)
    grid.table.data.normal_()
    x = torch.rand(count, spec.dims)
    fast, slow = grid(x), encode_reference(x, grid.table, spec, grid.layout)
    assert (fast - slow).abs().max() < 1e-3
    weight = torch.randn_like(fast)
    (by_kernel,) = torch.autograd.grad((fast * weight).sum(), grid.table)
    (by_torch,) = torch.autograd.grad((slow * weight).sum(), grid.table)
    assert (by_kernel - by_torch).abs().max() < 1e-3


@pytest.mark.parametrize("spec", [HEAD_GRID, TORSO_GRID])
def test_corners_of_the_cube_stay_in_the_table(spec: GridSpec) -> None:
    grid = HashGrid(spec)
    corners = torch.tensor(np.stack(np.meshgrid(*[[0.0, 1.0]] * spec.dims), -1).reshape(-1, spec.dims)).float()
    assert torch.isfinite(grid(corners)).all()
    assert (grid(corners) - encode_reference(corners, grid.table, spec, grid.layout)).abs().max() < 1e-6


def test_layout_follows_tiny_cuda_nn() -> None:
    layout = GridLayout.of(GridSpec(dims=3, levels=2, base=16, finest=64, log2_entries=15))
    assert layout.scale.tolist() == [15.0, 63.0]
    assert layout.resolution.tolist() == [16, 64]
    assert layout.offset.tolist() == [0, 4096, 4096 + 32768]
    assert layout.dense.tolist() == [True, False]


def test_a_grid_learns_a_function() -> None:
    torch.manual_seed(0)
    grid = HashGrid(GridSpec(dims=2, levels=4, base=8, finest=64, log2_entries=12))
    optimiser = torch.optim.Adam(grid.parameters(), lr=0.02)
    x = torch.rand(4096, 2)
    wanted = torch.sin(12.0 * x[:, 0]) * x[:, 1]
    errors = []
    for _ in range(120):
        loss = ((grid(x).sum(1) - wanted) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        errors.append(loss.item())
    assert errors[-1] < 0.01 * errors[0]
