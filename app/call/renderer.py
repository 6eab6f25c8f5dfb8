"""Shows one picture after the other: rendered from a face code, or scaled from a decoded H.265 picture."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.call.mailbox import Mailbox
from app.call.picture import fit_picture
from app.call.shown import Mode
from app.call.stage import Stage
from app.call.stages import Renderer
from codec.texture import Texture
from codec.types import FaceCode

T = TypeVar("T")

RENEWALS_KEPT = 8
"""Renewals of a kind that may wait for their frame; they come seconds apart."""


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


class Upcoming(Generic[T]):
    """What holds from a frame on and waits for that frame: the newest few. One thread at a time uses it."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, T]] = []

    def add(self, seq: int, value: T) -> None:
        """Leave a value that holds from frame ``seq`` on."""
        self._waiting = [*self._waiting, (seq, value)][-RENEWALS_KEPT:]

    def take(self, seq: int) -> T | None:
        """Take the newest value that is due, and forget older ones."""
        due = [value for first, value in self._waiting if first <= seq]
        self._waiting = [(first, value) for first, value in self._waiting if first > seq]
        return due[-1] if due else None


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
        self._plates: Upcoming[NDArray[np.uint8]] = Upcoming()
        self._textures: Upcoming[Texture] = Upcoming()

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
            self._plates.add(seq, rgb)

    def add_texture(self, seq: int, texture: Texture) -> None:
        """Leave what is added to the person's colours from frame ``seq`` on."""
        with self._lock:
            self._textures.add(seq, texture)

    def _renew(self, renderer: Renderer, seq: int) -> None:
        """Give the renderer what is due."""
        with self._lock:
            plate, texture = self._plates.take(seq), self._textures.take(seq)
        if plate is not None:
            renderer.set_plate(plate)
        if texture is not None:
            renderer.set_texture(texture)

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
            self._renew(renderer, job.seq)
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
