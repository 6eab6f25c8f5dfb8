"""Feature planes at a chunk of pixels; `models.field.planes.add_planes_reference` specifies it."""

from __future__ import annotations

import numba
import numpy as np

from models.field.planes import FIRST_FEATURE, PLANES, WIDE, corners_in_plane
from models.kernel_cache import JIT
from models.render.vector import FEATURES, add_down, load_entry, splat_entry

HALVES = 2
"""Entries of `FEATURES` numbers to a vertex."""


@numba.njit(inline="always", **JIT)
def add_planes(points, start, count, planes, centres, x):  # type: ignore[no-untyped-def]
    """Adds to the encoding of ``count`` canonical points (3, n), from the start-th on, what planes hold there.

    Args:
        points, start, count: the points.
        planes: float32 (`HALVES` N, `FEATURES`), the frame's.
        centres: float32 (4, 2).
        x: float32 (>= 32, CHUNK), rows of the encoding.
    """
    for p in range(count):
        low, high = splat_entry(np.float32(0.0)), splat_entry(np.float32(0.0))
        for plane in range(PLANES):
            vertex, a, b, c, d = corners_in_plane(points[0, start + p], points[1, start + p], centres, plane)
            if vertex < 0:
                continue
            above, below = HALVES * vertex, HALVES * (vertex + WIDE[plane])
            low = low + a * load_entry(planes, above, 0) + b * load_entry(planes, above + HALVES, 0)
            low = low + c * load_entry(planes, below, 0) + d * load_entry(planes, below + HALVES, 0)
            high = high + a * load_entry(planes, above + 1, 0) + b * load_entry(planes, above + HALVES + 1, 0)
            high = high + c * load_entry(planes, below + 1, 0) + d * load_entry(planes, below + HALVES + 1, 0)
        add_down(x, FIRST_FEATURE, p, low)
        add_down(x, FIRST_FEATURE + FEATURES, p, high)
