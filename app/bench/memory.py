"""How much memory a process holds that does nothing but render."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from codec.identity import Identity
from codec.types import FaceCode


def measure_memory(
    identity: Identity, codes: Sequence[FaceCode], sizes: Sequence[int], backend: str
) -> dict[int, float]:
    """Resident memory after rendering at each size, the smaller ones first, in a fresh process.

    Args:
        identity: the person's.
        codes: what to render at each size.
        sizes: sides of square pictures in pixels.
        backend: which renderer.

    Returns:
        megabytes by size; not a number where the system does not tell.
    """
    # Not a fork: it would start with what this process holds.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_render_all, identity, codes, sizes, backend).result()


def _render_all(identity: Identity, codes: Sequence[FaceCode], sizes: Sequence[int], backend: str) -> dict[int, float]:
    from models.render.registry import open_renderer

    renderer = open_renderer(identity, backend)
    held = {}
    for side in sorted(sizes):
        for code in codes:
            renderer.render(code, (side, side))
        held[side] = resident_mb()
    return held


def resident_mb() -> float:
    """Megabytes of memory that this process holds; not a number outside Linux."""
    status = Path("/proc/self/status")
    if not status.exists():
        return float("nan")
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return float(fields["VmRSS"].split()[0]) / 1000 * 1.024
