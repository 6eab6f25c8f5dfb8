"""Multi-resolution hash encoding (Müller et al. 2022), with the index convention of tiny-cuda-nn.

The convention (level scale ``N * b**l - 1``, half-cell shift, dense coarse levels, level sizes a multiple of 8) is
shared by every backend, so that one set of weights runs on all of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.field import kernels

PRIMES = (1, 2654435761, 805459861)
"""Spatial hash of Müller et al. 2022, equation 4."""


@dataclass(frozen=True, slots=True)
class GridSpec:
    """Shape of one hash grid.

    Attributes:
        dims: 2 or 3 input coordinates, each in [0, 1].
        levels: number of resolutions.
        base: cells per axis of the coarsest level.
        finest: cells per axis of the finest level.
        log2_entries: largest number of entries per level, as a power of two.
        features: numbers per entry; 4, which the kernels are written for.
    """

    dims: int
    levels: int = 8
    base: int = 16
    finest: int = 160
    log2_entries: int = 15
    features: int = 4

    @property
    def width(self) -> int:
        """Numbers per encoded point."""
        return self.levels * self.features


@dataclass(frozen=True, slots=True)
class GridLayout:
    """Where each level of a grid lies in its table.

    Attributes:
        scale: float32 (L,), cells per unit coordinate, less one.
        resolution: int64 (L,), vertices per axis.
        offset: int64 (L + 1,), first entry of each level; the last is the table's length.
        dense: bool (L,), whether a level is stored without hashing.
    """

    scale: NDArray[np.float32]
    resolution: NDArray[np.int64]
    offset: NDArray[np.int64]
    dense: NDArray[np.bool_]

    @classmethod
    def of(cls, spec: GridSpec) -> GridLayout:
        """Lays the levels of ``spec`` out one after the other."""
        growth = math.exp(math.log(spec.finest / spec.base) / (spec.levels - 1))
        scale = np.array([spec.base * growth**level - 1.0 for level in range(spec.levels)], np.float32)
        resolution = np.ceil(scale).astype(np.int64) + 1
        most = 1 << spec.log2_entries
        full = [-(-(int(r) ** spec.dims) // 8) * 8 for r in resolution]
        offset = np.cumsum([0] + [min(most, n) for n in full]).astype(np.int64)
        dense = np.array([int(r) ** spec.dims <= most for r in resolution])
        return cls(scale, resolution, offset, dense)


class HashGrid(nn.Module):
    """A trainable hash grid: (n, dims) coordinates in [0, 1] to (n, levels * features) numbers.

    Coordinates carry no gradient: neither training nor rendering needs one.
    """

    def __init__(self, spec: GridSpec) -> None:
        super().__init__()
        self.spec = spec
        self.layout = GridLayout.of(spec)
        table = torch.empty(int(self.layout.offset[-1]), spec.features).uniform_(-1e-4, 1e-4)
        self.table = nn.Parameter(table)

    def forward(self, x: Tensor) -> Tensor:
        """Encodes points.

        Args:
            x: float32 (n, dims) in [0, 1].

        Returns:
            float32 (n, levels * features), level after level.
        """
        if x.device.type == "cpu":
            encoded: Tensor = _CpuEncode.apply(x, self.table, self.layout)
            return encoded
        return encode_reference(x, self.table, self.spec, self.layout)


def encode_reference(x: Tensor, table: Tensor, spec: GridSpec, layout: GridLayout) -> Tensor:
    """The encoding in plain torch, on any device: the specification that kernels are held against.

    Args:
        x: float32 (n, dims) in [0, 1].
        table: float32 (entries, features).
        spec: shape of the grid.
        layout: its levels.

    Returns:
        float32 (n, levels * features).
    """
    out = []
    for level in range(spec.levels):
        position = x * float(layout.scale[level]) + 0.5
        cell = position.floor()
        fraction = position - cell
        corner0 = cell.to(torch.int64)
        start, stop = int(layout.offset[level]), int(layout.offset[level + 1])
        value = torch.zeros(x.shape[0], spec.features, device=x.device)
        for corner in range(1 << spec.dims):
            bits = [(corner >> axis) & 1 for axis in range(spec.dims)]
            weight = torch.ones(x.shape[0], device=x.device)
            for axis, bit in enumerate(bits):
                weight = weight * (fraction[:, axis] if bit else 1.0 - fraction[:, axis])
            index = _index(corner0 + torch.tensor(bits, device=x.device), layout, level, stop - start)
            value = value + weight[:, None] * table[start + index]
        out.append(value)
    return torch.cat(out, dim=1)


def _index(corner: Tensor, layout: GridLayout, level: int, size: int) -> Tensor:
    dims = corner.shape[1]
    if layout.dense[level]:
        resolution = int(layout.resolution[level])
        index = sum(corner[:, axis] * resolution**axis for axis in range(dims))
    else:
        index = corner[:, 0] * PRIMES[0]
        for axis in range(1, dims):
            index = index ^ (corner[:, axis] * PRIMES[axis])
        index = index & 0xFFFFFFFF
    return torch.as_tensor(index) % size


class _CpuEncode(torch.autograd.Function):
    """The encoding and its gradient with respect to the table, in compiled CPU kernels."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, x: Tensor, table: Tensor, layout: GridLayout) -> Tensor:
        points = np.ascontiguousarray(x.detach().numpy(), np.float32)
        out = np.empty((points.shape[0], len(layout.scale) * table.shape[1]), np.float32)
        encode = kernels.encode_3d if points.shape[1] == 3 else kernels.encode_2d
        encode(points, table.detach().numpy(), layout.scale, layout.resolution, layout.offset, layout.dense, out)
        ctx.points, ctx.layout, ctx.shape = points, layout, table.shape  # type: ignore[attr-defined]
        return torch.from_numpy(out)

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, *grad_outputs: Tensor) -> tuple[None, Tensor, None]:
        points, layout, shape = ctx.points, ctx.layout, ctx.shape  # type: ignore[attr-defined]
        gradient = np.ascontiguousarray(grad_outputs[0].numpy(), np.float32)
        table = np.zeros(tuple(shape), np.float32)
        scatter = kernels.scatter_3d if points.shape[1] == 3 else kernels.scatter_2d
        scatter(points, gradient, layout.scale, layout.resolution, layout.offset, layout.dense, table)
        return None, torch.from_numpy(table), None
