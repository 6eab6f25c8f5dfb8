"""How fast a renderer is at each picture size, on the codes of a real clip."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from app.bench.report import Axis, Row
from codec.identity import Identity
from codec.types import FaceCode
from models.render.registry import open_renderer

WARM_UP = 3
"""Pictures before the clock starts: kernels are compiled and occupancy is seeded by the first ones."""

X = Axis("pixels", "pixels per picture", logarithmic=True)
Y = Axis("fps", "pictures per second")


def measure_render(
    identity: Identity,
    codes: Sequence[FaceCode],
    sizes: Sequence[int],
    backend: str,
    threads: int | None,
    progress: Callable[[float], None],
) -> list[Row]:
    """Renders every code at every size.

    Args:
        identity: the person's.
        codes: what to render, in order.
        sizes: sides of square pictures in pixels.
        backend: which renderer.
        threads: its threads, or None for its own choice.
        progress: called with the share that is done.

    Returns:
        One row for each size: backend, size, pixels, ms_p50, ms_p95, fps.
    """
    renderer = open_renderer(identity, backend, threads)
    rows: list[Row] = []
    for index, side in enumerate(sizes):
        for code in codes[:WARM_UP]:
            renderer.render(code, (side, side))
        spent = []
        for number, code in enumerate(codes):
            started_ns = time.perf_counter_ns()
            renderer.render(code, (side, side))
            spent.append((time.perf_counter_ns() - started_ns) / 1e6)
            progress((index + (number + 1) / len(codes)) / len(sizes))
        p50, p95 = np.percentile(spent, (50, 95))
        rows.append(
            {
                "backend": renderer.name,
                "size": f"{side}x{side}",
                "pixels": side * side,
                "ms_p50": float(p50),
                "ms_p95": float(p95),
                "fps": 1000 / float(np.mean(spent)),
            }
        )
    return rows
