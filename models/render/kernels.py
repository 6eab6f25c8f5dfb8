"""The compiled CPU renderer: one pass per tile that marches, encodes, shades and composites.

A tile's pixels stay in the first caches from the ray to the finished byte. Networks run over chunks of the tile's
pixels, with pixels along the fast axis. `models.render.reference` specifies the result.
"""

from __future__ import annotations

import numba
import numpy as np

from models.field.space import BOX_LOW, TORSO_MARGIN, UNIT
from models.field.torso import IN_FRONT
from models.kernel_cache import JIT
from models.render.hashing import CORNERS, encode_head, encode_torso
from models.render.lattice import (
    PLANES,
    TILE,
    TILE_HEIGHT,
    TILE_WIDTH,
    march_lattice,
    march_scratch,
    march_tile,
    take_covered,
)
from models.render.layers import CHUNK, gate_rows
from models.render.networks import INPUTS, network_scratch, run_network
from models.render.planes import add_planes
from models.render.texture import add_head_texel, add_texel
from models.render.vector import take_next

UNSEEN = 0.996
"""Head coverage above which a torso behind it cannot change a grey level."""

SURFACE = 7
"""What is kept of a pixel: coverage of the head, its canonical point at rest, the share that the torso's colour has in
the pixel's, and its torso coordinates in [0, 1]."""

ZERO = np.float32(0.0)
ONE = np.float32(1.0)


@numba.njit(inline="always", **JIT)
def _unit(value):  # type: ignore[no-untyped-def]
    return min(max(value, ZERO), ONE)


@numba.njit(inline="always", **JIT)
def torso_point(u, v, flow):  # type: ignore[no-untyped-def]
    """Torso coordinates in [0, 1] of a pixel: `flow_at` and `unit_torso`."""
    size = flow.shape[0]
    gx = min(max((u - np.float32(2.0)) * np.float32(0.25), ZERO), np.float32(size - 1))
    gy = min(max((v - np.float32(2.0)) * np.float32(0.25), ZERO), np.float32(size - 1))
    i, j = min(np.int32(gx), size - 2), min(np.int32(gy), size - 2)
    fx, fy = gx - np.float32(i), gy - np.float32(j)
    w00, w10 = (ONE - fx) * (ONE - fy), fx * (ONE - fy)
    w01, w11 = (ONE - fx) * fy, fx * fy
    x = u + w00 * flow[j, i, 0] + w10 * flow[j, i + 1, 0] + w01 * flow[j + 1, i, 0] + w11 * flow[j + 1, i + 1, 0]
    y = v + w00 * flow[j, i, 1] + w10 * flow[j, i + 1, 1] + w01 * flow[j + 1, i, 1] + w11 * flow[j + 1, i + 1, 1]
    span = np.float32(1.0 / (256.0 + 2.0 * TORSO_MARGIN))
    return _unit((x + np.float32(TORSO_MARGIN)) * span), _unit((y + np.float32(TORSO_MARGIN)) * span)


@numba.njit(inline="always", **JIT)
def _take_chunk(points, start, here, place):  # type: ignore[no-untyped-def]
    """Copies ``here`` of the points (axes, n) to place, axis after axis."""
    for axis in range(points.shape[0]):
        for p in range(here):
            place[axis * CHUNK + p] = points[axis, start + p]


@numba.njit(inline="always", **JIT)
def encode_head_chunk(points, start, here, grid, centre, planes, scratch):  # type: ignore[no-untyped-def]
    """Encodes ``here`` canonical points (3, n) from the start-th on, gates included.

    Args:
        points, start, here: the points.
        grid: as for `render_tiles`.
        centre: float32 (3, 3), the gates'.
        planes: the frame's feature planes and their centres, as `add_planes` takes them.
        scratch: unit coordinates, entries, weights, and the rows that are filled.
    """
    place, entry, weight, x = scratch
    span = np.float32(1.0 / UNIT)
    _take_chunk(points, start, here, place)
    gate_rows(place, centre, x)
    for axis in range(3):
        for p in range(CHUNK):
            place[axis * CHUNK + p] = _unit((place[axis * CHUNK + p] - np.float32(BOX_LOW[axis])) * span)
    encode_head(place, here, grid, entry, weight, x)
    add_planes(points, start, here, planes[0], planes[1], x)


@numba.njit(inline="always", **JIT)
def encode_torso_chunk(points, start, here, grid, scratch):  # type: ignore[no-untyped-def]
    """`encode_head_chunk` of torso coordinates (2, n) in [0, 1]."""
    place, entry, weight, x = scratch
    _take_chunk(points, start, here, place)
    encode_torso(place, here, grid, entry, weight, x)


@numba.njit(**JIT)
def _shade_head(points, where, count, grid, layers, scratch, texels, cover, light):  # type: ignore[no-untyped-def]
    """Adds the head's colour at ``count`` points to light (TILE, 3)."""
    centre, planes, plane_centres, w1, b1, w2, b2, w3, b3 = layers
    place, entry, weight, x, rows = scratch
    for start in range(0, count, CHUNK):
        here = min(CHUNK, count - start)
        encode_head_chunk(points[:3], start, here, grid, centre, (planes, plane_centres), (place, entry, weight, x))
        out = run_network((w1, b1, w2, b2, w3, b3), x, rows)
        for p in range(here):
            at = where[start + p]
            a = cover[at // TILE_WIDTH, at % TILE_WIDTH]
            light[at, 0], light[at, 1], light[at, 2] = a * out[0, p], a * out[1, p], a * out[2, p]
            if texels.shape[0] > 0:
                add_head_texel(texels, points[0, start + p], points[1, start + p], a, light, at)


@numba.njit(**JIT)
def _keep_surface(points, where, count, cover, surface):  # type: ignore[no-untyped-def]
    """Writes a tile's coverage and canonical points where the head is, zeros elsewhere."""
    surface[:] = ZERO
    for p in range(count):
        row, column = where[p] // TILE_WIDTH, where[p] % TILE_WIDTH
        surface[row, column, 0] = cover[row, column]
        for axis in range(3):
            surface[row, column, axis + 1] = points[axis, p]


@numba.njit(**JIT)
def _gather_torso(columns, rows, flow, torso_map, plate, cover, light, points, where):  # type: ignore[no-untyped-def]
    """Torso coordinates of the pixels that it may show in, whether before the head, and their places.

    The others get their share of the plate. Returns the number.
    """
    blocks = torso_map.shape[0]
    count = 0
    for row in range(rows.shape[0]):
        for column in range(columns.shape[0]):
            left_over = ONE - cover[row, column]
            x, y = torso_point(columns[column], rows[row], flow)
            at = row * TILE_WIDTH + column
            j, i = min(np.int32(y * blocks), blocks - 1), min(np.int32(x * blocks), blocks - 1)
            shows = torso_map[j, i]
            if shows & IN_FRONT == 0 and (shows == 0 or left_over < np.float32(1.0 - UNSEEN)):
                for c in range(3):
                    light[at, c] += left_over * plate[row, column, c]
                continue
            points[0, count], points[1, count] = x, y
            points[2, count] = ONE if shows & IN_FRONT != 0 else ZERO
            where[count] = at
            count += 1
    return count


@numba.njit(**JIT)
def _shade_torso(points, where, count, grid, layers, scratch, texels, plate, cover, light):  # type: ignore[no-untyped-def]
    """Lays torso and plate under light (TILE, 3) at ``count`` points, and over it what of the torso is in front.

    Leaves the coverage of that in the points' third row, and the share that the torso's colour has in the pixel's in
    the last.
    """
    place, entry, weight, x, rows = scratch
    for start in range(0, count, CHUNK):
        here = min(CHUNK, count - start)
        encode_torso_chunk(points[:2], start, here, grid, (place, entry, weight, x))
        out = run_network(layers, x, rows)
        for p in range(here):
            at = where[start + p]
            row, column = at // TILE_WIDTH, at % TILE_WIDTH
            left_over = ONE - cover[row, column]
            a, front = out[3, p], points[2, start + p] * out[4, p]
            share = front + (ONE - front) * left_over * a
            points[2, start + p], points[3, start + p] = front, share
            for c in range(3):
                behind = (ONE - front) * (light[at, c] + left_over * (ONE - a) * plate[row, column, c])
                light[at, c] = share * out[c, p] + behind
            if texels.shape[0] > 0:
                add_texel(texels, points[0, start + p], points[1, start + p], share, light, at)


@numba.njit(**JIT)
def _keep_torso(points, where, count, surface):  # type: ignore[no-untyped-def]
    """Takes off a tile's head what of the torso is in front of it, and writes the torso's share and coordinates."""
    for p in range(count):
        row, column = where[p] // TILE_WIDTH, where[p] % TILE_WIDTH
        surface[row, column, 0] *= ONE - points[2, p]
        surface[row, column, 4] = points[3, p]
        surface[row, column, 5], surface[row, column, 6] = points[0, p], points[1, p]


@numba.njit(**JIT)
def _finish(light, picture):  # type: ignore[no-untyped-def]
    for row in range(picture.shape[0]):
        for column in range(picture.shape[1]):
            for c in range(3):
                value = light[row * TILE_WIDTH + column, c] * np.float32(255.0) + np.float32(0.5)
                picture[row, column, c] = np.uint8(min(max(value, ZERO), np.float32(255.0)))


@numba.njit(inline="always", **JIT)
def _scratch():  # type: ignore[no-untyped-def]
    """What a thread's chunks need: unit coordinates, entries, weights, and the networks' rows.

    Zeros, since a chunk that is not full leaves what it found in the rest, and that must be numbers.
    """
    return (
        np.zeros(3 * CHUNK, np.float32), np.zeros(CORNERS * CHUNK, np.uint32), np.zeros(CORNERS * CHUNK, np.float32),
        np.zeros((INPUTS, CHUNK), np.float32), network_scratch(),
    )  # fmt: skip


@numba.njit(parallel=True, **JIT)
def render_tiles(  # type: ignore[no-untyped-def]
    columns, rows, plate, frame, volume, head_grid, head, torso_grid, torso, torso_map, texture, lattice, threads,
    picture, surface,
):  # fmt: skip
    """Renders a picture.

    Threads take tiles one after the other, since heads make tiles unequal and other work slows cores unequally.

    Args:
        columns: float32 (W,), reference px.
        rows: float32 (H,), reference px.
        plate: float32 (H, W, 3) in [0, 1].
        frame: rotation (3, 3), translation (3,), warp, torso flow (64, 64, 2).
        volume: density and the frame's depths, from `pack_density` and `depth_ranges`.
        head_grid, torso_grid: table, scale, resolution, offset, dense.
        head: gate centres, the frame's feature planes and their centres, then what `run_network` takes, the frame's
            rows and bias already in it.
        torso: what `run_network` takes, the frame's bias already in it.
        torso_map: uint8 (64, 64), `COVERS` and `IN_FRONT`.
        texture: the head's texels and the torso's, from `kernel_texture`, or `BARE`.
        lattice: float32 (PLANES, *`lattice_shape`), overwritten, and its stride.
        threads: how many share the work.
        picture: uint8 (H, W, 3), filled.
        surface: float32 (H, W, SURFACE), filled, or empty.
    """
    height, width = plate.shape[:2]
    across = (width + TILE_WIDTH - 1) // TILE_WIDTH
    tiles = across * ((height + TILE_HEIGHT - 1) // TILE_HEIGHT)
    mesh, stride = lattice
    place = (columns[0], rows[0], columns[1] - columns[0])
    counters = np.zeros((2, 1), np.int64)
    for _ in numba.prange(threads):
        march_lattice(mesh, stride, place, frame, volume, counters[0])
    for _ in numba.prange(threads):
        scratch, spare = _scratch(), march_scratch()
        seen = np.empty((PLANES, TILE_HEIGHT, TILE_WIDTH), np.float32)
        cover = seen[0]
        light = np.empty((TILE, 3), np.float32)
        points = np.empty((4, TILE), np.float32)
        where = np.empty(TILE, np.int32)
        tile = take_next(counters[1])
        while tile < tiles:
            left, top = (tile % across) * TILE_WIDTH, (tile // across) * TILE_HEIGHT
            right, bottom = min(width, left + TILE_WIDTH), min(height, top + TILE_HEIGHT)
            u, v, behind = columns[left:right], rows[top:bottom], plate[top:bottom, left:right]
            light[:] = ZERO
            march_tile(u, v, (left, top), mesh, stride, frame, volume, spare, seen)
            count = take_covered(seen, right - left, bottom - top, points, where)
            _shade_head(points, where, count, head_grid, head, scratch, texture[0], cover, light)
            if surface.shape[0] > 0:
                _keep_surface(points, where, count, cover, surface[top:bottom, left:right])
            count = _gather_torso(u, v, frame[3], torso_map, behind, cover, light, points, where)
            _shade_torso(points, where, count, torso_grid, torso, scratch, texture[1], behind, cover, light)
            if surface.shape[0] > 0:
                _keep_torso(points, where, count, surface[top:bottom, left:right])
            _finish(light, picture[top:bottom, left:right])
            tile = take_next(counters[1])
