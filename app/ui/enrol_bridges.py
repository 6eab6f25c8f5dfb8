"""The enrolment's threads and its process on one side, the window on the other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from app.call.mailbox import Mailbox
from app.call.retirement import Retirement
from app.enrolment.guide import Guide
from app.enrolment.progress_lines import EnrolProgress
from app.enrolment.studio import Seen, Studio
from app.enrolment.training import TrainingEnd, TrainingProcess
from app.enrolment.trial import Trial

Picture = NDArray[np.uint8]


class Stoppable(Protocol):
    """A thread that ends when it is asked to."""

    def request_stop(self) -> None:
        """Ask."""

    def join(self) -> None:
        """Wait."""


def stop_aside(stage: Stoppable, then: Callable[[], None]) -> threading.Thread:
    """Stop something in a thread of its own, for that takes a second, and go on there; the program waits for it."""

    def end() -> None:
        stage.request_stop()
        stage.join()
        then()

    thread = threading.Thread(target=end, name="enrol-end")
    thread.start()
    return thread


class StudioBridge(QObject):
    """A guided recording.

    Args:
        source: number of a camera, or a clip in its place.
        guide: leads.
        clip: the MP4 to record into.
        retirement: what may still hold the camera; knows of this when it ends.
    """

    arrived = Signal()
    """A picture waits to be taken. Not emitted again before it is."""

    failed = Signal(str, str)
    """Which part, and why."""

    ended = Signal()
    """Camera and recorder are closed; the clip is whole."""

    def __init__(self, source: int | Path, guide: Guide, clip: Path, retirement: Retirement) -> None:
        super().__init__()
        self._waiting: Mailbox[Seen] = Mailbox()
        self._told = threading.Event()
        self._stopping = False
        self._retirement = retirement
        self._studio = Studio(source, guide, clip, self._put, self._fail, retirement.wait)

    def start(self) -> None:
        """Open the camera."""
        self._studio.start()

    def take(self) -> Seen | None:
        """The newest picture, once."""
        self._told.clear()
        return self._waiting.take(0.0)

    def stop(self, then: Callable[[], None] = lambda: None) -> None:
        """End it without waiting; `then` is called on another thread, and `ended` emitted after it. Once."""
        if self._stopping:
            return
        self._stopping = True

        def over() -> None:
            then()
            self.ended.emit()

        self._retirement.watch(stop_aside(self._studio, over), self)

    def _put(self, seen: Seen) -> None:
        self._waiting.put(seen)
        if not self._told.is_set() and not self._stopping:
            self._told.set()
            self.arrived.emit()

    def _fail(self, name: str, error: Exception) -> None:
        self.failed.emit(name, str(error))


class TrialBridge(QObject):
    """The avatar beside the camera.

    Args:
        source: number of a camera, or a clip in its place.
        identity: whose avatar.
        retirement: what may still hold the camera; knows of this when it ends.
    """

    arrived = Signal()
    failed = Signal(str, str)

    def __init__(self, source: int | Path, identity: Path, retirement: Retirement) -> None:
        super().__init__()
        self._waiting: Mailbox[tuple[Picture, Picture | None]] = Mailbox()
        self._told = threading.Event()
        self._stopping = False
        self._retirement = retirement
        self._trial = Trial(source, identity, self._put, self._fail, retirement.wait)

    def start(self) -> None:
        """Load the avatar and open the camera."""
        self._trial.start()

    def take(self) -> tuple[Picture, Picture | None] | None:
        """The newest pair of pictures, once."""
        self._told.clear()
        return self._waiting.take(0.0)

    def stop(self) -> None:
        """End it without waiting. Once."""
        if not self._stopping:
            self._stopping = True
            self._retirement.watch(stop_aside(self._trial, lambda: None), self)

    def _put(self, seen: Picture, rendered: Picture | None) -> None:
        self._waiting.put((seen, rendered))
        if not self._told.is_set() and not self._stopping:
            self._told.set()
            self.arrived.emit()

    def _fail(self, name: str, error: Exception) -> None:
        self.failed.emit(name, str(error))


class TrainingBridge(QObject):
    """A training process.

    Args:
        command: what to run.
    """

    progressed = Signal(object)
    """An `EnrolProgress`."""

    ended = Signal(object)
    """A `TrainingEnd`."""

    def __init__(self, command: list[str]) -> None:
        super().__init__()
        self._process = TrainingProcess(command, self._tell, self._end)

    def start(self) -> None:
        """Start it."""
        self._process.start()

    def cancel(self) -> None:
        """Ask it to keep its state and end; `ended` tells when it has."""
        self._process.cancel()

    def join(self) -> bool:
        """Wait for its end."""
        return self._process.join()

    @property
    def listener(self) -> threading.Thread:
        """What listens to it."""
        return self._process.thread

    def _tell(self, progress: EnrolProgress) -> None:
        self.progressed.emit(progress)

    def _end(self, end: TrainingEnd) -> None:
        self.ended.emit(end)
