"""The normal equations of photometric alignment, in one compiled pass over the picture."""

from __future__ import annotations

import numba
import numpy as np

from codec.types import POSE_SIZE
from models.calibration import LEADING, UNKNOWNS
from models.field.space import BOX_HIGH, BOX_LOW
from models.field.warp import NODES
from models.kernel_cache import JIT

SEEN = 0.3
"""Head coverage from which a pixel tells of the head's motion."""

ROBUST = 25.0
"""Grey levels at which a pixel's residual counts half: beyond it lie a hand, a highlight, hair that is not modelled."""


@numba.njit(inline="always", **JIT)
def _gradient(mean, y, x, c):  # type: ignore[no-untyped-def]
    """Horizontal and vertical Sobel gradient, per pixel."""
    left = mean[y - 1, x - 1, c] + np.float32(2.0) * mean[y, x - 1, c] + mean[y + 1, x - 1, c]
    right = mean[y - 1, x + 1, c] + np.float32(2.0) * mean[y, x + 1, c] + mean[y + 1, x + 1, c]
    above = mean[y - 1, x - 1, c] + np.float32(2.0) * mean[y - 1, x, c] + mean[y - 1, x + 1, c]
    below = mean[y + 1, x - 1, c] + np.float32(2.0) * mean[y + 1, x, c] + mean[y + 1, x + 1, c]
    return np.float32(0.125) * (right - left), np.float32(0.125) * (below - above)


@numba.njit(inline="always", **JIT)
def _tensor_of(mean, residual, y, x, weight):  # type: ignore[no-untyped-def]
    """Structure tensor (xx, xy, yy) of a pixel and its product with the residual (x, y), summed over the channels."""
    xx, xy, yy, px, py = np.float32(0), np.float32(0), np.float32(0), np.float32(0), np.float32(0)
    for c in range(3):
        r = residual[y, x, c]
        w = weight / (np.float32(1.0) + r * r * np.float32(1.0 / ROBUST**2))
        gx, gy = _gradient(mean, y, x, c)
        xx += w * gx * gx
        xy += w * gx * gy
        yy += w * gy * gy
        px += w * gx * r
        py += w * gy * r
    return xx, xy, yy, px, py


@numba.njit(inline="always", **JIT)
def _motion(point, rotation, scale, warp, modes, out):  # type: ignore[no-untyped-def]
    """How a pixel's surface point moves in the picture with each unknown: fills out (2, UNKNOWNS).

    The point is at rest; where it lies in the deformed face is close enough to rest plus the displacement there.
    """
    gx = (point[0] - np.float32(BOX_LOW[0])) * np.float32((NODES - 1) / (BOX_HIGH[0] - BOX_LOW[0]))
    gy = (point[1] - np.float32(BOX_LOW[1])) * np.float32((NODES - 1) / (BOX_HIGH[1] - BOX_LOW[1]))
    gx = min(max(gx, np.float32(0.0)), np.float32(NODES - 1.001))
    gy = min(max(gy, np.float32(0.0)), np.float32(NODES - 1.001))
    i, j = np.int32(gx), np.int32(gy)
    fx, fy = gx - i, gy - j
    w00, w10 = (np.float32(1) - fx) * (np.float32(1) - fy), fx * (np.float32(1) - fy)
    w01, w11 = (np.float32(1) - fx) * fy, fx * fy
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


@numba.njit(parallel=True, **JIT)
def normal_equations(mean, residual, surface, rotation, scale, warp, modes, threads):  # type: ignore[no-untyped-def]
    """Gauss-Newton's normal matrix and right side for moving the head until the picture fits (Lucas and Kanade 1981).

    Args:
        mean: float32 (S, S, 3), grey levels, mean of the rendered and the seen picture: its gradients stand for both.
        residual: float32 (S, S, 3), rendered less seen.
        surface: float32 (S, S, 4), from `models.render.cpu.Sight`.
        rotation: float32 (3, 3).
        scale: reference px per canonical unit.
        warp: float32 (NODES, NODES, 3), the frame's.
        modes: float32 (NODES, NODES, 3, 26), from `WarpBasis.modes`.
        threads: how many share the work.

    Returns:
        float64 (UNKNOWNS, UNKNOWNS) and float64 (UNKNOWNS,), for motion in reference px and gradients per pixel.
    """
    size = surface.shape[0]
    matrix = np.zeros((threads, UNKNOWNS, UNKNOWNS), np.float32)
    side = np.zeros((threads, UNKNOWNS), np.float32)
    for part in numba.prange(threads):
        motion = np.empty((2, UNKNOWNS), np.float32)
        mine, pull = matrix[part], side[part]
        for y in range(1 + part, size - 1, threads):
            for x in range(1, size - 1):
                if surface[y, x, 0] < np.float32(SEEN):
                    continue
                xx, xy, yy, px, py = _tensor_of(mean, residual, y, x, surface[y, x, 0])
                _motion(surface[y, x, 1:], rotation, scale, warp, modes, motion)
                for k in range(UNKNOWNS):
                    u = xx * motion[0, k] + xy * motion[1, k]
                    v = xy * motion[0, k] + yy * motion[1, k]
                    pull[k] += px * motion[0, k] + py * motion[1, k]
                    for m in range(UNKNOWNS):
                        mine[k, m] += u * motion[0, m] + v * motion[1, m]
    return matrix.astype(np.float64).sum(0), side.astype(np.float64).sum(0)
