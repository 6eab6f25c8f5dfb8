"""How fast this machine renders, measured on the sample's avatar, and why its renderer was chosen."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from app import paths
from codec.identity import read_identity
from codec.types import CODE_SIZE, TORSO_SIZE, FaceCode
from models.render.registry import choose, open_renderer, probe

WARM_UP, PICTURES = 3, 12
"""Pictures before those that are timed, and timed ones: half a second on a laptop."""

POSE = (0.0, 0.0, 0.0, 126.0, 115.0, float(np.log(40.0)))
"""Where the sample's head is."""


@dataclass(frozen=True, slots=True)
class RenderingSpeed:
    """What was measured.

    Attributes:
        backend: that rendered.
        why: it was chosen.
        ms: median time of a picture.
        size: its side in pixels.
    """

    backend: str
    why: str
    ms: float
    size: int


def why_chosen(backend: str) -> tuple[str, str]:
    """The renderer that a setting comes to, and why.

    Raises:
        ValueError: it cannot run here; the message says why.
    """
    if backend == "auto":
        return choose()
    reason = probe(backend)
    if reason is not None:
        raise ValueError(f"{backend} cannot run here: {reason}")
    return backend, "it was chosen in the settings"


def measure_rendering(backend: str, size: int, threads: int = 0) -> RenderingSpeed:
    """Renders some pictures of the sample; the first time on a machine a minute of compiling comes before.

    Args:
        backend: as in the settings.
        size: side of the pictures in pixels.
        threads: processor threads; 0 for the backend's own choice.

    Raises:
        ValueError: it cannot run here, or the sample is missing.
    """
    name, why = why_chosen(backend)
    renderer = open_renderer(read_identity(paths.sample_identity()), name, threads or None)
    code = FaceCode(np.zeros(CODE_SIZE, np.float32), np.array(POSE, np.float32), np.zeros(TORSO_SIZE, np.float32))
    spent = []
    for number in range(WARM_UP + PICTURES):
        started_ns = time.perf_counter_ns()
        renderer.render(code, (size, size))
        if number >= WARM_UP:
            spent.append((time.perf_counter_ns() - started_ns) / 1e6)
    return RenderingSpeed(name, why, float(np.median(spent)), size)
