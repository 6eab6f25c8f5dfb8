"""The baked march of scattered rays, which training asks for."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from models.field.march import Rays
from models.kernel_cache import JIT
from models.render.depth import depth_ranges, march_pixels
from models.render.vector import LANES, load, store


@numba.njit(parallel=True, **JIT)
def _march(pixels, first, rotation, translation, warp, density, blocks, shape, seen):  # type: ignore[no-untyped-def]
    for f in numba.prange(len(first) - 1):
        span = depth_ranges(rotation[f], translation[f], warp[f], blocks, shape)
        uv = np.empty((2, LANES), np.float32)
        found = np.empty((4, LANES), np.float32)
        for start in range(first[f], first[f + 1], LANES):
            here = min(LANES, first[f + 1] - start)
            for lane in range(LANES):
                n = start + min(lane, here - 1)
                uv[0, lane], uv[1, lane] = pixels[n, 0], pixels[n, 1]
            u, v = load(uv, 0, 0), load(uv, 1, 0)
            a, x, y, z = march_pixels(u, v, rotation[f], translation[f], warp[f], density, span)
            store(found, 0, 0, a)
            store(found, 1, 0, x)
            store(found, 2, 0, y)
            store(found, 3, 0, z)
            for lane in range(here):
                covered = found[0, lane] > np.float32(0.0)
                for plane in range(4):
                    seen[plane, start + lane] = found[plane, lane] if covered else np.float32(0.0)


def march_rays(
    rays: Rays, density: NDArray[np.int32], blocks: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Marches the rays of a few frames through baked density.

    Args:
        rays: n rays.
        density: from `models.render.depth.pack_density`.
        blocks: from `models.render.depth.dense_blocks`.

    Returns:
        coverage (n,) and canonical points at rest (n, 3); zeros where nothing is.
    """
    first = np.searchsorted(rays.frame, np.arange(len(rays.rotation) + 1))
    seen = np.empty((4, len(rays.pixels)), np.float32)
    _march(
        rays.pixels, first, rays.rotation, rays.translation, rays.warp, density, blocks, density.shape, seen
    )  # fmt: skip
    return seen[0], np.ascontiguousarray(seen[1:].T)
