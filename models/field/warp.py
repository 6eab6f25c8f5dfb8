"""The warp from deformed to canonical space: one displacement grid over the face plane per frame.

The grid is rebuilt on both sides from numbers that cross the wire: the first landmark dimensions and the silhouette
dimensions of the code. A node's displacement is the Gaussian-weighted mean of the control points' offsets around their
deformed positions; beyond the face the silhouette's offsets take over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from models.field.space import BOX_HIGH, BOX_LOW
from models.kernel_cache import JIT

NODES = 96
"""Grid nodes per axis: 0.05 canonical units apart, about the fine kernel's width."""

FACE_SIGMA = 0.12
FACE_FLOOR = 0.5
"""Kernel width of a landmark's offset, and the weight at which it fades where no landmark is near."""

FINE_SIGMA = 0.05
FINE_FLOOR = 0.3
"""The same for what the first pass leaves of each offset: eyelids and lips move against their surroundings within a
tenth of a unit (multilevel approximation, Lee, Wolberg and Shin 1997)."""

OUTLINE_SIGMA = 0.3
OUTLINE_FLOOR = 0.5
"""The same for a silhouette point; they are about 0.3 apart."""

OUTLINE_YIELD = 0.5
"""Face weight at which the silhouette's displacement is halved: the face's own offsets are the better ones."""

REACH = 3.0
"""Kernels are cut at so many widths, where they are down to 1 %."""

LANDMARK_DIMS = 20
"""Leading landmark directions that cross the wire: 16 of them left raised brows 1.7 px off, 22 gained 0.1 dB more."""

OUTLINE_DIMS = 6

LEADING = LANDMARK_DIMS + OUTLINE_DIMS
"""Numbers of the code that move the head's surface."""


def mix(amounts: NDArray[np.float32], directions: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sum of directions (n, ...) by their amounts (n,): float32 (...).

    Not `np.tensordot`: its BLAS wakes threads that then spin for 25 ms beside those that render.
    """
    return np.einsum("k,kv->v", amounts, directions.reshape(len(directions), -1)).reshape(directions.shape[1:])


@dataclass(frozen=True, slots=True)
class WarpBasis:
    """What turns a code into control points.

    Attributes:
        mean: float32 (V, 3), canonical positions of the landmarks.
        basis: float32 (20, V, 3), their offsets per unit of the first code numbers.
        outline: float32 (40, 2), mean positions of the silhouette's points in the face plane.
        outline_basis: float32 (6, 40, 2), their offsets per unit of the code numbers after those.
    """

    mean: NDArray[np.float32]
    basis: NDArray[np.float32]
    outline: NDArray[np.float32]
    outline_basis: NDArray[np.float32]

    def displacement(self, z: NDArray[np.float32]) -> NDArray[np.float32]:
        """Displacement grid of one frame.

        Args:
            z: float32 (>= 26,), the frame's code.

        Returns:
            float32 (NODES, NODES, 3), rows along y: what to subtract from a deformed point to find it in rest.
        """
        offset = mix(z[:LANDMARK_DIMS], self.basis)
        outline = mix(z[LANDMARK_DIMS : LANDMARK_DIMS + OUTLINE_DIMS], self.outline_basis)
        grid = np.empty((NODES, NODES, 3), np.float32)
        _splat(self.mean + offset, offset, self.outline + outline, outline, grid)
        return grid

    def modes(self) -> NDArray[np.float32]:
        """How the displacement at a place changes with the code's numbers, near rest: float32 (NODES, NODES, 3, 26)."""
        grids = np.empty((LANDMARK_DIMS + OUTLINE_DIMS, NODES, NODES, 3), np.float32)
        still, still_outline = np.zeros_like(self.mean), np.zeros_like(self.outline)
        for k in range(LANDMARK_DIMS):
            _splat(self.mean, self.basis[k], self.outline, still_outline, grids[k])
        for k in range(OUTLINE_DIMS):
            _splat(self.mean, still, self.outline, self.outline_basis[k], grids[LANDMARK_DIMS + k])
        return np.ascontiguousarray(np.moveaxis(grids, 0, 3))


@numba.njit(inline="always", **JIT)
def _add_kernel(x, y, sigma, values, columns, rows, total):  # type: ignore[no-untyped-def]
    """Adds one control point's Gaussian to total[0], and its values times it to the planes after that.

    The Gaussian is separable: its factors along x and y go through ``columns`` and ``rows``. Planes, so that rows of
    nodes are vector code.
    """
    step_x = np.float32((BOX_HIGH[0] - BOX_LOW[0]) / (NODES - 1))
    step_y = np.float32((BOX_HIGH[1] - BOX_LOW[1]) / (NODES - 1))
    gx, gy = (x - np.float32(BOX_LOW[0])) / step_x, (y - np.float32(BOX_LOW[1])) / step_y
    reach_x, reach_y = np.float32(REACH) * sigma / step_x, np.float32(REACH) * sigma / step_y
    left, right = max(0, np.int32(gx - reach_x)), min(NODES, np.int32(gx + reach_x) + 2)
    top, bottom = max(0, np.int32(gy - reach_y)), min(NODES, np.int32(gy + reach_y) + 2)
    fall = np.float32(-0.5) / (sigma * sigma)
    for i in range(left, right):
        columns[i] = np.exp(fall * (i - gx) * (i - gx) * step_x * step_x)
    for j in range(top, bottom):
        rows[j] = np.exp(fall * (j - gy) * (j - gy) * step_y * step_y)
    for j in range(top, bottom):
        _add_row(total[0, j], columns, rows[j], left, right)
        for c in range(values.shape[0]):
            _add_row(total[c + 1, j], columns, rows[j] * values[c], left, right)


@numba.njit(inline="always", **JIT)
def _add_row(total, columns, factor, left, right):  # type: ignore[no-untyped-def]
    for i in range(left, right):
        total[i] += factor * columns[i]


@numba.njit(inline="always", **JIT)
def _at(grid, x, y, out):  # type: ignore[no-untyped-def]
    """Bilinear value of the grid at a point of the face plane."""
    gx = (x - np.float32(BOX_LOW[0])) * np.float32((NODES - 1) / (BOX_HIGH[0] - BOX_LOW[0]))
    gy = (y - np.float32(BOX_LOW[1])) * np.float32((NODES - 1) / (BOX_HIGH[1] - BOX_LOW[1]))
    gx = min(max(gx, np.float32(0.0)), np.float32(NODES - 1.001))
    gy = min(max(gy, np.float32(0.0)), np.float32(NODES - 1.001))
    i, j = np.int32(gx), np.int32(gy)
    fx, fy = gx - i, gy - j
    for c in range(3):
        top = grid[j, i, c] * (1 - fx) + grid[j, i + 1, c] * fx
        low = grid[j + 1, i, c] * (1 - fx) + grid[j + 1, i + 1, c] * fx
        out[c] = top * (1 - fy) + low * fy


@numba.njit(**JIT)
def _splat(points, offsets, outline, outline_offsets, grid):  # type: ignore[no-untyped-def]
    face = np.zeros((4, NODES, NODES), np.float32)
    fine = np.zeros((4, NODES, NODES), np.float32)
    beyond = np.zeros((3, NODES, NODES), np.float32)
    columns, rows = np.empty(NODES, np.float32), np.empty(NODES, np.float32)
    left = np.empty(3, np.float32)
    for v in range(points.shape[0]):
        _add_kernel(points[v, 0], points[v, 1], np.float32(FACE_SIGMA), offsets[v], columns, rows, face)
    for j in range(NODES):
        for i in range(NODES):
            inside = np.float32(1.0) / (face[0, j, i] + np.float32(FACE_FLOOR))
            for c in range(3):
                grid[j, i, c] = face[c + 1, j, i] * inside
    for v in range(points.shape[0]):
        _at(grid, points[v, 0], points[v, 1], left)
        for c in range(3):
            left[c] = offsets[v, c] - left[c]
        _add_kernel(points[v, 0], points[v, 1], np.float32(FINE_SIGMA), left, columns, rows, fine)
    for p in range(outline.shape[0]):
        at = outline[p]
        _add_kernel(at[0], at[1], np.float32(OUTLINE_SIGMA), outline_offsets[p], columns, rows, beyond)
    for j in range(NODES):
        for i in range(NODES):
            near = np.float32(1.0) / (fine[0, j, i] + np.float32(FINE_FLOOR))
            outside = np.float32(1.0) / (np.float32(1.0) + face[0, j, i] / np.float32(OUTLINE_YIELD))
            outside /= beyond[0, j, i] + np.float32(OUTLINE_FLOOR)
            for c in range(3):
                grid[j, i, c] += fine[c + 1, j, i] * near
            grid[j, i, 0] += beyond[1, j, i] * outside
            grid[j, i, 1] += beyond[2, j, i] * outside
