"""A real camera, through OpenCV."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import cv2
import numpy as np

from app.call.stage import Stage
from codec.types import Frame
from models.clip import crop_square, scale_square

FPS_LEAST, FPS_MOST, FPS_USUAL = 5, 60, 25
"""Frame rates that are believed; a driver that says anything else is taken for a usual one."""

WIDTH, HEIGHT = 1280, 720
"""What the camera is asked for: its centre is at least the square of 512 that is cut from it."""

OFF_LOOK_S = 0.1
"""Between two looks at whether a camera that is off is wanted again."""

STALE_FRAMES = 4
"""Frames that a driver may have kept since it was opened."""


class CameraClock:
    """Numbers frames by the time they came, on the grid of the camera's frame rate. Pure: time is an argument.

    Args:
        fps: frame rate.
        epoch_ns: when frame 0 is due.
    """

    def __init__(self, fps: Fraction, epoch_ns: int) -> None:
        self._fps = fps
        self._epoch_ns = epoch_ns
        self._last = -1

    def number(self, taken_ns: int) -> int | None:
        """Give the number of a frame, one more than the last at least; None where the grid has no room for it."""
        exact = float((taken_ns - self._epoch_ns) * self._fps / 1_000_000_000)
        seq = max(round(exact), self._last + 1)
        if seq < 0 or seq - exact > 1.0:
            return None
        self._last = seq
        return seq


class LiveCamera(Stage):
    """Gives out frames as they come from a camera; whoever takes them keeps the latest.

    The camera is opened once to see that it works, and again when the call begins: its light is on only while somebody
    watches.

    Args:
        device: number of the camera, from 0.
        size: side of the square frames, pixels.
        on_frame: gets each frame; leaves it in a mailbox.
        on_failure: see `Stage`.
        off: while it is set the camera is let go.

    Raises:
        ValueError: there is no such camera, or it gives no picture.
    """

    def __init__(
        self,
        device: int | str,
        size: int,
        on_frame: Callable[[Frame], None],
        on_failure: Callable[[str, Exception], None],
        off: threading.Event | None = None,
    ) -> None:
        super().__init__("camera", on_failure)
        self._off = off or threading.Event()
        self._device = device
        self._size = size
        self._on_frame = on_frame
        self._capture: Any = None
        self._clock: CameraClock | None = None
        self.epoch_ns = 0
        self.skipped = 0
        capture = self._open()
        reported = capture.get(cv2.CAP_PROP_FPS)
        capture.release()
        believed = FPS_LEAST <= reported <= FPS_MOST
        self.fps = Fraction(reported).limit_denominator(1001) if believed else Fraction(FPS_USUAL)

    def _open(self) -> Any:
        """Open the camera and take one picture, which shows that it works."""
        cv2.setLogLevel(0)  # what cannot be opened is told below, in words
        # DirectShow opens in a second where Windows's newer interface takes twenty.
        backend = cv2.CAP_DSHOW if sys.platform == "win32" else cv2.CAP_ANY
        capture = cv2.VideoCapture(self._device, backend)
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, WIDTH)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, HEIGHT)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        if not capture.isOpened() or not capture.read()[0]:
            capture.release()
            raise ValueError(f"camera {self._device} gives no picture")
        return capture

    def begin(self, epoch_ns: int) -> None:
        """Start, with frame 0 due at ``epoch_ns`` on the monotonic clock."""
        self.epoch_ns = epoch_ns
        self._clock = CameraClock(self.fps, epoch_ns)
        self.start()

    def step(self) -> None:
        """Take the next picture, or let the camera go while it is to be off."""
        if self._off.is_set():
            self.close()
            self._stopping.wait(OFF_LOOK_S)
            return
        if self._capture is None:
            self._capture = self._open()
            for _ in range(STALE_FRAMES):
                self._capture.grab()
        got, bgr = self._capture.read()
        taken_ns = time.monotonic_ns()
        if not got:
            raise RuntimeError("the camera has stopped giving pictures")
        assert self._clock is not None
        seq = self._clock.number(taken_ns)
        if seq is None:
            self.skipped += 1
            return
        square = scale_square(crop_square(np.asarray(bgr, np.uint8)), self._size)
        self._on_frame(Frame(np.ascontiguousarray(square[:, :, ::-1]), taken_ns, seq))

    def close(self) -> None:
        """Let the camera go; its light goes out."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None
