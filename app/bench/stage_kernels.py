"""The renderer's kernels, one stage at a time: each runs over all tiles before the next begins."""

from __future__ import annotations

import numba
import numpy as np

from models.field.conditioning import GATES
from models.field.space import BOX_LOW, UNIT
from models.kernel_cache import JIT
from models.render.depth import march_pixels
from models.render.hashing import CORNERS, encode_head, encode_torso
from models.render.kernels import TILE_HEIGHT, TILE_WIDTH
from models.render.layers import CHUNK, ENCODED, HIDDEN, OUTPUTS, gate_rows, hidden_layer, output_layer
from models.render.vector import LANES, load, store

ZERO = np.float32(0.0)


@numba.njit(**JIT)
def march_tiles(columns, wide, rows, bent, volume, cover, points):  # type: ignore[no-untyped-def]
    """Marches all rays of a picture.

    Args:
        columns: float32 (1, W), reference px, filled up to whole tiles.
        wide: how many of them are in the picture.
        rows: float32 (H,), reference px.
        bent: the frame's rotation, translation and warp.
        volume: density and the frame's depths.
        cover: float32 (H, W), filled with the head's coverage.
        points: float32 (3, H * W), filled with the canonical points of the pixels that the head covers, tile by tile.

    Returns:
        how many those are.
    """
    rotation, translation, warp = bent
    density, span = volume
    found = np.empty((3, LANES), np.float32)
    count = 0
    for top in range(0, rows.shape[0], TILE_HEIGHT):
        for left in range(0, columns.shape[1], TILE_WIDTH):
            for row in range(top, min(top + TILE_HEIGHT, rows.shape[0])):
                for column in range(left, left + TILE_WIDTH, LANES):
                    u = load(columns, 0, column)
                    a, x, y, z = march_pixels(u, rows[row], rotation, translation, warp, density, span)
                    store(cover, row, column, a)
                    store(found, 0, 0, x)
                    store(found, 1, 0, y)
                    store(found, 2, 0, z)
                    for lane in range(min(LANES, wide - column)):
                        if cover[row, column + lane] > ZERO:
                            for axis in range(3):
                                points[axis, count] = found[axis, lane]
                            count += 1
    return count


@numba.njit(inline="always", **JIT)
def _scratch():  # type: ignore[no-untyped-def]
    """Unit coordinates, entries and weights of a chunk's points, and their encoding."""
    return (
        np.zeros(3 * CHUNK, np.float32), np.zeros(CORNERS * CHUNK, np.uint32), np.zeros(CORNERS * CHUNK, np.float32),
        np.zeros((ENCODED + GATES, CHUNK), np.float32),
    )  # fmt: skip


@numba.njit(**JIT)
def encode_head_points(points, grid, centre):  # type: ignore[no-untyped-def]
    """Encodes canonical points (3, n), gates included; returns the last chunk's rows."""
    place, entry, weight, x = _scratch()
    span = np.float32(1.0 / UNIT)
    for start in range(0, points.shape[1], CHUNK):
        here = min(CHUNK, points.shape[1] - start)
        for axis in range(3):
            for p in range(here):
                place[axis * CHUNK + p] = points[axis, start + p]
        gate_rows(place, centre, x)
        for axis in range(3):
            for p in range(CHUNK):
                unit = (place[axis * CHUNK + p] - np.float32(BOX_LOW[axis])) * span
                place[axis * CHUNK + p] = min(max(unit, ZERO), np.float32(1.0))
        encode_head(place, here, grid, entry, weight, x)
    return x


@numba.njit(**JIT)
def encode_torso_points(points, grid):  # type: ignore[no-untyped-def]
    """Encodes torso coordinates (2, n) in [0, 1]; returns the last chunk's rows."""
    place, entry, weight, x = _scratch()
    for start in range(0, points.shape[1], CHUNK):
        here = min(CHUNK, points.shape[1] - start)
        for axis in range(2):
            for p in range(here):
                place[axis * CHUNK + p] = points[axis, start + p]
        encode_torso(place, here, grid, entry, weight, x)
    return x


@numba.njit(**JIT)
def shade_points(count, inputs, layers):  # type: ignore[no-untyped-def]
    """Runs three layers, the first of them with so many inputs, on ``count`` points; returns the last chunk's rows."""
    w1, b1, w2, b2, w3, b3 = layers
    _, _, _, x = _scratch()
    first, second = np.zeros((HIDDEN, CHUNK), np.float32), np.zeros((HIDDEN, CHUNK), np.float32)
    out = np.zeros((OUTPUTS, CHUNK), np.float32)
    for _ in range(0, count, CHUNK):
        hidden_layer(w1, b1, x, inputs, first)
        hidden_layer(w2, b2, first, HIDDEN, second)
        output_layer(w3, b3, second, out)
        x[0, 0] += out[0, 0]  # else the chunks would be the same, and one would do
    return out
