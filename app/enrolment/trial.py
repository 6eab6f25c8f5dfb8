"""A finished avatar beside the camera: what the other end would see, before anybody is called."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.call.stages import Analyser, open_analyser, open_renderer
from app.enrolment.camera_stage import CameraStage
from codec.identity import read_identity

Picture = NDArray[np.uint8]

SIDE = 384
"""Side of the rendered picture, pixels: as large as it is shown, some 20 ms on two cores."""


class Trial(CameraStage):
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
        super().__init__("trial", source, on_failure, settle, gives_way=True)
        self._identity, self._on_pair = identity, on_pair
        self._analyser: Analyser | None = None

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
        if analysis.texture is not None:
            self._renderer.set_texture(self._decode_texture(analysis.texture))
        rendered = None if analysis.code is None else self._renderer.render(analysis.code, (SIDE, SIDE))
        self._on_pair(frame.rgb, rendered)

    def _open(self) -> None:
        """Loading takes seconds, which is why it happens here."""
        from codec.texture import decode_texture

        self._decode_texture = decode_texture
        identity = read_identity(self._identity)
        self._renderer = open_renderer(identity, "auto", None)
        self._analyser = open_analyser(identity)
        camera = self.open_camera(self.frames.put)
        if camera is not None:
            camera.begin(time.monotonic_ns())

    def close(self) -> None:
        """Let the camera and the networks go."""
        super().close()
        if self._analyser is not None:
            self._analyser.close()
