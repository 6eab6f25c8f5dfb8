"""Hash encoding of a chunk of pixels.

Entries' numbers and weights are worked out for all pixels of a level at once, in vector code; then each pixel adds up
its entries, four features to a load.
"""

from __future__ import annotations

import numba
import numpy as np

from models.field.kernels import PRIME_Y, PRIME_Z
from models.kernel_cache import JIT
from models.render.layers import CHUNK
from models.render.vector import load_entry, splat_entry, store_down

CORNERS = 8
HALF = np.float32(0.5)
ONE = np.float32(1.0)


@numba.njit(inline="always", **JIT)
def _entry(a, b, c, dense, size):  # type: ignore[no-untyped-def]
    """Entry of a vertex from its coordinates times strides (dense) or primes (hashed).

    A dense level's number passes its size by less than the size, at coordinates of 1: there it wraps.
    """
    if dense:
        e = np.uint32(a + b + c)
        return min(e, np.uint32(e - size))
    return np.uint32((a ^ b ^ c) & np.uint32(size - np.uint32(1)))


@numba.njit(inline="always", **JIT)
def encode_head(unit, count, grid, entry, weight, x):  # type: ignore[no-untyped-def]
    """Fills rows of x (32, CHUNK) for the first ``count`` pixels.

    Args:
        unit: float32 (3 * CHUNK,), coordinates in [0, 1], axis after axis.
        count: pixels.
        grid: table, scale, resolution, offset, dense.
        entry: uint32 (8 * CHUNK,), overwritten.
        weight: float32 (8 * CHUNK,), overwritten.
        x: float32 (>= 32, CHUNK).
    """
    table, scale, resolution, offset, dense = grid
    for level in range(scale.shape[0]):
        s = scale[level]
        size = np.uint32(offset[level + 1] - offset[level])
        r = np.uint32(resolution[level])
        if dense[level]:
            _corners_3d(unit, s, r, np.uint32(r * r), True, size, entry, weight)
        else:
            _corners_3d(unit, s, PRIME_Y, PRIME_Z, False, size, entry, weight)
        for p in range(count):
            total = splat_entry(np.float32(0.0))
            for corner in range(8):
                at = offset[level] + np.int64(entry[corner * CHUNK + p])
                total = total + weight[corner * CHUNK + p] * load_entry(table, at, 0)
            store_down(x, level * 4, p, total)


@numba.njit(inline="always", **JIT)
def _corners_3d(unit, s, along_y, along_z, dense, size, entry, weight):  # type: ignore[no-untyped-def]
    for p in range(CHUNK):
        px, py, pz = unit[p] * s + HALF, unit[CHUNK + p] * s + HALF, unit[2 * CHUNK + p] * s + HALF
        cx, cy, cz = np.int32(px), np.int32(py), np.int32(pz)
        fx, fy, fz = px - np.float32(cx), py - np.float32(cy), pz - np.float32(cz)
        gx, gy, gz = ONE - fx, ONE - fy, ONE - fz
        x0, y0, z0 = np.uint32(cx), np.uint32(np.uint32(cy) * along_y), np.uint32(np.uint32(cz) * along_z)
        x1, y1, z1 = np.uint32(x0 + np.uint32(1)), np.uint32(y0 + along_y), np.uint32(z0 + along_z)
        entry[p] = _entry(x0, y0, z0, dense, size)
        entry[CHUNK + p] = _entry(x1, y0, z0, dense, size)
        entry[2 * CHUNK + p] = _entry(x0, y1, z0, dense, size)
        entry[3 * CHUNK + p] = _entry(x1, y1, z0, dense, size)
        entry[4 * CHUNK + p] = _entry(x0, y0, z1, dense, size)
        entry[5 * CHUNK + p] = _entry(x1, y0, z1, dense, size)
        entry[6 * CHUNK + p] = _entry(x0, y1, z1, dense, size)
        entry[7 * CHUNK + p] = _entry(x1, y1, z1, dense, size)
        weight[p] = gx * gy * gz
        weight[CHUNK + p] = fx * gy * gz
        weight[2 * CHUNK + p] = gx * fy * gz
        weight[3 * CHUNK + p] = fx * fy * gz
        weight[4 * CHUNK + p] = gx * gy * fz
        weight[5 * CHUNK + p] = fx * gy * fz
        weight[6 * CHUNK + p] = gx * fy * fz
        weight[7 * CHUNK + p] = fx * fy * fz


@numba.njit(inline="always", **JIT)
def encode_torso(unit, count, grid, entry, weight, x):  # type: ignore[no-untyped-def]
    """`encode_head` in two dimensions."""
    table, scale, resolution, offset, dense = grid
    for level in range(scale.shape[0]):
        s = scale[level]
        size = np.uint32(offset[level + 1] - offset[level])
        if dense[level]:
            _corners_2d(unit, s, np.uint32(resolution[level]), True, size, entry, weight)
        else:
            _corners_2d(unit, s, PRIME_Y, False, size, entry, weight)
        for p in range(count):
            total = splat_entry(np.float32(0.0))
            for corner in range(4):
                at = offset[level] + np.int64(entry[corner * CHUNK + p])
                total = total + weight[corner * CHUNK + p] * load_entry(table, at, 0)
            store_down(x, level * 4, p, total)


@numba.njit(inline="always", **JIT)
def _corners_2d(unit, s, along_y, dense, size, entry, weight):  # type: ignore[no-untyped-def]
    none = np.uint32(0)
    for p in range(CHUNK):
        px, py = unit[p] * s + HALF, unit[CHUNK + p] * s + HALF
        cx, cy = np.int32(px), np.int32(py)
        fx, fy = px - np.float32(cx), py - np.float32(cy)
        gx, gy = ONE - fx, ONE - fy
        x0, y0 = np.uint32(cx), np.uint32(np.uint32(cy) * along_y)
        x1, y1 = np.uint32(x0 + np.uint32(1)), np.uint32(y0 + along_y)
        entry[p] = _entry(x0, y0, none, dense, size)
        entry[CHUNK + p] = _entry(x1, y0, none, dense, size)
        entry[2 * CHUNK + p] = _entry(x0, y1, none, dense, size)
        entry[3 * CHUNK + p] = _entry(x1, y1, none, dense, size)
        weight[p] = gx * gy
        weight[CHUNK + p] = fx * gy
        weight[2 * CHUNK + p] = gx * fy
        weight[3 * CHUNK + p] = fx * fy
