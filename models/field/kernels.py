"""Compiled CPU kernels of the hash encoding, its gradient, and the march through canonical space.

Every kernel has a plain-torch twin (`hashgrid.encode_reference`, `march.*_reference`) that specifies it. Entries hold
four features. The scatter kernels run one level per thread, so that no two threads write to one entry.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from models.kernel_cache import JIT

BLOCK = 512
"""Points per unit of parallel work: their coordinates and one level's hot entries stay in the first caches."""

PRIME_Y = np.uint32(2654435761)
PRIME_Z = np.uint32(805459861)


@numba.njit(inline="always", **JIT)
def _entry_3d(x, y, z, resolution, size, dense):  # type: ignore[no-untyped-def]
    if dense:
        return np.uint32(x + resolution * (y + resolution * z)) % size
    return (np.uint32(x) ^ (np.uint32(y) * PRIME_Y) ^ (np.uint32(z) * PRIME_Z)) & (size - np.uint32(1))


@numba.njit(inline="always", **JIT)
def _entry_2d(x, y, resolution, size, dense):  # type: ignore[no-untyped-def]
    if dense:
        return np.uint32(x + resolution * y) % size
    return (np.uint32(x) ^ (np.uint32(y) * PRIME_Y)) & (size - np.uint32(1))


@numba.njit(parallel=True, **JIT)
def encode_3d(points, table, scale, resolution, offset, dense, out):  # type: ignore[no-untyped-def]
    """Hash encoding of (n, 3) points; see `hashgrid.encode_reference`."""
    n = points.shape[0]
    for block in numba.prange((n + BLOCK - 1) // BLOCK):
        for level in range(scale.shape[0]):
            s = scale[level]
            r = np.int32(resolution[level])
            start = offset[level]
            size = np.uint32(offset[level + 1] - start)
            d = dense[level]
            for i in range(block * BLOCK, min(n, (block + 1) * BLOCK)):
                px = points[i, 0] * s + np.float32(0.5)
                py = points[i, 1] * s + np.float32(0.5)
                pz = points[i, 2] * s + np.float32(0.5)
                cx, cy, cz = np.int32(math.floor(px)), np.int32(math.floor(py)), np.int32(math.floor(pz))
                fx, fy, fz = px - cx, py - cy, pz - cz
                a0 = a1 = a2 = a3 = np.float32(0.0)
                for corner in range(8):
                    bx, by, bz = corner & 1, (corner >> 1) & 1, corner >> 2
                    w = (fx if bx else np.float32(1.0) - fx) * (fy if by else np.float32(1.0) - fy)
                    w *= fz if bz else np.float32(1.0) - fz
                    e = start + _entry_3d(cx + bx, cy + by, cz + bz, r, size, d)
                    a0 += w * table[e, 0]
                    a1 += w * table[e, 1]
                    a2 += w * table[e, 2]
                    a3 += w * table[e, 3]
                column = level * 4
                out[i, column] = a0
                out[i, column + 1] = a1
                out[i, column + 2] = a2
                out[i, column + 3] = a3


@numba.njit(parallel=True, **JIT)
def scatter_3d(points, gradient, scale, resolution, offset, dense, table):  # type: ignore[no-untyped-def]
    """Gradient of `encode_3d` with respect to its table, added into ``table``."""
    for level in numba.prange(scale.shape[0]):
        s = scale[level]
        r = np.int32(resolution[level])
        start = offset[level]
        size = np.uint32(offset[level + 1] - start)
        d = dense[level]
        column = level * 4
        for i in range(points.shape[0]):
            px = points[i, 0] * s + np.float32(0.5)
            py = points[i, 1] * s + np.float32(0.5)
            pz = points[i, 2] * s + np.float32(0.5)
            cx, cy, cz = np.int32(math.floor(px)), np.int32(math.floor(py)), np.int32(math.floor(pz))
            fx, fy, fz = px - cx, py - cy, pz - cz
            for corner in range(8):
                bx, by, bz = corner & 1, (corner >> 1) & 1, corner >> 2
                w = (fx if bx else np.float32(1.0) - fx) * (fy if by else np.float32(1.0) - fy)
                w *= fz if bz else np.float32(1.0) - fz
                e = start + _entry_3d(cx + bx, cy + by, cz + bz, r, size, d)
                table[e, 0] += w * gradient[i, column]
                table[e, 1] += w * gradient[i, column + 1]
                table[e, 2] += w * gradient[i, column + 2]
                table[e, 3] += w * gradient[i, column + 3]


@numba.njit(parallel=True, **JIT)
def encode_2d(points, table, scale, resolution, offset, dense, out):  # type: ignore[no-untyped-def]
    """Hash encoding of (n, 2) points; see `hashgrid.encode_reference`."""
    n = points.shape[0]
    for block in numba.prange((n + BLOCK - 1) // BLOCK):
        for level in range(scale.shape[0]):
            s = scale[level]
            r = np.int32(resolution[level])
            start = offset[level]
            size = np.uint32(offset[level + 1] - start)
            d = dense[level]
            for i in range(block * BLOCK, min(n, (block + 1) * BLOCK)):
                px = points[i, 0] * s + np.float32(0.5)
                py = points[i, 1] * s + np.float32(0.5)
                cx, cy = np.int32(math.floor(px)), np.int32(math.floor(py))
                fx, fy = px - cx, py - cy
                a0 = a1 = a2 = a3 = np.float32(0.0)
                for corner in range(4):
                    bx, by = corner & 1, corner >> 1
                    w = (fx if bx else np.float32(1.0) - fx) * (fy if by else np.float32(1.0) - fy)
                    e = start + _entry_2d(cx + bx, cy + by, r, size, d)
                    a0 += w * table[e, 0]
                    a1 += w * table[e, 1]
                    a2 += w * table[e, 2]
                    a3 += w * table[e, 3]
                column = level * 4
                out[i, column] = a0
                out[i, column + 1] = a1
                out[i, column + 2] = a2
                out[i, column + 3] = a3


@numba.njit(parallel=True, **JIT)
def scatter_2d(points, gradient, scale, resolution, offset, dense, table):  # type: ignore[no-untyped-def]
    """Gradient of `encode_2d` with respect to its table, added into ``table``."""
    for level in numba.prange(scale.shape[0]):
        s = scale[level]
        r = np.int32(resolution[level])
        start = offset[level]
        size = np.uint32(offset[level + 1] - start)
        d = dense[level]
        column = level * 4
        for i in range(points.shape[0]):
            px = points[i, 0] * s + np.float32(0.5)
            py = points[i, 1] * s + np.float32(0.5)
            cx, cy = np.int32(math.floor(px)), np.int32(math.floor(py))
            fx, fy = px - cx, py - cy
            for corner in range(4):
                bx, by = corner & 1, corner >> 1
                w = (fx if bx else np.float32(1.0) - fx) * (fy if by else np.float32(1.0) - fy)
                e = start + _entry_2d(cx + bx, cy + by, r, size, d)
                table[e, 0] += w * gradient[i, column]
                table[e, 1] += w * gradient[i, column + 1]
                table[e, 2] += w * gradient[i, column + 2]
                table[e, 3] += w * gradient[i, column + 3]
