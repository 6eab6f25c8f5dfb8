"""Compiling ahead of the first call, in a process of its own, while the window is open."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from PySide6.QtCore import QObject, QProcess, QTimer
from PySide6.QtWidgets import QStatusBar

from app.preparation import share_prepared

COMMAND = (sys.executable, "-m", "app", "prepare")

LOOK_MS = 1000

STOP_MS = 3000


class Preparation(QObject):
    """Runs `visavis prepare`, and tells in a window's status bar how far it is.

    Args:
        bar: where; it is hidden again when there is nothing to tell.
        command: what to run.
    """

    def __init__(self, bar: QStatusBar, command: Sequence[str] = COMMAND) -> None:
        super().__init__(bar)
        self._bar = bar
        self._command = tuple(command)
        self._began_s = 0.0
        self._process = QProcess(self)
        self._process.finished.connect(self._end)
        self._process.errorOccurred.connect(self._end)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tell)
        bar.hide()

    def start(self) -> None:
        """Begin; calls may be held meanwhile."""
        self._began_s = time.monotonic()
        self._process.setStandardOutputFile(QProcess.nullDevice())
        self._process.setStandardErrorFile(QProcess.nullDevice())
        self._process.start(self._command[0], self._command[1:])
        self._timer.start(LOOK_MS)
        self._tell()

    @property
    def is_running(self) -> bool:
        """Whether it goes on."""
        return self._process.state() != QProcess.ProcessState.NotRunning

    def stop(self) -> None:
        """Give up; what is compiled stays."""
        if self.is_running:
            self._process.kill()
            self._process.waitForFinished(STOP_MS)

    def _tell(self) -> None:
        share, passed_s = share_prepared(), time.monotonic() - self._began_s
        left = ""
        if share > 0.1:
            left = self.tr(", about {0} s left").format(10 * max(1, round(passed_s * (1 / share - 1) / 10)))
        text = self.tr("Getting ready for calls on this computer, once: {0} %{1}. You can call already.")
        self._bar.showMessage(text.format(round(100 * share), left))
        self._bar.show()

    def _end(self) -> None:
        self._timer.stop()
        self._bar.clearMessage()
        self._bar.hide()
