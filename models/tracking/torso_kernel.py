"""The inner loop of the torso's Gauss-Newton fit, compiled: one thread, no BLAS, the interpreter's lock released."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from models.kernel_cache import JIT


@numba.njit(**JIT)
def accumulate(
    values: NDArray[np.float32],
    places: NDArray[np.float32],
    sampled: NDArray[np.float32],
    along: NDArray[np.float32],
    torso: NDArray[np.float32],
    robust_grey: float,
    normal: NDArray[np.float32],
    against: NDArray[np.float32],
) -> Any:
    """Compare pixels with the reference under a flow, and add up the normal equations.

    Pixels run along the last axis of everything, so that each loop over them becomes vector instructions.

    Args:
        values: float32 (m,), grey of the pixels.
        places: float32 (2, m), their x and y.
        sampled: float32 (H, W, 3), the reference's grey and its slopes along x and y.
        along: float32 (2, n, m), what one unit of each number moves each pixel by, along x and y.
        torso: float32 (n,), the numbers.
        robust_grey: residual that counts half.
        normal: float32 (n, n), is overwritten.
        against: float32 (n,), is overwritten.

    Returns:
        Sum of weights, and sum of weight x squared residual. Pixels that leave the reference weigh nothing.
    """
    numbers, pixels = along.shape[1], along.shape[2]
    x, y = places[0].copy(), places[1].copy()
    for k in range(numbers):
        amount = torso[k]
        along_x, along_y = along[0, k], along[1, k]
        for p in range(pixels):
            x[p] += amount * along_x[p]
            y[p] += amount * along_y[p]
    residual, weight = np.empty(pixels, np.float32), np.empty(pixels, np.float32)
    slope_x, slope_y = np.empty(pixels, np.float32), np.empty(pixels, np.float32)
    mass, error = _sample(values, x, y, sampled, np.float32(robust_grey), residual, weight, slope_x, slope_y)
    rows = np.empty((numbers, pixels), np.float32)
    weighted = np.empty(pixels, np.float32)
    for i in range(numbers):
        row, along_x, along_y = rows[i], along[0, i], along[1, i]
        total = np.float32(0.0)
        for p in range(pixels):
            row[p] = slope_x[p] * along_x[p] + slope_y[p] * along_y[p]
            weighted[p] = row[p] * weight[p]
            total += weighted[p] * residual[p]
        against[i] = total
        for k in range(i + 1):
            other = rows[k]
            total = np.float32(0.0)
            for p in range(pixels):
                total += weighted[p] * other[p]
            normal[i, k] = total
            normal[k, i] = total
    return mass, error


@numba.njit(**JIT)
def _sample(
    values: NDArray[np.float32],
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    sampled: NDArray[np.float32],
    robust_grey: float,
    residual: NDArray[np.float32],
    weight: NDArray[np.float32],
    slope_x: NDArray[np.float32],
    slope_y: NDArray[np.float32],
) -> Any:
    """Sample the reference bilinearly at x, y (m,); fill the last four (m,); return summed weight and error."""
    height, width = sampled.shape[:2]
    mass, error = np.float32(0.0), np.float32(0.0)
    for p in range(len(values)):
        if not (x[p] >= 0.0 and y[p] >= 0.0 and x[p] < width - 1 and y[p] < height - 1):
            residual[p] = weight[p] = slope_x[p] = slope_y[p] = np.float32(0.0)
            continue
        left, top = int(x[p]), int(y[p])
        u, v = x[p] - np.float32(left), y[p] - np.float32(top)
        upper, lower = sampled[top], sampled[top + 1]
        a, b, c, d = (1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v
        grey = a * upper[left, 0] + b * upper[left + 1, 0] + c * lower[left, 0] + d * lower[left + 1, 0]
        slope_x[p] = a * upper[left, 1] + b * upper[left + 1, 1] + c * lower[left, 1] + d * lower[left + 1, 1]
        slope_y[p] = a * upper[left, 2] + b * upper[left + 1, 2] + c * lower[left, 2] + d * lower[left + 1, 2]
        gap = values[p] - grey
        trust = np.float32(1.0) / (np.float32(1.0) + (gap / robust_grey) * (gap / robust_grey))
        residual[p], weight[p] = gap, trust
        mass += trust
        error += trust * gap * gap
    return mass, error
