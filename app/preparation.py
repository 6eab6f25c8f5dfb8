"""What a call compiles for this processor, compiled ahead: a minute or two that the first call need not wait for."""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

from app.paths import sample_clip, sample_identity
from models.kernel_folder import kernel_folder

KERNELS = 21
"""Kernels that a call compiles: what tells how far it is. A test looks whether they are as many."""

LOOK_S = 0.5

KEPT_S = 30 * 86_400.0
"""Kernels of another version are removed when nothing was compiled there for so long."""


def is_prepared() -> bool:
    """Whether a call of this version finds everything compiled."""
    return _mark().exists()


def share_prepared() -> float:
    """How much of it is compiled, 0 to 1."""
    return min(sum(1 for _ in kernel_folder().rglob("*.nbi")) / KERNELS, 1.0)


def prepare(on_progress: Callable[[float], None]) -> None:
    """Compile what a call needs, by rendering and analysing the sample.

    Args:
        on_progress: told how much is done, 0 to 1, on a thread of its own.

    Raises:
        ValueError: the sample is missing.
    """
    done = threading.Event()

    def watch() -> None:
        while not done.wait(LOOK_S):
            on_progress(share_prepared())

    watcher = threading.Thread(target=watch, name="preparation", daemon=True)
    watcher.start()
    try:
        _compile()
    finally:
        done.set()
        watcher.join()
    _mark().touch()
    _remove_old()


def _mark() -> Path:
    return kernel_folder() / "complete"


def _compile() -> None:
    from app.call.opening import open_portrayal
    from app.call.stages import face_tables, load_stages, warm_renderer
    from codec.identity import read_identity

    stages = load_stages("app.call.stages")
    identity = read_identity(sample_identity())
    warm_renderer(stages.open_renderer(identity, "cpu", None), face_tables(identity), {(256, 256)})
    open_portrayal(sample_identity(), sample_clip(), stages).analyser.close()


def _remove_old() -> None:
    """Remove what earlier versions compiled; what cannot be removed stays."""
    with contextlib.suppress(OSError):
        for folder in kernel_folder().parent.iterdir():
            if folder != kernel_folder() and time.time() - folder.stat().st_mtime > KEPT_S:
                shutil.rmtree(folder, ignore_errors=True)
