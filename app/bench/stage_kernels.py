"""The renderer's kernels, one stage at a time: each runs over all tiles before the next begins."""

from __future__ import annotations

import numba
import numpy as np

from models.kernel_cache import JIT
from models.render.hashing import CORNERS
from models.render.kernels import encode_head_chunk, encode_torso_chunk
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
from models.render.layers import CHUNK
from models.render.networks import INPUTS, network_scratch, run_network


@numba.njit(**JIT)
def march_tiles(columns, rows, frame, volume, lattice, cover, points):  # type: ignore[no-untyped-def]
    """Marches a picture: its lattice, then tile by tile what the lattice leaves.

    Args:
        columns: float32 (W,), reference px.
        rows: float32 (H,), reference px.
        frame: the frame's rotation, translation, warp and torso flow.
        volume: density and the frame's depths.
        lattice: as for `models.render.kernels.render_tiles`.
        cover: float32 (H, W), filled with the head's coverage.
        points: float32 (3, H * W), filled with the canonical points of the pixels that the head covers, tile by tile.

    Returns:
        how many those are.
    """
    mesh, stride = lattice
    place = (columns[0], rows[0], columns[1] - columns[0])
    march_lattice(mesh, stride, place, frame, volume, np.zeros(1, np.int64))
    scratch = march_scratch()
    seen = np.empty((PLANES, TILE_HEIGHT, TILE_WIDTH), np.float32)
    found, where = np.empty((3, TILE), np.float32), np.empty(TILE, np.int32)
    count = 0
    for top in range(0, rows.shape[0], TILE_HEIGHT):
        for left in range(0, columns.shape[0], TILE_WIDTH):
            u, v = columns[left : left + TILE_WIDTH], rows[top : top + TILE_HEIGHT]
            wide, high = u.shape[0], v.shape[0]
            march_tile(u, v, (left, top), mesh, stride, frame, volume, scratch, seen)
            here = take_covered(seen, wide, high, found, where)
            points[:, count : count + here] = found[:, :here]
            cover[top : top + high, left : left + wide] = seen[0, :high, :wide]
            count += here
    return count


@numba.njit(inline="always", **JIT)
def _scratch():  # type: ignore[no-untyped-def]
    """Unit coordinates, entries and weights of a chunk's points, and their encoding."""
    return (
        np.zeros(3 * CHUNK, np.float32), np.zeros(CORNERS * CHUNK, np.uint32), np.zeros(CORNERS * CHUNK, np.float32),
        np.zeros((INPUTS, CHUNK), np.float32),
    )  # fmt: skip


@numba.njit(**JIT)
def encode_head_points(points, grid, centre, planes):  # type: ignore[no-untyped-def]
    """Encodes canonical points (3, n), feature planes and gates included; returns the last chunk's rows."""
    scratch = _scratch()
    for start in range(0, points.shape[1], CHUNK):
        encode_head_chunk(points, start, min(CHUNK, points.shape[1] - start), grid, centre, planes, scratch)
    return scratch[3]


@numba.njit(**JIT)
def encode_torso_points(points, grid):  # type: ignore[no-untyped-def]
    """Encodes torso coordinates (2, n) in [0, 1]; returns the last chunk's rows."""
    scratch = _scratch()
    for start in range(0, points.shape[1], CHUNK):
        encode_torso_chunk(points, start, min(CHUNK, points.shape[1] - start), grid, scratch)
    return scratch[3]


@numba.njit(**JIT)
def shade_points(count, layers):  # type: ignore[no-untyped-def]
    """Runs a network, as `run_network` takes it, on ``count`` points; returns the last chunk's outputs."""
    x, rows = np.zeros((INPUTS, CHUNK), np.float32), network_scratch()
    out = rows[-1]
    for _ in range(0, count, CHUNK):
        out = run_network(layers, x, rows)
        x[0, 0] += out[0, 0]  # else the chunks would be the same, and one would do
    return out
