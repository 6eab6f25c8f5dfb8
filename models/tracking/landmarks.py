"""Face landmarks and the person's mask, from the two networks that MediaPipe carries in its wheel.

Both run on the CPU: about 4 ms (478 points with irises) and 5 ms (mask) per picture.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from codec.types import REFERENCE_SIZE
from models.loading import loading

LANDMARK_COUNT = 478
"""468 points of the face mesh and 5 of each iris."""

FACE_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
"""Closed outline of the face mesh, in order (MediaPipe's FACEMESH_FACE_OVAL)."""

RIGHT_EYE_CORNERS = (33, 133)
"""Outer and inner corner of the eye at the picture's left (the person's right)."""
LEFT_EYE_CORNERS = (263, 362)
"""Outer and inner corner of the eye at the picture's right."""
RIGHT_EYE_LIDS = (159, 145)
"""Middle of the upper and lower lid of the eye at the picture's left."""
LEFT_EYE_LIDS = (386, 374)
"""Middle of the upper and lower lid of the eye at the picture's right."""
RIGHT_IRIS = (468, 469, 470, 471, 472)
"""Centre and rim of the iris at the picture's left."""
LEFT_IRIS = (473, 474, 475, 476, 477)
"""Centre and rim of the iris at the picture's right."""
NOSE_BASE = 2
"""Where the nose meets the upper lip."""
INNER_LIPS = (13, 14)
"""Middle of the upper and of the lower lip's inner edge."""
FOREHEAD, CHIN = 10, 152
"""Topmost and lowest point of the face's middle line."""

_LEAST_FACE_PX = 16.0
"""A face narrower than this carries no expression; what the network calls one is noise."""


@dataclass(frozen=True, slots=True)
class Landmarks:
    """The face's points in one picture.

    Attributes:
        points: float32 (478, 3), x right, y down and z away from the camera, in reference px; z is relative to the
            head's middle and in the scale of x (MediaPipe's weak-perspective estimate).
    """

    points: NDArray[np.float32]


def check_reference_picture(rgb: NDArray[np.uint8]) -> None:
    """Raise ValueError unless `rgb` is a reference picture, uint8 (256, 256, 3)."""
    if rgb.shape != (REFERENCE_SIZE, REFERENCE_SIZE, 3) or rgb.dtype != np.uint8:
        raise ValueError(f"the tracker takes uint8 pictures of {REFERENCE_SIZE}x{REFERENCE_SIZE}x3, not {rgb.shape}")


class _Solution:
    """A MediaPipe graph that is closed once and with certainty."""

    _graph: Any

    def close(self) -> None:
        """Free the network; closing twice is harmless."""
        if self._graph is not None:
            self._graph.close()
            self._graph = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Landmarker(_Solution):
    """Finds the most prominent face; keeps a crop from picture to picture, so feed it one shot in order."""

    def __init__(self) -> None:
        os.environ.setdefault("GLOG_minloglevel", "2")  # MediaPipe reports every graph it opens otherwise
        with loading("mediapipe"):
            from mediapipe.python.solutions.face_mesh import FaceMesh

        self._graph = FaceMesh(static_image_mode=False, max_num_faces=1, refine_landmarks=True)

    def reset(self) -> None:
        """Forget where the face was: after a cut the old crop shows something else."""
        self._graph.reset()

    def detect(self, rgb: NDArray[np.uint8]) -> Landmarks | None:
        """Find the face in a picture.

        Args:
            rgb: uint8 (256, 256, 3), contiguous or not.

        Returns:
            The face's points, or None when there is no face, or one too small to be read.
        """
        check_reference_picture(rgb)
        faces = self._graph.process(np.ascontiguousarray(rgb)).multi_face_landmarks
        if not faces:
            return None
        points = np.array([(p.x, p.y, p.z) for p in faces[0].landmark], np.float32) * np.float32(REFERENCE_SIZE)
        width = float(np.ptp(points[list(FACE_OVAL), 0]))
        if not np.isfinite(points).all() or width < _LEAST_FACE_PX:
            return None
        return Landmarks(points)


class Segmenter(_Solution):
    """Tells person from background, picture by picture."""

    def __init__(self) -> None:
        os.environ.setdefault("GLOG_minloglevel", "2")
        with loading("mediapipe"):
            from mediapipe.python.solutions.selfie_segmentation import SelfieSegmentation

        self._graph = SelfieSegmentation(model_selection=0)  # 256x256, the finer of the two

    def person_mask(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the probability of person, float32 (256, 256) in [0, 1], for a uint8 (256, 256, 3) picture."""
        check_reference_picture(rgb)
        mask: NDArray[np.float32] = self._graph.process(np.ascontiguousarray(rgb)).segmentation_mask
        return np.clip(mask, 0.0, 1.0).astype(np.float32)
