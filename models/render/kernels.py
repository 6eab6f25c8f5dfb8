"""The compiled CPU renderer: one pass per tile that marches, encodes, shades and composites.

A tile's pixels stay in the first caches from the ray to the finished byte. Networks run over a tile with pixels along
the fast axis, so that the compiler turns every weight into a broadcast and every inner loop into vector arithmetic in
float32: no machine needs bfloat16 units. `models.render.reference` specifies the result.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from models.field.head import EYE_WIDTH, MOUTH_WIDTH, SEAM_WIDTH, SEAM_Y
from models.field.kernels import _entry_2d, _entry_3d
from models.field.march import march_ray
from models.field.space import BOX_LOW, TORSO_MARGIN, UNIT
from models.kernel_cache import JIT

TILE_WIDTH, TILE_HEIGHT = 32, 8
TILE = TILE_WIDTH * TILE_HEIGHT
"""Pixels per tile: 64 numbers of 256 pixels are 64 kB, a first-level cache and a half."""

UNSEEN = 0.996
"""Head coverage above which the torso cannot change a grey level."""

GATES = 5
HIDDEN = 64
ENCODED = 32


@numba.njit(inline="always", **JIT)
def _layer(weight, bias, x, count, inputs, out):  # type: ignore[no-untyped-def]
    """out = relu(weight @ x + bias) over the first ``count`` pixels; inputs a multiple of 8 but for the rest loop."""
    for o in range(weight.shape[0]):
        row = out[o]
        b = bias[o]
        for p in range(count):
            row[p] = b
        k = 0
        while k + 8 <= inputs:
            w0, w1, w2, w3 = weight[o, k], weight[o, k + 1], weight[o, k + 2], weight[o, k + 3]
            w4, w5, w6, w7 = weight[o, k + 4], weight[o, k + 5], weight[o, k + 6], weight[o, k + 7]
            for p in range(count):
                row[p] += (
                    w0 * x[k, p] + w1 * x[k + 1, p] + w2 * x[k + 2, p] + w3 * x[k + 3, p]
                    + w4 * x[k + 4, p] + w5 * x[k + 5, p] + w6 * x[k + 6, p] + w7 * x[k + 7, p]
                )  # fmt: skip
            k += 8
        while k < inputs:
            w0 = weight[o, k]
            for p in range(count):
                row[p] += w0 * x[k, p]
            k += 1
        for p in range(count):
            row[p] = max(row[p], np.float32(0.0))


@numba.njit(inline="always", **JIT)
def _output(weight, bias, x, count, out):  # type: ignore[no-untyped-def]
    """out = sigmoid(weight @ x + bias)."""
    for o in range(weight.shape[0]):
        for p in range(count):
            out[o, p] = bias[o]
        for k in range(HIDDEN):
            w = weight[o, k]
            for p in range(count):
                out[o, p] += w * x[k, p]
        for p in range(count):
            out[o, p] = np.float32(1.0) / (np.float32(1.0) + np.exp(-out[o, p]))


@numba.njit(inline="always", **JIT)
def _encode_head(points, count, table, scale, resolution, offset, dense, x):  # type: ignore[no-untyped-def]
    for level in range(scale.shape[0]):
        s = scale[level]
        r = np.int32(resolution[level])
        start = offset[level]
        size = np.uint32(offset[level + 1] - start)
        d = dense[level]
        column = level * 4
        for p in range(count):
            ux = min(max((points[0, p] - np.float32(BOX_LOW[0])) / np.float32(UNIT), np.float32(0.0)), np.float32(1.0))
            uy = min(max((points[1, p] - np.float32(BOX_LOW[1])) / np.float32(UNIT), np.float32(0.0)), np.float32(1.0))
            uz = min(max((points[2, p] - np.float32(BOX_LOW[2])) / np.float32(UNIT), np.float32(0.0)), np.float32(1.0))
            px, py, pz = ux * s + np.float32(0.5), uy * s + np.float32(0.5), uz * s + np.float32(0.5)
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
            x[column, p], x[column + 1, p], x[column + 2, p], x[column + 3, p] = a0, a1, a2, a3


@numba.njit(inline="always", **JIT)
def _encode_torso(points, count, table, scale, resolution, offset, dense, x):  # type: ignore[no-untyped-def]
    for level in range(scale.shape[0]):
        s = scale[level]
        r = np.int32(resolution[level])
        start = offset[level]
        size = np.uint32(offset[level + 1] - start)
        d = dense[level]
        column = level * 4
        for p in range(count):
            px, py = points[0, p] * s + np.float32(0.5), points[1, p] * s + np.float32(0.5)
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
            x[column, p], x[column + 1, p], x[column + 2, p], x[column + 3, p] = a0, a1, a2, a3


@numba.njit(inline="always", **JIT)
def _gates(points, count, centre, x):  # type: ignore[no-untyped-def]
    """The gates of `HeadField.gates`, as rows 32 to 36 of the first layer's input."""
    for g in range(3):
        width = np.float32(MOUTH_WIDTH) if g == 0 else np.float32(EYE_WIDTH)
        fall = np.float32(-0.5) / (width * width)
        for p in range(count):
            dx, dy, dz = points[0, p] - centre[g, 0], points[1, p] - centre[g, 1], points[2, p] - centre[g, 2]
            x[ENCODED + g, p] = np.exp(fall * (dx * dx + dy * dy + dz * dz))
    fall = np.float32(-0.5 / (SEAM_WIDTH * SEAM_WIDTH))
    for p in range(count):
        dy = points[1, p] - np.float32(SEAM_Y)
        x[ENCODED + 3, p] = np.exp(fall * dy * dy)
        x[ENCODED + 4, p] = np.float32(1.0)


@numba.njit(inline="always", **JIT)
def _torso_point(u, v, flow):  # type: ignore[no-untyped-def]
    """Torso coordinates in [0, 1] of a pixel: `flow_at` and `unit_torso`."""
    size = flow.shape[0]
    gx = min(max((u - np.float32(2.0)) * np.float32(0.25), np.float32(0.0)), np.float32(size - 1))
    gy = min(max((v - np.float32(2.0)) * np.float32(0.25), np.float32(0.0)), np.float32(size - 1))
    i, j = min(np.int32(gx), size - 2), min(np.int32(gy), size - 2)
    fx, fy = gx - i, gy - j
    w00, w10 = (1 - fx) * (1 - fy), fx * (1 - fy)
    w01, w11 = (1 - fx) * fy, fx * fy
    x = u + w00 * flow[j, i, 0] + w10 * flow[j, i + 1, 0] + w01 * flow[j + 1, i, 0] + w11 * flow[j + 1, i + 1, 0]
    y = v + w00 * flow[j, i, 1] + w10 * flow[j, i + 1, 1] + w01 * flow[j + 1, i, 1] + w11 * flow[j + 1, i + 1, 1]
    span = np.float32(1.0 / (256.0 + 2.0 * TORSO_MARGIN))
    x = min(max((x + np.float32(TORSO_MARGIN)) * span, np.float32(0.0)), np.float32(1.0))
    y = min(max((y + np.float32(TORSO_MARGIN)) * span, np.float32(0.0)), np.float32(1.0))
    return x, y


@numba.njit(parallel=True, **JIT)
def render_tiles(columns, rows, plate, frame, volume, head_grid, head, torso_grid, torso, torso_map, picture):  # type: ignore[no-untyped-def]
    """Renders a picture.

    Args:
        columns, rows: float32 (W,) and (H,), reference px.
        plate: float32 (H, W, 3) in [0, 1].
        frame: rotation (3, 3), translation (3,), warp, torso flow (64, 64, 2).
        volume: density and its coarse occupancy.
        head_grid, torso_grid: table, scale, resolution, offset, dense.
        head: gate centres, then weight and bias of three layers, the frame's rows and bias already in them.
        torso: weight and bias of three layers, the frame's bias already in them.
        torso_map: uint8 (64, 64).
        picture: uint8 (H, W, 3), filled.
    """
    rotation, translation, warp, flow = frame
    density, occupied = volume
    h_table, h_scale, h_resolution, h_offset, h_dense = head_grid
    centre, h_w1, h_b1, h_w2, h_b2, h_w3, h_b3 = head
    t_table, t_scale, t_resolution, t_offset, t_dense = torso_grid
    t_w1, t_b1, t_w2, t_b2, t_w3, t_b3 = torso
    width, height = columns.shape[0], rows.shape[0]
    across = (width + TILE_WIDTH - 1) // TILE_WIDTH
    down = (height + TILE_HEIGHT - 1) // TILE_HEIGHT
    blocks = torso_map.shape[0]
    for tile in numba.prange(across * down):
        left, top = (tile % across) * TILE_WIDTH, (tile // across) * TILE_HEIGHT
        right, bottom = min(width, left + TILE_WIDTH), min(height, top + TILE_HEIGHT)
        cover = np.zeros((TILE_HEIGHT, TILE_WIDTH), np.float32)
        light = np.zeros((TILE_HEIGHT, TILE_WIDTH, 3), np.float32)
        points = np.empty((3, TILE), np.float32)
        where = np.empty((TILE, 2), np.int32)
        x = np.empty((ENCODED + GATES, TILE), np.float32)
        first = np.empty((HIDDEN, TILE), np.float32)
        second = np.empty((HIDDEN, TILE), np.float32)
        out = np.empty((4, TILE), np.float32)
        count = 0
        for row in range(top, bottom):
            for column in range(left, right):
                a, px, py, pz = march_ray(columns[column], rows[row], rotation, translation, warp, density, occupied)
                if a > 0.0:
                    cover[row - top, column - left] = a
                    points[0, count], points[1, count], points[2, count] = px, py, pz
                    where[count, 0], where[count, 1] = row - top, column - left
                    count += 1
        if count > 0:
            _encode_head(points, count, h_table, h_scale, h_resolution, h_offset, h_dense, x)
            _gates(points, count, centre, x)
            _layer(h_w1, h_b1, x, count, ENCODED + GATES, first)
            _layer(h_w2, h_b2, first, count, HIDDEN, second)
            _output(h_w3, h_b3, second, count, out)
            for p in range(count):
                a = cover[where[p, 0], where[p, 1]]
                for c in range(3):
                    light[where[p, 0], where[p, 1], c] = a * out[c, p]
        count = 0
        for row in range(top, bottom):
            for column in range(left, right):
                left_over = np.float32(1.0) - cover[row - top, column - left]
                if left_over < np.float32(1.0 - UNSEEN):
                    continue
                px, py = _torso_point(columns[column], rows[row], flow)
                j, i = min(np.int32(py * blocks), blocks - 1), min(np.int32(px * blocks), blocks - 1)
                if torso_map[j, i] == 0:
                    for c in range(3):
                        light[row - top, column - left, c] += left_over * plate[row, column, c]
                    continue
                points[0, count], points[1, count] = px, py
                where[count, 0], where[count, 1] = row - top, column - left
                count += 1
        if count > 0:
            _encode_torso(points, count, t_table, t_scale, t_resolution, t_offset, t_dense, x)
            _layer(t_w1, t_b1, x, count, ENCODED, first)
            _layer(t_w2, t_b2, first, count, HIDDEN, second)
            _output(t_w3, t_b3, second, count, out)
            for p in range(count):
                r, q = where[p, 0], where[p, 1]
                left_over = np.float32(1.0) - cover[r, q]
                a = out[3, p]
                for c in range(3):
                    behind = a * out[c, p] + (np.float32(1.0) - a) * plate[top + r, left + q, c]
                    light[r, q, c] += left_over * behind
        for row in range(top, bottom):
            for column in range(left, right):
                for c in range(3):
                    value = light[row - top, column - left, c] * np.float32(255.0) + np.float32(0.5)
                    picture[row, column, c] = np.uint8(min(max(value, np.float32(0.0)), np.float32(255.0)))
