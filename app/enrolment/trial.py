"""A finished avatar beside the camera: what the other end would see, before anybody is called."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.call.mailbox import Mailbox
from app.call.stage import Stage
from codec.types import Frame

if TYPE_CHECKING:
    from app.call.camera import FileCamera
    from app.call.live_camera import LiveCamera
    from models.analysis import FaceAnalyser

Picture = NDArray[np.uint8]

SIDE = 384
"""Side of the rendered picture, pixels: as large as it is shown, some 20 ms on two cores."""


class Trial(Stage):
    """Renders the person before the camera.

    Args:
        source: number of a camera, or a clip in its place.
        identity: whose avatar.
        on_pair: gets the camera's picture and the avatar's, None where there is no face; on this stage's thread.
        on_failure: told once what went wrong: "camera" or "trial".
        settle: waits until nothing else holds the camera.
    """

    def __init__(
        self,
        source: int | Path,
        identity: Path,
        on_pair: Callable[[Picture, Picture | None], None],
        on_failure: Callable[[str, Exception], None],
        settle: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__("trial", on_failure, gives_way=True)
        self._settle = settle
        self.frames: Mailbox[Frame] = Mailbox()
        self._source, self._identity, self._on_pair = source, identity, on_pair
        self._camera: FileCamera | LiveCamera | None = None
        self._analyser: FaceAnalyser | None = None
        self._open_files = ExitStack()

    def step(self) -> None:
        """Render the newest picture."""
        if self._analyser is None:
            self._open()
            return
        frame = self.frames.take(0.2)
        if frame is None:
            return
        analysis = self._analyser.analyse(frame)
        if analysis.plate is not None:
            self._renderer.set_plate(analysis.plate)
        rendered = None if analysis.code is None else self._renderer.render(analysis.code, (SIDE, SIDE))
        self._on_pair(frame.rgb, rendered)

    def _open(self) -> None:
        """Loading takes seconds, which is why it happens here."""
        from app.call.opening import open_camera
        from codec.identity import read_identity
        from models.analysis import FaceAnalyser
        from models.render.registry import open_renderer

        identity = read_identity(self._identity)
        self._renderer = open_renderer(identity)
        self._analyser = self._open_files.enter_context(closing(FaceAnalyser(identity)))
        self._settle()
        try:
            self._camera = open_camera(self._source, self.frames.put, self._on_failure, threading.Event())
        except ValueError as error:
            self._on_failure("camera", error)
            self.request_stop()
            return
        self._camera.begin(time.monotonic_ns())

    def request_stop(self) -> None:
        """Ask the stage to end, and wake it."""
        super().request_stop()
        self.frames.close()

    def close(self) -> None:
        """Let the camera and the networks go."""
        if self._camera is not None:
            self._camera.request_stop()
            self._camera.join()
        self._open_files.close()
