"""How deep each pixel's ray must be marched, and the march itself.

Density does not depend on the expression, so once it is baked one march gives a ray's coverage and the expected point,
and colour is taken there alone. Once per frame every block of the baked density is projected, as far as the frame's
warp may have carried it, onto a coarse map of the picture that remembers the nearest and the farthest depth where
something can be: rays skip the air before it.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from codec.types import REFERENCE_SIZE
from models.field.avatar import DENSITY_LEVELS, DENSITY_MOST, quantise_density
from models.field.march import FINE_STEP, OPAQUE
from models.field.space import BOX_HIGH, BOX_LOW
from models.field.warp import NODES
from models.kernel_cache import JIT
from models.render.layers import decay
from models.render.vector import any_less, any_set, byte_of, gather, splat, to_float, truncate, where_less

CELLS = 128
"""Cells per axis of the map of depths: 2 reference px, a third of what a block of density covers in the picture."""

FAR_AWAY = 1e9
"""A depth beyond all others."""

BLOCK = 4
"""Baked cells along a block's edge."""

THIN = 0.01
"""Density that counts as air, per canonical unit."""

STEEPEST = 0.2
"""Least part of a ray's direction along the box's depth; heads turned further are marched as if at this angle."""

MOST_STEPS = 1000.0
"""More steps than a ray can take through the box at that angle."""

STRIDE = 4
"""Steps between two places where a ray asks the warp; between them displacement is a straight line. Four steps are
0.14 long, of which an upright head's rays move hardly a node's distance (0.05) across the warp's grid."""

LEVEL = DENSITY_MOST / DENSITY_LEVELS**2
"""Density is stored as a root in 8 bits: what its square counts."""

ZERO = np.float32(0.0)
ONE = np.float32(1.0)


def dense_blocks(density: NDArray[np.float32]) -> NDArray[np.float32]:
    """Canonical centres (n, 3) of the blocks of baked cells that hold density."""
    nx, ny, nz = (n // BLOCK for n in density.shape)
    block = (density > THIN).reshape(nx, BLOCK, ny, BLOCK, nz, BLOCK).any((1, 3, 5))
    low, high = np.array(BOX_LOW), np.array(BOX_HIGH)
    return (low + (np.argwhere(block) + 0.5) * (high - low) / block.shape).astype(np.float32)


def pack_density(density: NDArray[np.float32]) -> NDArray[np.int32]:
    """Baked density as it is stored, each cell with its neighbours behind, below, and both: a byte each.

    A step then reads two numbers in the place of eight, and reading is what it takes its time for.

    Args:
        density: float32 (nx, ny, nz).

    Returns:
        int32 (nx, ny, nz); what lies beyond the last cells is that of the last cells.
    """
    q = np.pad(quantise_density(density), ((0, 0), (0, 1), (0, 1)), mode="edge").astype(np.uint32)
    packed = q[:, :-1, :-1] | q[:, :-1, 1:] << 8 | q[:, 1:, :-1] << 16 | q[:, 1:, 1:] << 24
    return np.ascontiguousarray(packed).view(np.int32)


@numba.njit(**JIT)
def _widen(values, wide, high, sign, out):  # type: ignore[no-untyped-def]
    """Least of sign * values within so many cells either side, times sign: (CELLS + 2 high, CELLS + 2 wide) to out."""
    across = np.full((values.shape[0], CELLS), np.float32(FAR_AWAY), np.float32)
    for j in range(values.shape[0]):
        for shift in range(2 * wide + 1):
            for i in range(CELLS):
                across[j, i] = min(across[j, i], sign * values[j, i + shift])
    for j in range(CELLS):
        for i in range(CELLS):
            out[j, i] = across[j, i]
        for shift in range(1, 2 * high + 1):
            for i in range(CELLS):
                out[j, i] = min(out[j, i], across[j + shift, i])
        for i in range(CELLS):
            out[j, i] *= sign


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
        float32 (2, CELLS, CELLS), nearest and farthest depth; the first is the larger where nothing is.
    """
    span = np.empty((2, CELLS, CELLS), np.float32)
    far_away = np.float32(FAR_AWAY)
    span[0, :], span[1, :] = -far_away, far_away
    scale = np.exp(translation[2])
    half = np.empty(3, np.float32)
    shift = np.empty(3, np.float32)
    for axis in range(3):
        low, high = warp[:, :, axis].min(), warp[:, :, axis].max()
        cell = np.float32((BOX_HIGH[axis] - BOX_LOW[axis]) / shape[axis])
        half[axis] = np.float32(BLOCK / 2 + 0.5) * cell + np.float32(0.5) * (high - low)
        shift[axis] = np.float32(0.5) * (low + high)
    reach = np.zeros(3, np.float32)
    for axis in range(3):
        reach += np.abs(rotation[axis]) * half[axis]
    to_cell = np.float32(CELLS / REFERENCE_SIZE)
    reach_u, reach_v = scale * reach[0] * to_cell, scale * reach[1] * to_cell
    if not (rotation[2, 2] >= np.float32(STEEPEST) and max(reach_u, reach_v) < np.float32(CELLS)):
        return span
    # All blocks reach equally far: each is entered at its centre alone, and the whole map is widened once.
    right, down = int(np.ceil(reach_u)), int(np.ceil(reach_v))
    near = np.full((CELLS + 2 * down, CELLS + 2 * right), far_away, np.float32)
    far = np.full((CELLS + 2 * down, CELLS + 2 * right), -far_away, np.float32)
    for n in range(blocks.shape[0]):
        x, y, z = blocks[n, 0] + shift[0], blocks[n, 1] + shift[1], blocks[n, 2] + shift[2]
        u = (scale * (x * rotation[0, 0] + y * rotation[1, 0] + z * rotation[2, 0]) + translation[0]) * to_cell
        v = (scale * (x * rotation[0, 1] + y * rotation[1, 1] + z * rotation[2, 1]) + translation[1]) * to_cell
        t = x * rotation[0, 2] + y * rotation[1, 2] + z * rotation[2, 2]
        i, j = int(np.floor(u)) + right, int(np.floor(v)) + down
        if 0 <= i < near.shape[1] and 0 <= j < near.shape[0]:
            near[j, i] = min(near[j, i], t - reach[2])
            far[j, i] = max(far[j, i], t + reach[2])
    _widen(near, right, down, np.float32(1.0), span[0])
    _widen(far, right, down, np.float32(-1.0), span[1])
    return span


@numba.njit(inline="always", **JIT)
def _clip(value, low, high):  # type: ignore[no-untyped-def]
    value = where_less(value, low, low, value)
    return where_less(high, value, high, value)


@numba.njit(inline="always", **JIT)
def _between(origin, direction, axis, first, last):  # type: ignore[no-untyped-def]
    """Narrows rays' depths to those inside the box along an axis."""
    if abs(direction) < np.float32(1e-6):
        direction = np.float32(1e-6)
    a = (np.float32(BOX_LOW[axis]) - origin) / direction
    b = (np.float32(BOX_HIGH[axis]) - origin) / direction
    enter, leave = where_less(a, b, a, b), where_less(a, b, b, a)
    return where_less(first, enter, enter, first), where_less(leave, last, leave, last)


@numba.njit(inline="always", **JIT)
def _bilinear(grid, at, fx, fy):  # type: ignore[no-untyped-def]
    """One coordinate of the warp; ``at`` is its number's place at the cell's first node."""
    top, top_next = gather(grid, at), gather(grid, at + np.int32(3))
    low, low_next = gather(grid, at + np.int32(3 * NODES)), gather(grid, at + np.int32(3 * NODES + 3))
    top = top + fx * (top_next - top)
    low = low + fx * (low_next - low)
    return top + fy * (low - top)


@numba.njit(inline="always", **JIT)
def _displacement(x, y, warp):  # type: ignore[no-untyped-def]
    """What the warp takes from deformed canonical points."""
    gx = (x - np.float32(BOX_LOW[0])) * np.float32((NODES - 1) / (BOX_HIGH[0] - BOX_LOW[0]))
    gy = (y - np.float32(BOX_LOW[1])) * np.float32((NODES - 1) / (BOX_HIGH[1] - BOX_LOW[1]))
    gx, gy = _clip(gx, ZERO, np.float32(NODES - 1.001)), _clip(gy, ZERO, np.float32(NODES - 1.001))
    i, j = truncate(gx), truncate(gy)
    fx, fy = gx - to_float(i), gy - to_float(j)
    at = (j * np.int32(NODES) + i) * np.int32(3)
    dx, dy = _bilinear(warp, at, fx, fy), _bilinear(warp, at + np.int32(1), fx, fy)
    return dx, dy, _bilinear(warp, at + np.int32(2), fx, fy)


@numba.njit(inline="always", **JIT)
def _cell(value, axis, cells):  # type: ignore[no-untyped-def]
    """Cell whose centre lies before a coordinate, how far behind it, and 0 where the coordinate leaves the box."""
    g = (value - np.float32(BOX_LOW[axis])) * (np.float32(cells) * np.float32(1.0 / (BOX_HIGH[axis] - BOX_LOW[axis])))
    inside = where_less(g, ZERO, ZERO, where_less(np.float32(cells), g, ZERO, ONE))
    g = _clip(g - np.float32(0.5), ZERO, np.float32(cells - 1.001))
    i = truncate(g)
    return i, g - to_float(i), inside


@numba.njit(inline="always", **JIT)
def _face(bytes_, fy, fz):  # type: ignore[no-untyped-def]
    """Bilinear density, in units of `LEVEL`, among the four cells that a number of `pack_density` holds."""
    q00, q01, q10, q11 = byte_of(bytes_, 0), byte_of(bytes_, 1), byte_of(bytes_, 2), byte_of(bytes_, 3)
    q00, q01, q10, q11 = q00 * q00, q01 * q01, q10 * q10, q11 * q11
    near, far = q00 + fz * (q01 - q00), q10 + fz * (q11 - q10)
    return near + fy * (far - near)


@numba.njit(inline="always", **JIT)
def march_pixels(u, v, rotation, translation, warp, density, span):  # type: ignore[no-untyped-def]
    """Coverage of pixels and the points at their expected depth, between the depths that `depth_ranges` found.

    Args:
        u, v: vectors, reference px.
        rotation: float32 (3, 3).
        translation: float32 (3,).
        warp: float32 (NODES, NODES, 3).
        density: from `pack_density`.
        span: from `depth_ranges`.

    Returns:
        vectors: coverage (0 where nothing is), and the canonical point at rest.
    """
    cell, most = np.float32(CELLS / REFERENCE_SIZE), np.float32(CELLS - 1)
    at = truncate(_clip(v * cell, ZERO, most)) * np.int32(CELLS) + truncate(_clip(u * cell, ZERO, most))
    first, last = gather(span[0], at), gather(span[1], at)
    if not any_less(first, last):
        return splat(ZERO), u, u, u
    inverse = np.exp(-translation[2])
    a, b = (u - translation[0]) * inverse, (v - translation[1]) * inverse
    ox = a * rotation[0, 0] + b * rotation[0, 1]
    oy = a * rotation[1, 0] + b * rotation[1, 1]
    oz = a * rotation[2, 0] + b * rotation[2, 1]
    dx, dy, dz = rotation[0, 2], rotation[1, 2], max(rotation[2, 2], np.float32(STEEPEST))
    start = (np.float32(BOX_LOW[2]) - oz) / dz
    first, last = _between(ox, dx, 0, first, last)
    first, last = _between(oy, dy, 1, first, last)
    first, last = _between(oz, dz, 2, first, last)
    before = _clip((first - start) * np.float32(1.0 / FINE_STEP), ZERO, np.float32(MOST_STEPS))
    t = start + to_float(truncate(before + np.float32(0.9999))) * np.float32(FINE_STEP)
    nx, ny, nz = np.int32(density.shape[0]), np.int32(density.shape[1]), np.int32(density.shape[2])
    transmittance, sum_t = splat(ONE), splat(ZERO)
    wx, wy, wz = _displacement(ox + t * dx, oy + t * dy, warp)
    slope_x, slope_y, slope_z = splat(ZERO), splat(ZERO), splat(ZERO)
    step = 0
    while any_less(t, last):
        if step % STRIDE == 0:
            ahead = t + np.float32(STRIDE * FINE_STEP)
            next_x, next_y, next_z = _displacement(ox + ahead * dx, oy + ahead * dy, warp)
            part = np.float32(1.0 / STRIDE)
            slope_x, slope_y, slope_z = (next_x - wx) * part, (next_y - wy) * part, (next_z - wz) * part
        i, fx, in_x = _cell(ox + t * dx - wx, 0, nx)
        j, fy, in_y = _cell(oy + t * dy - wy, 1, ny)
        k, fz, in_z = _cell(oz + t * dz - wz, 2, nz)
        at = (i * ny + j) * nz + k
        here, behind = gather(density, at), gather(density, at + np.int32(ny * nz))
        if any_set(here) or any_set(behind):
            sigma = _face(here, fy, fz)
            sigma = (sigma + fx * (_face(behind, fy, fz) - sigma)) * (in_x * in_y * in_z * np.float32(LEVEL))
            sigma = where_less(np.float32(THIN), sigma, where_less(t, last, sigma, ZERO), ZERO)
            left = transmittance * decay(sigma * np.float32(-FINE_STEP))
            sum_t = sum_t + (transmittance - left) * t
            transmittance = left
            last = where_less(transmittance, np.float32(OPAQUE), t, last)
        t = t + np.float32(FINE_STEP)
        wx, wy, wz = wx + slope_x, wy + slope_y, wz + slope_z
        step += 1
    cover = ONE - transmittance
    seen = where_less(cover, np.float32(OPAQUE), ZERO, cover)
    t = sum_t / where_less(cover, np.float32(OPAQUE), ONE, cover)
    x, y, z = ox + t * dx, oy + t * dy, oz + t * dz
    wx, wy, wz = _displacement(x, y, warp)
    return seen, x - wx, y - wy, z - wz
