"""What guided recording and trial have in common: a stage that opens a camera, watches it, and lets it go."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app.call.mailbox import Mailbox
from app.call.stage import Stage
from codec.types import Frame

if TYPE_CHECKING:
    from app.call.camera import FileCamera
    from app.call.live_camera import LiveCamera


class CameraStage(Stage):
    """Takes the newest picture of a camera, step by step.

    Args:
        name: of the stage.
        source: number of a camera, or a clip in its place.
        on_failure: told once what went wrong: "camera" or what fails in the stage.
        settle: waits until nothing else holds the camera.
        gives_way: as for `Stage`.
    """

    def __init__(
        self,
        name: str,
        source: int | Path,
        on_failure: Callable[[str, Exception], None],
        settle: Callable[[], object],
        gives_way: bool = False,
    ) -> None:
        super().__init__(name, on_failure, gives_way)
        self.frames: Mailbox[Frame] = Mailbox()
        self._source, self._settle = source, settle
        self._camera: FileCamera | LiveCamera | None = None

    def open_camera(self, on_frame: Callable[[Frame], None]) -> FileCamera | LiveCamera | None:
        """Open the camera once nothing else holds it; None, and the stage ends, where it gives no picture.

        Its pictures begin to come with its `begin`. Loading what it takes needs a second, so it is done on this
        stage's thread.
        """
        from app.call.opening import open_camera

        self._settle()
        try:
            self._camera = open_camera(self._source, on_frame, self._on_failure, threading.Event())
        except ValueError as error:
            self._on_failure("camera", error)
            self.request_stop()
        return self._camera

    def request_stop(self) -> None:
        """Ask the stage to end, and wake it."""
        super().request_stop()
        self.frames.close()

    def close(self) -> None:
        """Let the camera go."""
        if self._camera is not None:
            self._camera.request_stop()
            self._camera.join()
