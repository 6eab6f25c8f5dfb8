"""How deep each pixel's ray must be marched, and the march itself.

A ray's samples are those of `models.field.march.march_ray`; what goes is the air before them. Once per frame every
block of the baked density is projected, as far as the frame's warp may have carried it, onto a coarse map of the
picture that remembers the nearest and the farthest depth where something can be.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from codec.types import REFERENCE_SIZE
from models.field.march import FINE_STEP, OPAQUE
from models.field.space import BOX_HIGH, BOX_LOW
from models.field.warp import NODES
from models.kernel_cache import JIT
from models.render.layers import decay

CELLS = 64
"""Cells per axis of the map of depths: 4 reference px, about what a block of density covers in the picture."""

BLOCK = 4
"""Baked cells along a block's edge."""

THIN = 0.01
"""Density that counts as air, per canonical unit."""

STEEPEST = 0.2
"""Least part of a ray's direction along the box's depth; heads turned further are marched as if at this angle."""


def dense_blocks(density: NDArray[np.float32]) -> NDArray[np.float32]:
    """Canonical centres (n, 3) of the blocks of baked cells that hold density."""
    nx, ny, nz = (n // BLOCK for n in density.shape)
    block = (density > THIN).reshape(nx, BLOCK, ny, BLOCK, nz, BLOCK).any((1, 3, 5))
    low, high = np.array(BOX_LOW), np.array(BOX_HIGH)
    return (low + (np.argwhere(block) + 0.5) * (high - low) / block.shape).astype(np.float32)


@numba.njit(**JIT)
def depth_ranges(rotation, translation, warp, blocks, shape):  # type: ignore[no-untyped-def]
    """Where along the rays of each map cell density can be.

    Args:
        rotation: float32 (3, 3).
        translation: float32 (3,).
        warp: float32 (NODES, NODES, 3).
        blocks: float32 (n, 3), from `dense_blocks`.
        shape: the baked density's.

    Returns:
        float32 (CELLS, CELLS, 2), nearest and farthest depth; the first is the larger where nothing is.
    """
    span = np.empty((CELLS, CELLS, 2), np.float32)
    far_away = np.float32(1e9)
    if rotation[2, 2] < np.float32(STEEPEST):
        span[:, :, 0], span[:, :, 1] = -far_away, far_away
        return span
    span[:, :, 0], span[:, :, 1] = far_away, -far_away
    scale = np.exp(translation[2])
    half = np.empty(3, np.float32)
    shift = np.empty(3, np.float32)
    for axis in range(3):
        low, high = warp[:, :, axis].min(), warp[:, :, axis].max()
        cell = np.float32((BOX_HIGH[axis] - BOX_LOW[axis]) / shape[axis])
        half[axis] = np.float32(BLOCK / 2 + 0.5) * cell + np.float32(0.5) * (high - low)
        shift[axis] = np.float32(0.5) * (low + high)
    reach = np.abs(rotation.T) @ half
    to_cell = np.float32(CELLS / REFERENCE_SIZE)
    reach_u, reach_v = scale * reach[0] * to_cell, scale * reach[1] * to_cell
    for n in range(blocks.shape[0]):
        x, y, z = blocks[n, 0] + shift[0], blocks[n, 1] + shift[1], blocks[n, 2] + shift[2]
        u = (scale * (x * rotation[0, 0] + y * rotation[1, 0] + z * rotation[2, 0]) + translation[0]) * to_cell
        v = (scale * (x * rotation[0, 1] + y * rotation[1, 1] + z * rotation[2, 1]) + translation[1]) * to_cell
        t = x * rotation[0, 2] + y * rotation[1, 2] + z * rotation[2, 2]
        left, right = max(0, int(np.floor(u - reach_u))), min(CELLS - 1, int(np.floor(u + reach_u)))
        top, bottom = max(0, int(np.floor(v - reach_v))), min(CELLS - 1, int(np.floor(v + reach_v)))
        for j in range(top, bottom + 1):
            for i in range(left, right + 1):
                span[j, i, 0] = min(span[j, i, 0], t - reach[2])
                span[j, i, 1] = max(span[j, i, 1], t + reach[2])
    return span


@numba.njit(inline="always", **JIT)
def _slab(origin, direction, low, high, first, last):  # type: ignore[no-untyped-def]
    """Narrows a ray's depths to those between two planes across an axis."""
    if abs(direction) < np.float32(1e-6):
        if origin < low or origin >= high:
            return first, first
        return first, last
    a, b = (low - origin) / direction, (high - origin) / direction
    return max(first, min(a, b)), min(last, max(a, b))


@numba.njit(inline="always", **JIT)
def _rest(x, y, z, warp):  # type: ignore[no-untyped-def]
    """Deformed canonical point to its place at rest."""
    gx = (x - np.float32(BOX_LOW[0])) * np.float32((NODES - 1) / (BOX_HIGH[0] - BOX_LOW[0]))
    gy = (y - np.float32(BOX_LOW[1])) * np.float32((NODES - 1) / (BOX_HIGH[1] - BOX_LOW[1]))
    gx = min(max(gx, np.float32(0.0)), np.float32(NODES - 1.001))
    gy = min(max(gy, np.float32(0.0)), np.float32(NODES - 1.001))
    i, j = np.int32(gx), np.int32(gy)
    fx, fy = gx - np.float32(i), gy - np.float32(j)
    gx, gy = np.float32(1.0) - fx, np.float32(1.0) - fy
    w00, w10, w01, w11 = gx * gy, fx * gy, gx * fy, fx * fy
    dx = w00 * warp[j, i, 0] + w10 * warp[j, i + 1, 0] + w01 * warp[j + 1, i, 0] + w11 * warp[j + 1, i + 1, 0]
    dy = w00 * warp[j, i, 1] + w10 * warp[j, i + 1, 1] + w01 * warp[j + 1, i, 1] + w11 * warp[j + 1, i + 1, 1]
    dz = w00 * warp[j, i, 2] + w10 * warp[j, i + 1, 2] + w01 * warp[j + 1, i, 2] + w11 * warp[j + 1, i + 1, 2]
    return x - dx, y - dy, z - dz


@numba.njit(inline="always", **JIT)
def _density_at(x, y, z, density):  # type: ignore[no-untyped-def]
    """Trilinear density; zero outside the box."""
    nx, ny, nz = density.shape
    gx = (x - np.float32(BOX_LOW[0])) * (np.float32(nx) * np.float32(1.0 / (BOX_HIGH[0] - BOX_LOW[0])))
    gy = (y - np.float32(BOX_LOW[1])) * (np.float32(ny) * np.float32(1.0 / (BOX_HIGH[1] - BOX_LOW[1])))
    gz = (z - np.float32(BOX_LOW[2])) * (np.float32(nz) * np.float32(1.0 / (BOX_HIGH[2] - BOX_LOW[2])))
    if not (0 < gx < nx and 0 < gy < ny and 0 < gz < nz):
        return np.float32(0.0)
    half = np.float32(0.5)
    gx, gy, gz = max(gx - half, np.float32(0.0)), max(gy - half, np.float32(0.0)), max(gz - half, np.float32(0.0))
    i, j, k = min(np.int32(gx), nx - 2), min(np.int32(gy), ny - 2), min(np.int32(gz), nz - 2)
    fx, fy, fz = gx - np.float32(i), gy - np.float32(j), gz - np.float32(k)
    fx, fy, fz = min(fx, np.float32(1.0)), min(fy, np.float32(1.0)), min(fz, np.float32(1.0))
    c00 = density[i, j, k] + fz * (density[i, j, k + 1] - density[i, j, k])
    c01 = density[i, j + 1, k] + fz * (density[i, j + 1, k + 1] - density[i, j + 1, k])
    c10 = density[i + 1, j, k] + fz * (density[i + 1, j, k + 1] - density[i + 1, j, k])
    c11 = density[i + 1, j + 1, k] + fz * (density[i + 1, j + 1, k + 1] - density[i + 1, j + 1, k])
    c0, c1 = c00 + fy * (c01 - c00), c10 + fy * (c11 - c10)
    return c0 + fx * (c1 - c0)


@numba.njit(inline="always", **JIT)
def march_pixel(u, v, rotation, translation, warp, density, span):  # type: ignore[no-untyped-def]
    """`models.field.march.march_ray` between the depths that `depth_ranges` found.

    Returns:
        coverage, and the canonical point at rest (0, 0, 0 where nothing is).
    """
    nothing = np.float32(0.0), np.float32(0.0), np.float32(0.0), np.float32(0.0)
    cell = np.float32(CELLS / REFERENCE_SIZE)
    nearest, farthest = span[np.int32(v * cell), np.int32(u * cell)]
    if nearest > farthest:
        return nothing
    inverse = np.exp(-translation[2])
    a, b = (u - translation[0]) * inverse, (v - translation[1]) * inverse
    ox = a * rotation[0, 0] + b * rotation[0, 1]
    oy = a * rotation[1, 0] + b * rotation[1, 1]
    oz = a * rotation[2, 0] + b * rotation[2, 1]
    dx, dy, dz = rotation[0, 2], rotation[1, 2], max(rotation[2, 2], np.float32(STEEPEST))
    start = (np.float32(BOX_LOW[2]) - oz) / dz
    first, last = max(start, nearest), min((np.float32(BOX_HIGH[2]) - oz) / dz, farthest)
    first, last = _slab(ox, dx, np.float32(BOX_LOW[0]), np.float32(BOX_HIGH[0]), first, last)
    first, last = _slab(oy, dy, np.float32(BOX_LOW[1]), np.float32(BOX_HIGH[1]), first, last)
    t = start + np.ceil((first - start) * np.float32(1.0 / FINE_STEP)) * np.float32(FINE_STEP)
    transmittance = np.float32(1.0)
    sum_t = np.float32(0.0)
    while t < last:
        x, y, z = _rest(ox + t * dx, oy + t * dy, oz + t * dz, warp)
        sigma = _density_at(x, y, z, density)
        if sigma > np.float32(THIN):
            left = transmittance * decay(-sigma * np.float32(FINE_STEP))
            sum_t += (transmittance - left) * t
            transmittance = left
            if transmittance < np.float32(OPAQUE):
                break
        t += np.float32(FINE_STEP)
    cover = np.float32(1.0) - transmittance
    if cover < np.float32(OPAQUE):
        return nothing
    t = sum_t / cover
    x, y, z = _rest(ox + t * dx, oy + t * dy, oz + t * dz, warp)
    return cover, x, y, z
