"""A step on the frame's path with a thread of its own."""

from __future__ import annotations

import logging
import os
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable

logger = logging.getLogger(__name__)

JOIN_TIMEOUT_S = 10.0
"""Longest wait for a stage to end: its slowest step is loading a tracker on a busy machine."""


NICER_BY = 10
"""What giving way adds to a thread's niceness: it gets a tenth of what another gets that wants as much."""


def give_way() -> None:
    """Let this thread, and those it starts, stand back for others; only Linux knows priorities of single threads."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICER_BY)


class Stage(ABC):
    """Runs `step` in a named thread until stopped. A failure ends the stage and is told, never swallowed.

    Args:
        name: name of the thread and of the stage in events.
        on_failure: called once, on the stage's thread, with the stage's name and what went wrong.
        gives_way: whether its work waits while other threads are busy.
    """

    def __init__(self, name: str, on_failure: Callable[[str, Exception], None], gives_way: bool = False) -> None:
        self.name = name
        self._on_failure = on_failure
        self._gives_way = gives_way
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def request_stop(self) -> None:
        """Ask the stage to end after the step it is in."""
        self._stopping.set()

    def join(self) -> None:
        """Wait for the end of the thread; it must have been asked to stop."""
        if self._thread.ident is None:
            return
        self._thread.join(JOIN_TIMEOUT_S)
        if self._thread.is_alive():
            logger.error("stage %s did not end within %g s", self.name, JOIN_TIMEOUT_S)

    def _run(self) -> None:
        if self._gives_way:
            give_way()
        try:
            while not self._stopping.is_set():
                self.step()
        except Exception as exc:
            logger.debug("stage %s failed", self.name, exc_info=True)
            self._on_failure(self.name, exc)
        finally:
            self.close()

    @abstractmethod
    def step(self) -> None:
        """Do one unit of work, waiting for it a fraction of a second at most."""

    def close(self) -> None:  # noqa: B027 - most stages hold nothing
        """Let go of what the stage holds; on its own thread, after the last step."""
