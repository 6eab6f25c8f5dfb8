"""How a frame's texture reaches its pixels: bilinear lookups on head and torso, compiled and in torch.

Where a texture lies on the person: `codec.texture.Texture`.
"""

from __future__ import annotations

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from codec.texture import Texture
from models.field.space import BOX_HIGH, BOX_LOW
from models.kernel_cache import JIT

BARE = (np.zeros((0, 0, 3), np.float32), np.zeros((0, 0, 3), np.float32))
"""What kernels take where there is no texture."""

_X, _Y = np.float32(BOX_LOW[0]), np.float32(BOX_LOW[1])
_PER_X = np.float32(1.0 / (BOX_HIGH[0] - BOX_LOW[0]))
_PER_Y = np.float32(1.0 / (BOX_HIGH[1] - BOX_LOW[1]))


def kernel_texture(texture: Texture) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A texture as the kernels take it: the head's texels and the torso's."""
    return np.ascontiguousarray(texture.head), np.ascontiguousarray(texture.torso)


@numba.njit(inline="always", **JIT)
def add_texel(texels, x, y, weight, light, at):  # type: ignore[no-untyped-def]
    """Adds a weighted texel to light (n, 3) at a place; x and y in [0, 1], texels (rows, columns, 3)."""
    one = np.float32(1.0)
    half = np.float32(0.5)
    rows, columns = texels.shape[0], texels.shape[1]
    gx = min(max(x * np.float32(columns) - half, np.float32(0.0)), np.float32(columns - 1))
    gy = min(max(y * np.float32(rows) - half, np.float32(0.0)), np.float32(rows - 1))
    i, j = min(np.int32(gx), columns - 2), min(np.int32(gy), rows - 2)
    fx, fy = gx - np.float32(i), gy - np.float32(j)
    w00, w10 = weight * (one - fx) * (one - fy), weight * fx * (one - fy)
    w01, w11 = weight * (one - fx) * fy, weight * fx * fy
    for c in range(3):
        top = w00 * texels[j, i, c] + w10 * texels[j, i + 1, c]
        light[at, c] += top + w01 * texels[j + 1, i, c] + w11 * texels[j + 1, i + 1, c]


@numba.njit(inline="always", **JIT)
def add_head_texel(texels, x, y, weight, light, at):  # type: ignore[no-untyped-def]
    """`add_texel` at a canonical point."""
    add_texel(texels, (x - _X) * _PER_X, (y - _Y) * _PER_Y, weight, light, at)


def head_place(points: Tensor) -> Tensor:
    """Places (n, 2) in [0, 1] of canonical points (n, 3) on the head's texels."""
    low, high = (torch.tensor(corner[:2], device=points.device) for corner in (BOX_LOW, BOX_HIGH))
    return (points[:, :2] - low) / (high - low)


def texels_at(texels: Tensor, place: Tensor) -> Tensor:
    """`add_texel` in torch.

    Args:
        texels: float32 (rows, columns, 3).
        place: float32 (n, 2), x and y in [0, 1].

    Returns:
        float32 (n, 3).
    """
    grid = place[None, None] * 2.0 - 1.0
    image = texels.permute(2, 0, 1)[None]
    found = nn.functional.grid_sample(image, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return found[0, :, 0].T
