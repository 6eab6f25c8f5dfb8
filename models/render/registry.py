"""Which backends there are, which of them can run here, and which one to take."""

from __future__ import annotations

from collections.abc import Callable

import torch

from codec.identity import Identity
from models.render.base import Renderer
from models.render.cpu import CpuRenderer
from models.render.reference import ReferenceRenderer

BACKENDS = ("cpu", "cuda", "reference")


def probe(backend: str) -> str | None:
    """Why a backend cannot run on this machine, or None if it can.

    Raises:
        ValueError: there is no such backend.
    """
    if backend not in BACKENDS:
        raise ValueError(f"unknown backend {backend!r}: choose from auto, {', '.join(BACKENDS)}")
    if backend == "cuda" and not torch.cuda.is_available():
        return "no CUDA card was found"
    return None


def choose() -> tuple[str, str]:
    """The backend that `auto` takes, and why."""
    return "cpu", "compiled kernels render in real time on this processor"


def open_renderer(identity: Identity, backend: str = "auto", threads: int | None = None) -> Renderer:
    """Loads an identity into a backend.

    Args:
        identity: whose picture to render.
        backend: `auto`, `cpu`, `cuda` or `reference`.
        threads: how many processor threads to use; all when None.

    Raises:
        ValueError: unknown backend, one that cannot run here, or an identity that does not fit this version.
    """
    name = choose()[0] if backend == "auto" else backend
    reason = probe(name)
    if reason is not None:
        raise ValueError(f"backend {name} cannot run here: {reason}")
    makers: dict[str, Callable[[], Renderer]] = {
        "cpu": lambda: CpuRenderer.load(identity, threads),
        "cuda": lambda: ReferenceRenderer(identity, "cuda"),
        "reference": lambda: ReferenceRenderer(identity, "cpu"),
    }
    return makers[name]()
