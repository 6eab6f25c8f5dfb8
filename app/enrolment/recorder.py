"""Writes the pictures of a guided recording to a clip, at high quality and the camera's own pace."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from app.call.mailbox import Backlog
from app.call.mp4 import open_mp4
from app.call.stage import Stage
from codec.types import Frame

WAITING_MOST = 50
"""Pictures that may wait for the encoder, two seconds of 40 MB; it takes 4 ms for each."""

CRF = 12
"""Quality of H.264 at which no difference to the camera's picture is seen: some 60 MB for 90 s of 512 x 512."""


PAUSE_NS = 300_000_000
"""A longer gap between two pictures is a pause of the recording, not a slow camera."""

USUAL_STEP_NS = 40_000_000
"""What is left of it."""


class Recorder(Stage):
    """Writes what it is given, in order.

    Args:
        clip: the MP4 to write.
        size: side of its square pictures in pixels.
        on_failure: see `Stage`; told of a full disk too.
    """

    def __init__(self, clip: Path, size: int, on_failure: Callable[[str, Exception], None]) -> None:
        super().__init__("recorder", on_failure)
        self.frames: Backlog[Frame] = Backlog(WAITING_MOST)
        self.written = 0
        self._clip, self._size = clip, size
        self._files = ExitStack()
        self._write: Callable[[NDArray[np.uint8], int], None] | None = None
        self._shift_ns = 0
        self._last_ns: int | None = None
        self._failed = False

    def step(self) -> None:
        """Write the next picture."""
        frame = self.frames.take(0.2)
        if frame is not None:
            self._add(frame)

    def _add(self, frame: Frame) -> None:
        """Pauses are cut out: after one the clip goes on as if no time had passed."""
        try:
            if self._write is None:
                self._write = self._files.enter_context(open_mp4(self._clip, (self._size, self._size), CRF))
            gap_ns = frame.t_ns - self._last_ns if self._last_ns is not None else 0
            if gap_ns > PAUSE_NS:
                self._shift_ns += gap_ns - USUAL_STEP_NS
            self._last_ns = frame.t_ns
            self._write(frame.rgb, frame.t_ns - self._shift_ns)
        except (OSError, av.error.FFmpegError) as error:
            self._failed = True
            raise OSError(f"the recording cannot be written: {error}") from error
        self.written += 1

    def request_stop(self) -> None:
        """Ask the stage to end once everything is written."""
        super().request_stop()
        self.frames.close()

    def close(self) -> None:
        """Write what waits and close the file; what failed before is not told again."""
        failed = self._failed
        try:
            for frame in [] if failed else self.frames.take_all():
                self._add(frame)
            self._files.close()
        except (OSError, av.error.FFmpegError) as error:
            if not failed:
                self._on_failure(self.name, OSError(str(error)))
