"""One's own camera before a call: pictures for a mirror, from a thread that opens and closes it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from app.call.mailbox import Mailbox
from app.call.stage import Stage
from codec.types import Frame
from models.loading import loading

SIDE = 256
"""Side of the pictures, pixels: a mirror is small, and its pictures should cost little."""

EVERY = 2
"""One picture in so many is given out: a mirror at 12 to 15 pictures a second is a mirror."""


class Preview(Stage):
    """Opens a camera, shows it, and lets it go; the camera's own threads are its business.

    Args:
        source: number of the camera, or a clip in place of one.
        on_frame: told that a picture waits in `frames`, on a thread of the camera's.
        on_problem: told in a line why there is no picture.
    """

    def __init__(self, source: int | Path, on_frame: Callable[[], None], on_problem: Callable[[str], None]) -> None:
        super().__init__("preview", lambda name, exc: on_problem(str(exc)))
        self.frames: Mailbox[Frame] = Mailbox()
        self._source = source
        self._tell = on_frame
        self._on_problem = on_problem
        self._camera: Stage | None = None
        self._count = 0

    def step(self) -> None:
        """Open the camera, the first time; it runs by itself then."""
        if self._camera is None:
            self._open()
        self._stopping.wait(0.2)

    def _open(self) -> None:
        # OpenCV takes a third of a second to load, and a camera up to some seconds to open.
        with loading():
            from app.call.camera import FileCamera
            from app.call.live_camera import LiveCamera

        if isinstance(self._source, int):
            camera: LiveCamera | FileCamera = LiveCamera(self._source, SIDE, self._taken, self._failed)
        else:
            camera = FileCamera(self._source, SIDE, self._taken, self._failed)
        self._camera = camera
        if not self._stopping.is_set():
            camera.begin(time.monotonic_ns())

    def _failed(self, name: str, exc: Exception) -> None:
        self._on_problem(str(exc))

    def _taken(self, frame: Frame) -> None:
        self._count += 1
        if self._count % EVERY == 0:
            self.frames.put(frame)
            self._tell()

    def close(self) -> None:
        """Let the camera go."""
        if self._camera is not None:
            self._camera.request_stop()
            self._camera.join()
