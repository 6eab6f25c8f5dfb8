"""Camera, tracker, guide and recorder of a guided recording, each on its own thread; no window is needed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.call.mailbox import Mailbox
from app.call.stage import Stage
from app.enrolment.guide import Guide, GuideView
from app.enrolment.reading import FaceReading, read_face
from codec.types import REFERENCE_SIZE, Frame
from models.tracking.landmarks import Landmarker

if TYPE_CHECKING:
    from app.call.camera import FileCamera
    from app.call.live_camera import LiveCamera
    from app.enrolment.recorder import Recorder


@dataclass(frozen=True, slots=True)
class Seen:
    """One picture and what the guide made of it.

    Attributes:
        rgb: uint8 (512, 512, 3), as the camera took it.
        reading: its face, or None.
        view: what to show.
        t_ns: when it was taken.
    """

    rgb: NDArray[np.uint8]
    reading: FaceReading | None
    view: GuideView
    t_ns: int


class Studio(Stage):
    """Watches a camera, leads through the guide, and records what it says is worth keeping.

    Args:
        source: number of a camera, or a clip in its place.
        guide: leads.
        clip: the MP4 to record into.
        on_seen: gets every picture that was looked at, on this stage's thread; it must return at once.
        on_failure: told once what went wrong: "camera", "recorder" or "studio".
        settle: waits until nothing else holds the camera.
    """

    def __init__(
        self,
        source: int | Path,
        guide: Guide,
        clip: Path,
        on_seen: Callable[[Seen], None],
        on_failure: Callable[[str, Exception], None],
        settle: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__("studio", on_failure)
        self._settle = settle
        self.frames: Mailbox[Frame] = Mailbox()
        self.recorder: Recorder | None = None
        self._clip = clip
        self._source, self._guide, self._on_seen = source, guide, on_seen
        self._camera: FileCamera | LiveCamera | None = None
        self._landmarker: Landmarker | None = None
        self._keep = False

    def step(self) -> None:
        """Look at the newest picture."""
        if self._landmarker is None:
            self._open()
            return
        frame = self.frames.take(0.2)
        if frame is None:
            return
        from models.clip import scale_square  # loads PyAV, which the window must not wait for

        small = scale_square(frame.rgb, REFERENCE_SIZE)
        found = self._landmarker.detect(small)
        reading = None if found is None else read_face(found.points, small, frame.t_ns)
        view = self._guide.update(reading, frame.t_ns)
        self._keep = view.keep
        self._on_seen(Seen(frame.rgb, reading, view, frame.t_ns))

    def _open(self) -> None:
        """Opening takes a second or two, and loading what it takes another, which is why it happens here."""
        from app.call.opening import open_camera
        from app.call.options import CAPTURE_SIDE
        from app.enrolment.recorder import Recorder

        self._landmarker = Landmarker()
        self._settle()
        try:
            self._camera = open_camera(self._source, self._take, self._on_failure, threading.Event())
        except ValueError as error:
            self._on_failure("camera", error)
            self.request_stop()
            return
        self.recorder = Recorder(self._clip, CAPTURE_SIDE, self._on_failure)
        self.recorder.start()
        self._camera.begin(time.monotonic_ns())

    def _take(self, frame: Frame) -> None:
        self.frames.put(frame)
        if self._keep and self.recorder is not None:
            self.recorder.frames.put(frame)

    def request_stop(self) -> None:
        """Ask the stage to end, and wake it."""
        super().request_stop()
        self.frames.close()

    def close(self) -> None:
        """Let the camera go and finish the clip."""
        if self._camera is not None:
            self._camera.request_stop()
            self._camera.join()
        if self.recorder is not None:
            self.recorder.request_stop()
            self.recorder.join()
        if self._landmarker is not None:
            self._landmarker.close()
