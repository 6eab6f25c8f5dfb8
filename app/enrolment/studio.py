"""Camera, tracker, guide and recorder of a guided recording, each on its own thread; no window is needed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.enrolment.camera_stage import CameraStage
from app.enrolment.guide import Guide, GuideView
from app.enrolment.reading import FaceReading, read_face
from codec.types import REFERENCE_SIZE, Frame
from models.tracking.landmarks import Landmarker

if TYPE_CHECKING:
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


class Studio(CameraStage):
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
        super().__init__("studio", source, on_failure, settle)
        self.recorder: Recorder | None = None
        self._clip = clip
        self._guide, self._on_seen = guide, on_seen
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
        from app.call.options import CAPTURE_SIDE
        from app.enrolment.recorder import Recorder

        self._landmarker = Landmarker()
        camera = self.open_camera(self._take)
        if camera is None:
            return
        self.recorder = Recorder(self._clip, CAPTURE_SIDE, self._on_failure)
        self.recorder.start()
        camera.begin(time.monotonic_ns())

    def _take(self, frame: Frame) -> None:
        self.frames.put(frame)
        if self._keep and self.recorder is not None:
            self.recorder.frames.put(frame)

    def close(self) -> None:
        """Let the camera go and finish the clip."""
        super().close()
        if self.recorder is not None:
            self.recorder.request_stop()
            self.recorder.join()
        if self._landmarker is not None:
            self._landmarker.close()
