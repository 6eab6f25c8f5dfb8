"""The normal equations of photometric alignment, in one compiled pass over the picture."""

from __future__ import annotations

import numba
import numpy as np

from codec.types import POSE_SIZE, REFERENCE_SIZE
from models.field.motion import CELLS
from models.field.space import BOX_HIGH, BOX_LOW
from models.field.warp import LEADING, NODES
from models.kernel_cache import JIT
from models.render.kernels import torso_point

STRIDE = 2
"""Every second pixel of every second row is compared: all of them gain nothing, every third loses 0.1 dB."""


@numba.njit(inline="always", **JIT)
def _weights(fx, fy):  # type: ignore[no-untyped-def]
    """Bilinear weights of a cell's corners: at it, right of it, below it, below and right."""
    one = np.float32(1)
    return (one - fx) * (one - fy), fx * (one - fy), (one - fx) * fy, fx * fy


@numba.njit(inline="always", **JIT)
def _corners(gx, gy, size):  # type: ignore[no-untyped-def]
    """Column and row of the cell that a point of a square grid lies in, and `_weights` there; held to the grid."""
    gx = min(max(gx, np.float32(0.0)), np.float32(size - 1.001))
    gy = min(max(gy, np.float32(0.0)), np.float32(size - 1.001))
    i, j = np.int32(gx), np.int32(gy)
    w00, w10, w01, w11 = _weights(gx - i, gy - j)
    return i, j, w00, w10, w01, w11


@numba.njit(inline="always", **JIT)
def _motion(point, rotation, scale, warp, modes, out):  # type: ignore[no-untyped-def]
    """How a pixel's surface point moves in the picture with each unknown: fills out (2, MOVED).

    The last columns stay as they are: the learned numbers move nothing.
    The point is at rest; where it lies in the deformed face is close enough to rest plus the displacement there.
    """
    gx = (point[0] - np.float32(BOX_LOW[0])) * np.float32((NODES - 1) / (BOX_HIGH[0] - BOX_LOW[0]))
    gy = (point[1] - np.float32(BOX_LOW[1])) * np.float32((NODES - 1) / (BOX_HIGH[1] - BOX_LOW[1]))
    i, j, w00, w10, w01, w11 = _corners(gx, gy, NODES)
    a = point[0] + warp[j, i, 0]
    b = point[1] + warp[j, i, 1]
    c = point[2] + warp[j, i, 2]
    for axis in range(2):
        rx, ry, rz = scale * rotation[0, axis], scale * rotation[1, axis], scale * rotation[2, axis]
        out[axis, 0] = b * rz - c * ry
        out[axis, 1] = c * rx - a * rz
        out[axis, 2] = a * ry - b * rx
        out[axis, 3] = np.float32(1 - axis)
        out[axis, 4] = np.float32(axis)
        out[axis, 5] = a * rx + b * ry + c * rz
        for k in range(LEADING):
            dx = w00 * modes[j, i, 0, k] + w10 * modes[j, i + 1, 0, k]
            dx += w01 * modes[j + 1, i, 0, k] + w11 * modes[j + 1, i + 1, 0, k]
            dy = w00 * modes[j, i, 1, k] + w10 * modes[j, i + 1, 1, k]
            dy += w01 * modes[j + 1, i, 1, k] + w11 * modes[j + 1, i + 1, 1, k]
            dz = w00 * modes[j, i, 2, k] + w10 * modes[j, i + 1, 2, k]
            dz += w01 * modes[j + 1, i, 2, k] + w11 * modes[j + 1, i + 1, 2, k]
            out[axis, POSE_SIZE + k] = rx * dx + ry * dy + rz * dz


@numba.njit(inline="always", **JIT)
def _add(matrix, side, motion, tensor):  # type: ignore[no-untyped-def]
    """Adds a pixel that moves by motion (2, n) per unit of n unknowns to their normal equations."""
    xx, xy, yy, px, py = tensor
    for k in range(motion.shape[1]):
        u = xx * motion[0, k] + xy * motion[1, k]
        v = xy * motion[0, k] + yy * motion[1, k]
        side[k] += px * motion[0, k] + py * motion[1, k]
        for m in range(motion.shape[1]):
            matrix[k, m] += u * motion[0, m] + v * motion[1, m]


@numba.njit(inline="always", **JIT)
def _tint(point, colours, out):  # type: ignore[no-untyped-def]
    """How a surface point's colour changes with each unknown: fills out (3, n)."""
    cells = colours.shape[0]
    gx = (point[0] - np.float32(BOX_LOW[0])) * np.float32(1.0 / (BOX_HIGH[0] - BOX_LOW[0])) * cells - np.float32(0.5)
    gy = (point[1] - np.float32(BOX_LOW[1])) * np.float32(1.0 / (BOX_HIGH[1] - BOX_LOW[1])) * cells - np.float32(0.5)
    i, j, w00, w10, w01, w11 = _corners(gx, gy, cells)
    for c in range(3):
        for k in range(colours.shape[3]):
            above = w00 * colours[j, i, c, k] + w10 * colours[j, i + 1, c, k]
            out[c, k] = above + w01 * colours[j + 1, i, c, k] + w11 * colours[j + 1, i + 1, c, k]


@numba.njit(inline="always", **JIT)
def _cell(point, warp):  # type: ignore[no-untyped-def]
    """Row and column of the cell of the deformed face plane that a surface point at rest lies in."""
    gx = (point[0] - np.float32(BOX_LOW[0])) * np.float32((NODES - 1) / (BOX_HIGH[0] - BOX_LOW[0]))
    gy = (point[1] - np.float32(BOX_LOW[1])) * np.float32((NODES - 1) / (BOX_HIGH[1] - BOX_LOW[1]))
    i = np.int32(min(max(gx, np.float32(0.0)), np.float32(NODES - 1)))
    j = np.int32(min(max(gy, np.float32(0.0)), np.float32(NODES - 1)))
    x, y = point[0] + warp[j, i, 0], point[1] + warp[j, i, 1]
    gx = (x - np.float32(BOX_LOW[0])) * np.float32((CELLS - 1) / (BOX_HIGH[0] - BOX_LOW[0])) + np.float32(0.5)
    gy = (y - np.float32(BOX_LOW[1])) * np.float32((CELLS - 1) / (BOX_HIGH[1] - BOX_LOW[1])) + np.float32(0.5)
    column = np.int32(min(max(gx, np.float32(0.0)), np.float32(CELLS - 1)))
    return np.int32(min(max(gy, np.float32(0.0)), np.float32(CELLS - 1))), column


@numba.njit(**JIT)
def face_cells(points, warp):  # type: ignore[no-untyped-def]
    """Cells of the deformed face plane in which surface points lie.

    Args:
        points: float32 (S, S, 3), at rest.
        warp: float32 (NODES, NODES, 3), the frame's.

    Returns:
        int64 (S, S), row by row of the CELLS x CELLS.
    """
    cells = np.empty(points.shape[:2], np.int64)
    for y in range(points.shape[0]):
        for x in range(points.shape[1]):
            row, column = _cell(points[y, x], warp)
            cells[y, x] = np.int64(row) * CELLS + column
    return cells


FREE = 5
"""What a cell keeps of its pixels: their structure tensor (xx, xy, yy), and its product with the residual (x, y)."""


@numba.njit(parallel=True, **JIT)
def head_equations(gradients, weights, residual, surface, rotation, scale, warp, modes, colours, near, tints, threads):  # type: ignore[no-untyped-def]
    """Gauss-Newton's normal matrix and right side for moving the head until the picture fits.

    What a number moves and what it tints count together, as in active appearance models (Matthews and Baker 2004).

    Args:
        gradients: float32 (S, S, 3, 2), how much brighter the picture is a reference px to the right, and below.
        weights: float32 (S, S, 3), what each pixel counts; a pixel whose first weight is 0 is passed over.
        residual: float32 (S, S, 3), rendered less seen.
        surface: float32 (S, S, 4), from `models.render.cpu.Sight`.
        rotation: float32 (3, 3).
        scale: reference px per canonical unit.
        warp: float32 (NODES, NODES, 3), the frame's.
        modes: float32 (NODES, NODES, 3, 26), from `WarpBasis.modes`.
        colours: float32 (m, m, 3, n), from `models.alignment.colour_modes`, for most pixels; n >= MOVED.
        near: int32 (S, S), row of `tints` for the others, at mouth and eyes; elsewhere -1.
        tints: float32 (p, 3, n), how those change with each unknown.
        threads: how many share the work.

    Returns:
        float64 (n, n) and float64 (n,): pose, then the code's numbers, then the tints. And for what cells of the
        deformed face plane do by themselves, float32 (CELLS, CELLS, FREE), per canonical unit, and the products of that
        with the numbers, float32 (CELLS, CELLS, 2, n).
    """
    size, count = surface.shape[0], tints.shape[2]
    matrix = np.zeros((threads, count, count), np.float32)
    side = np.zeros((threads, count), np.float32)
    free = np.zeros((threads, CELLS, CELLS, FREE), np.float32)
    both = np.zeros((threads, CELLS, CELLS, 2, count), np.float32)
    for part in numba.prange(threads):
        motion, tint = np.zeros((2, count), np.float32), np.zeros((3, count), np.float32)
        rows, weighted = np.empty((3, count), np.float32), np.empty((3, count), np.float32)
        for y in range(part, size, threads):
            for x in range(size):
                if weights[y, x, 0] == np.float32(0.0):
                    continue
                cover = surface[y, x, 0]
                _motion(surface[y, x, 1:], rotation, scale, warp, modes, motion)
                if near[y, x] >= 0:
                    tint[:] = tints[near[y, x]]
                else:
                    _tint(surface[y, x, 1:], colours, tint)
                row, column = _cell(surface[y, x, 1:], warp)
                here, beside = free[part, row, column], both[part, row, column]
                for c in range(3):
                    gx, gy = gradients[y, x, c, 0], gradients[y, x, c, 1]
                    r, weight = residual[y, x, c], weights[y, x, c]
                    for k in range(count):
                        rows[c, k] = gx * motion[0, k] + gy * motion[1, k] - cover * tint[c, k]
                        weighted[c, k] = weight * rows[c, k]
                        side[part, k] += weighted[c, k] * r
                    px = scale * (rotation[0, 0] * gx + rotation[0, 1] * gy)
                    py = scale * (rotation[1, 0] * gx + rotation[1, 1] * gy)
                    here[0] += weight * px * px
                    here[1] += weight * px * py
                    here[2] += weight * py * py
                    here[3] += weight * px * r
                    here[4] += weight * py * r
                    for k in range(count):
                        beside[0, k] += px * weighted[c, k]
                        beside[1, k] += py * weighted[c, k]
                for k in range(count):
                    a, b, c = weighted[0, k], weighted[1, k], weighted[2, k]
                    for m in range(count):
                        matrix[part, k, m] += a * rows[0, m] + b * rows[1, m] + c * rows[2, m]
    return matrix.astype(np.float64).sum(0), side.astype(np.float64).sum(0), free.sum(0), both.sum(0)


@numba.njit(parallel=True, **JIT)
def freeform_equations(free, both, modes, threads):  # type: ignore[no-untyped-def]
    """What was gathered in C x C cells, as equations for n numbers that displace them.

    Args:
        free: float32 (C, C, FREE).
        both: float32 (C, C, 2, u), products with u other unknowns.
        modes: float32 (C, C, 2, n), each number's displacement of each cell.
        threads: how many share the work.

    Returns:
        float64 (n, n), float64 (n,), and float64 (u, n), the products with the other unknowns.
    """
    cells, count = modes.shape[0], modes.shape[3]
    matrix = np.zeros((threads, count, count), np.float32)
    side = np.zeros((threads, count), np.float32)
    moved = both.shape[3]
    across = np.zeros((threads, moved, count), np.float32)
    for part in numba.prange(threads):
        for j in range(part, cells, threads):
            for i in range(cells):
                xx, xy, yy, px, py = free[j, i, 0], free[j, i, 1], free[j, i, 2], free[j, i, 3], free[j, i, 4]
                if xx + yy <= np.float32(0.0):
                    continue
                x, y = modes[j, i, 0], modes[j, i, 1]
                for k in range(count):
                    side[part, k] += px * x[k] + py * y[k]
                    u, v = xx * x[k] + xy * y[k], xy * x[k] + yy * y[k]
                    for m in range(count):
                        matrix[part, k, m] += u * x[m] + v * y[m]
                for k in range(moved):
                    u, v = both[j, i, 0, k], both[j, i, 1, k]
                    for m in range(count):
                        across[part, k, m] += u * x[m] + v * y[m]
    return matrix.astype(np.float64).sum(0), side.astype(np.float64).sum(0), across.astype(np.float64).sum(0)


@numba.njit(parallel=True, **JIT)
def torso_cells(gradients, weights, residual, flow, torso_map, threads):  # type: ignore[no-untyped-def]
    """What pixels tell of the torso's motion, gathered in the flow's cells.

    Args:
        gradients, weights, residual, threads: as for `head_equations`.
        flow: float32 (64, 64, 2), the frame's torso flow, reference px.
        torso_map: uint8 (64, 64), as in `models.field.avatar.Avatar`.

    Returns:
        float32 (64, 64, FREE), gradients per reference px.
    """
    size, blocks, cells = residual.shape[0], torso_map.shape[0], flow.shape[0]
    gathered = np.zeros((threads, cells, cells, FREE), np.float32)
    stride, per_cell = np.float32(REFERENCE_SIZE // size), np.float32(cells / REFERENCE_SIZE)
    for part in numba.prange(threads):
        for y in range(part, size, threads):
            v = stride * np.float32(y) + np.float32(0.5)
            for x in range(size):
                if weights[y, x, 0] == np.float32(0.0):
                    continue
                u = stride * np.float32(x) + np.float32(0.5)
                to_x, to_y = torso_point(u, v, flow)
                row, column = min(np.int32(to_y * blocks), blocks - 1), min(np.int32(to_x * blocks), blocks - 1)
                if torso_map[row, column] == 0:
                    continue
                cell = gathered[part, np.int32(v * per_cell), np.int32(u * per_cell)]
                for c in range(3):
                    gx, gy = gradients[y, x, c, 0], gradients[y, x, c, 1]
                    r, weight = residual[y, x, c], weights[y, x, c]
                    cell[0] += weight * gx * gx
                    cell[1] += weight * gx * gy
                    cell[2] += weight * gy * gy
                    cell[3] += weight * gx * r
                    cell[4] += weight * gy * r
    return gathered.sum(0)
