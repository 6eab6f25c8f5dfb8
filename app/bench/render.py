"""How fast a renderer is at each picture size, on the codes of a real clip."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from app.bench.memory import measure_memory
from app.bench.report import Axis, Row
from codec.identity import Identity
from codec.types import FaceCode
from models.clip import evenly
from models.render.base import Renderer
from models.render.registry import open_renderer

WARM_UP = 3
"""Pictures before the clock starts: kernels are compiled and occupancy is seeded by the first ones."""

BROKEN_DOWN = 12
"""Codes, evenly spread, that the stages are timed on."""

X = Axis("pixels", "pixels per picture", logarithmic=True)
PANELS = (
    Axis("fps", "pictures per second", logarithmic=True),
    Axis("ms_p50", "time per picture, ms", logarithmic=True),
    Axis("ms_p95", "95th percentile, ms", logarithmic=True),
)


def spread(codes: Sequence[FaceCode]) -> list[FaceCode]:
    """`BROKEN_DOWN` of the codes, or all where there are fewer."""
    return [codes[i] for i in evenly(len(codes), BROKEN_DOWN)]


def measure_render(
    identity: Identity,
    codes: Sequence[FaceCode],
    sizes: Sequence[int],
    threads: Sequence[int],
    backend: str,
    progress: Callable[[float], None],
) -> list[Row]:
    """Renders every code at every size, with each number of threads.

    Args:
        identity: the person's.
        codes: what to render, in order.
        sizes: sides of square pictures in pixels.
        threads: numbers of processor threads.
        backend: which renderer.
        progress: called with the share that is done.

    Returns:
        rows of backend, threads, size, pixels, fps, ms_p50, ms_p95 and rss_mb, the memory that a process holds which
        does nothing but render.
    """
    held = measure_memory(identity, codes[:WARM_UP], sizes, backend)
    rows: list[Row] = []
    runs = [(count, side) for count in threads for side in sizes]
    effort = np.array([side * side / count for count, side in runs], np.float64)
    done = np.concatenate([[0.0], np.cumsum(effort)]) / effort.sum()

    def part(index: int) -> Callable[[float], None]:
        return lambda share: progress(float(done[index] + share * (done[index + 1] - done[index])))

    for index, (count, side) in enumerate(runs):
        renderer = open_renderer(identity, backend, count)
        spent = _time(renderer, codes, side, part(index))
        p50, p95 = np.percentile(spent, (50, 95))
        rows.append(
            {
                "backend": renderer.name,
                "threads": count,
                "size": f"{side}x{side}",
                "pixels": side * side,
                "fps": 1000 / float(np.mean(spent)),
                "ms_p50": float(p50),
                "ms_p95": float(p95),
                "rss_mb": held[side],
            }
        )
    return rows


def _time(renderer: Renderer, codes: Sequence[FaceCode], side: int, progress: Callable[[float], None]) -> list[float]:
    """Milliseconds of each picture."""
    for code in codes[:WARM_UP]:
        renderer.render(code, (side, side))
    spent = []
    for number, code in enumerate(codes):
        started_ns = time.perf_counter_ns()
        renderer.render(code, (side, side))
        spent.append((time.perf_counter_ns() - started_ns) / 1e6)
        progress((number + 1) / len(codes))
    return spent
