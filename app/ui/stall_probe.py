"""How long the window's thread takes to answer: what a person feels as a window that hangs."""

from __future__ import annotations

import threading
import time

from PySide6.QtCore import QObject, Qt, Signal

EVERY_S = 0.005
"""Between two questions: stalls of 5 ms and more are met, and 200 answers a second cost the thread next to nothing."""


class StallProbe(QObject):
    """Asks the window's thread over and over from another one, and notes how long each answer takes.

    Attributes:
        waits_ms: one wait per question.
    """

    _asked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.waits_ms: list[float] = []
        self._stop = threading.Event()
        self._answered = threading.Event()
        self._answered.set()
        self._thread = threading.Thread(target=self._ask, name="stall-probe", daemon=True)
        self._asked.connect(self._answer, Qt.ConnectionType.QueuedConnection)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def stop(self) -> None:
        """Ask no more."""
        self._stop.set()
        self._answered.set()
        self._thread.join()

    def _ask(self) -> None:
        due_s = time.perf_counter()
        while not self._stop.wait(max(0.0, due_s - time.perf_counter())):
            if self._answered.is_set():  # a thread that does not answer is asked once, and its wait is the whole stall
                self._answered.clear()
                # What holds up the window's thread may hold up this one too: the wait counts from when it was due.
                self._asked.emit(due_s)
            due_s = max(due_s, time.perf_counter() - EVERY_S) + EVERY_S

    def _answer(self, asked_s: float) -> None:
        self.waits_ms.append((time.perf_counter() - asked_s) * 1000)
        self._answered.set()
