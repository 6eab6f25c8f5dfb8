"""Work that takes longer than a moment, beside the window: a thread for each piece, and its result by a signal."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal


class Errand(QObject):
    """One piece of work at a time.

    Args:
        name: of its thread.
    """

    done = Signal(object)
    """What the work returned."""

    failed = Signal(str)
    """Why it failed, in a line."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._thread: threading.Thread | None = None
        self._wanted = True

    @property
    def is_busy(self) -> bool:
        """Whether it works."""
        return self._thread is not None and self._thread.is_alive()

    def run(self, work: Callable[[], object]) -> bool:
        """Do it; False, and nothing, where the last piece is not done."""
        if self.is_busy:
            return False
        self._wanted = True
        self._thread = threading.Thread(target=self._work, args=(work,), name=self._name, daemon=True)
        self._thread.start()
        return True

    def forget(self) -> None:
        """Let nobody know what the running piece comes to."""
        self._wanted = False

    def _work(self, work: Callable[[], object]) -> None:
        try:
            result = work()
        except (OSError, ValueError, RuntimeError) as error:
            if self._wanted:
                self.failed.emit(str(error))
            return
        if self._wanted:
            self.done.emit(result)
