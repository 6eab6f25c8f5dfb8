"""A video file in place of a camera: its frames come at the pace they were taken, over and over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

from app.call.stage import Stage
from codec.types import Frame
from models.clip import probe_clip, read_clip


def frame_time_ns(seq: int, epoch_ns: int, fps: Fraction) -> int:
    """Give the time at which frame ``seq`` is taken, for a camera whose frame 0 was taken at ``epoch_ns``."""
    return epoch_ns + round(seq * 1_000_000_000 / fps)


class FileCamera(Stage):
    """Gives out frames at their time, with the time they were due as capture time: being late shows as latency.

    Args:
        clip: the file.
        size: side of the square frames, pixels.
        on_frame: gets each frame; leaves it in a mailbox.
        on_failure: see `Stage`.
        off: while it is set no frames are given out.

    Raises:
        ValueError: the clip cannot be read.
    """

    def __init__(
        self,
        clip: Path,
        size: int,
        on_frame: Callable[[Frame], None],
        on_failure: Callable[[str, Exception], None],
        off: threading.Event | None = None,
    ) -> None:
        super().__init__("camera", on_failure)
        self._off = off or threading.Event()
        self._clip = clip
        self._size = size
        self._on_frame = on_frame
        self.fps = probe_clip(clip).fps
        self._frames = self._loop()
        self.epoch_ns = 0
        self.skipped = 0

    def begin(self, epoch_ns: int) -> None:
        """Start, with frame 0 due at ``epoch_ns`` on the monotonic clock."""
        self.epoch_ns = epoch_ns
        self.start()

    def _loop(self) -> Iterator[Frame]:
        seq = 0
        while True:
            for frame in read_clip(self._clip, size=self._size):
                yield Frame(frame.rgb, 0, seq)
                seq += 1

    def step(self) -> None:
        """Read the next frame and hand it on when it is due."""
        frame = next(self._frames)
        due_ns = frame_time_ns(frame.seq, self.epoch_ns, self.fps)
        wait_ns = due_ns - time.monotonic_ns()
        if wait_ns < -1_000_000_000 / self.fps:
            self.skipped += 1  # the next one is due already
            return
        if wait_ns > 0 and self._stopping.wait(wait_ns / 1e9):
            return
        if not self._off.is_set():
            self._on_frame(Frame(frame.rgb, due_ns, frame.seq))

    def close(self) -> None:
        """Close the file."""
        self._frames.close()  # type: ignore[attr-defined]  # a generator
