"""Loading torch and mediapipe beside a window or a call that goes on: neither is to stand still for it.

An import holds the interpreter while the system maps a library into memory: torch's largest one takes 0.3 s. And the
collector looks through all that there is, up to 0.25 s at a time, again and again while modules pile up.
"""

from __future__ import annotations

import ctypes
import gc
import importlib.util
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LARGE = {"torch": ("lib/libc10.*", "lib/libtorch_cpu.*"), "mediapipe": ("python/_framework_bindings*",)}
"""Libraries of a package that take long to map, in the order in which they need each other."""


class _Collector:
    """Pauses Python's collector for as long as somebody loads something."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loading = 0
        self._modules = 0

    def pause(self) -> None:
        with self._lock:
            if self._loading == 0:
                self._modules = len(sys.modules)
                gc.disable()
            self._loading += 1

    def resume(self) -> None:
        with self._lock:
            self._loading -= 1
            if self._loading > 0:
                return
            if len(sys.modules) > self._modules:
                gc.freeze()  # modules live as long as the process: to look through them again is of no use
            gc.enable()


_COLLECTOR = _Collector()


@contextmanager
def loading(*packages: str) -> Iterator[None]:
    """Import large packages within this, and other threads go on.

    Args:
        packages: of `LARGE`, those that are imported within.
    """
    _COLLECTOR.pause()
    try:
        for package in packages:
            _map_libraries(package)
        yield
    finally:
        _COLLECTOR.resume()


def _map_libraries(package: str) -> None:
    """Have the system map a package's libraries while other threads run; whatever fails, the import says it better."""
    found = None if package in sys.modules else importlib.util.find_spec(package)
    if found is None or found.origin is None or os.name == "nt":  # there torch itself does it in this way
        return
    open_library = ctypes.CDLL(None).dlopen  # a call by ctypes lets other threads run; an import does not
    open_library.restype, open_library.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_int)
    for pattern in LARGE[package]:
        for path in sorted(Path(found.origin).parent.glob(pattern)):
            open_library(os.fsencode(path), os.RTLD_LAZY)


def keep_torch_to_one_thread() -> None:
    """Let no stage of a call wait for torch's pool: its operators are small there, and other stages hold the cores.

    Alone on two cores an analysis takes as long with the pool, 47 ms. Beside an enrolment on both of them it took
    422 ms with it and 188 without; beside two busy loops 245 and 217.
    """
    import torch

    torch.set_num_threads(1)
