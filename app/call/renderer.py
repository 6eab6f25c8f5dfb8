"""Shows one picture after the other: rendered from a face code, or scaled from a decoded H.265 picture."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.call.mailbox import Mailbox
from app.call.picture import fit_picture
from app.call.shown import Mode
from app.call.stage import Stage
from app.call.stages import Renderer
from codec.types import FaceCode

PLATES_KEPT = 8
"""Backgrounds that may wait for their frame; they come seconds apart."""


@dataclass(frozen=True, slots=True)
class FaceJob:
    """A face to render: frame number and code."""

    seq: int
    code: FaceCode


@dataclass(frozen=True, slots=True)
class PictureJob:
    """A decoded H.265 picture to show: frame number or -1, and uint8 (H, W, 3), square."""

    seq: int
    rgb: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is ready: uint8 (H, W, 3), its frame number and the stream it came from."""

    rgb: NDArray[np.uint8]
    seq: int
    mode: Mode


class RenderStage(Stage):
    """Renders the latest job; one that a newer one overtakes is dropped and counted.

    It gives way to all else: on a busy machine a larger picture comes less often, and the streams stay as they are.

    Args:
        size: first output size, width and height.
        on_picture: gets every picture, on this stage's thread.
        on_render_failure: told when the renderer fails; it is not used again, the stage goes on.
        on_failure: see `Stage`.

    Attributes:
        rendered: pictures rendered so far.
        render_ns: time that took.
        backend: name of what renders, "" where there is nothing.
    """

    def __init__(
        self,
        size: tuple[int, int],
        on_picture: Callable[[Picture], None],
        on_render_failure: Callable[[Exception], None],
        on_failure: Callable[[str, Exception], None],
    ) -> None:
        super().__init__("renderer", on_failure, gives_way=True)
        self.jobs: Mailbox[FaceJob | PictureJob] = Mailbox()
        self._size = size
        self._on_picture = on_picture
        self._on_render_failure = on_render_failure
        self._lock = threading.Lock()
        self._renderer: Renderer | None = None
        self.rendered = 0
        self.render_ns = 0
        self.backend = ""
        self._plates: list[tuple[int, NDArray[np.uint8]]] = []

    @property
    def size(self) -> tuple[int, int]:
        """Output width and height, pixels; may be set from any thread and acts with the next picture."""
        return self._size

    @size.setter
    def size(self, size: tuple[int, int]) -> None:
        self._size = size

    def set_renderer(self, renderer: Renderer | None) -> None:
        """Give the stage a renderer; from then on no other thread touches it."""
        with self._lock:
            self._renderer = renderer
            self.backend = getattr(renderer, "name", "")

    def add_plate(self, seq: int, rgb: NDArray[np.uint8]) -> None:
        """Leave a background that is valid from frame ``seq`` on."""
        with self._lock:
            self._plates = [*self._plates, (seq, rgb)][-PLATES_KEPT:]

    def _plate_for(self, seq: int) -> NDArray[np.uint8] | None:
        """Take the newest background that is due, and forget older ones."""
        with self._lock:
            due = [plate for from_seq, plate in self._plates if from_seq <= seq]
            self._plates = [(from_seq, plate) for from_seq, plate in self._plates if from_seq > seq]
        return due[-1] if due else None

    def step(self) -> None:
        """Show the latest job's picture."""
        job = self.jobs.take(0.2)
        if isinstance(job, PictureJob):
            self._on_picture(Picture(fit_picture(job.rgb, self._size), job.seq, "h265"))
        elif job is not None:
            self._render(job)

    def _render(self, job: FaceJob) -> None:
        with self._lock:
            renderer = self._renderer
        if renderer is None:
            return
        try:
            plate = self._plate_for(job.seq)
            if plate is not None:
                renderer.set_plate(plate)
            began_ns = time.monotonic_ns()
            rgb = renderer.render(job.code, self._size)
            self.render_ns += time.monotonic_ns() - began_ns
            self.rendered += 1
        except Exception as exc:  # of whatever backend: the call goes on without it
            self.set_renderer(None)
            self._on_render_failure(exc)
            return
        self._on_picture(Picture(rgb, job.seq, "face"))

    def request_stop(self) -> None:
        """Ask the stage to end, and wake it."""
        super().request_stop()
        self.jobs.close()
