"""Likeness of the face itself: does it look the same way, and is it the same person (Li et al. 2024, section IV)?"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.bench.metrics import Picture
from codec.identity import Identity
from codec.types import Frame
from models.tracking.landmarks import LEFT_EYE_CORNERS, NOSE_BASE, RIGHT_EYE_CORNERS
from models.tracking.rotation import to_vector
from models.tracking.tracker import Tracked, Tracker, TrackingModel

WEIGHTS = "dlib_face_recognition_resnet_model_v1.dat"

FIVE_POINTS = (*LEFT_EYE_CORNERS, *RIGHT_EYE_CORNERS, NOSE_BASE)
"""Landmarks that dlib's five points are, in its order: it begins with the eye at the picture's right."""

Embedding = NDArray[np.float32]
"""float32 (128,), of length 1. Two frames of one person have a cosine of 0.96 to 1, two people one of 0.77 to 0.94:
measured on six talking heads."""


@cache
def why_no_csim() -> str | None:
    """Why persons cannot be told apart, or None if they can."""
    try:
        import dlib  # noqa: F401
    except ImportError:
        return "no CSIM: dlib-bin, which the extra 'dev' brings, is not there or does not run on this machine"
    if _find_weights() is None:
        return "no CSIM: face_recognition_models, which the extra 'dev' brings, is not there"
    return None


def _find_weights() -> Path | None:
    # The package is not imported: it needs pkg_resources, which setuptools no longer has.
    package = importlib.util.find_spec("face_recognition_models")
    folders = package.submodule_search_locations if package is not None else None
    files = [Path(folder, "models", WEIGHTS) for folder in folders or ()]
    return next((file for file in files if file.is_file()), None)


class FaceRecogniser:
    """Tells people apart by dlib's residual network (King 2017), some 80 ms a face; ask `why_no_csim` before."""

    def __init__(self) -> None:
        import dlib

        self._dlib = dlib
        self._network = dlib.face_recognition_model_v1(str(_find_weights()))

    def embed(self, picture: Picture, points: NDArray[np.float32]) -> Embedding:
        """The embedding of a face, which dlib turns upright and scales to 150 x 150 pixels.

        Args:
            picture: uint8 (H, W, 3).
            points: float32 (5, 2), pixels: those of `five_points`.
        """
        places = [self._dlib.point(x, y) for x, y in points.round().astype(int).tolist()]
        face = self._dlib.full_object_detection(self._dlib.rectangle(), places)
        vector = self._network.compute_face_descriptor(np.ascontiguousarray(picture), face)
        embedding = np.array(vector, np.float32)
        return embedding / np.linalg.norm(embedding)


class FaceMeter:
    """Tracks a stream's pictures and compares what is found with the originals' faces; `close` it.

    Args:
        identity: the person's.
        fps: frames per second.
        recogniser: what tells people apart; without it persons are not compared.
    """

    def __init__(self, identity: Identity, fps: float, recogniser: FaceRecogniser | None = None) -> None:
        self._tracker = Tracker(TrackingModel.from_arrays(dict(identity.arrays)))
        self._frame_ns = round(1e9 / fps)
        self._recogniser = recogniser
        self._angles: list[float] = []
        self._alike: list[float] = []
        self._frames = 0

    def add(self, truth: Tracked, person: Embedding | None, picture: Picture) -> None:
        """Takes what was found in an original, and the stream's picture of it; frames come in order.

        Args:
            truth: the tracked original.
            person: the original's embedding, or None.
            picture: uint8 (N, N, 3).
        """
        seen = self._tracker.track(Frame(picture, self._frames * self._frame_ns, self._frames))
        self._frames += 1
        if truth.params is None or seen.params is None:
            return
        turn = to_vector(truth.params.rotation @ seen.params.rotation.T)
        self._angles.append(float(np.degrees(np.linalg.norm(turn))))
        if self._recogniser is not None and person is not None:
            shown = self._recogniser.embed(picture, five_points(seen, picture.shape[0]))
            self._alike.append(float(person @ shown))

    def means(self) -> dict[str, float]:
        """prmse: root mean square angle between the heads, degrees; csim: mean cosine of the persons' embeddings.

        NaN is what no frame had; without a recogniser there is no csim.
        """
        means = {"prmse": float(np.sqrt(np.mean(np.square(self._angles)))) if self._angles else float("nan")}
        if self._recogniser is not None:
            means["csim"] = float(np.mean(self._alike)) if self._alike else float("nan")
        return means

    def close(self) -> None:
        """Frees the tracker's networks."""
        self._tracker.close()


def five_points(tracked: Tracked, side: int) -> NDArray[np.float32]:
    """Corners of the eyes and base of the nose of a tracked face, float32 (5, 2), in pixels of a picture of `side`.

    Raises:
        ValueError: there is no face.
    """
    if tracked.landmarks is None:
        raise ValueError("no face to take points from")
    return tracked.landmarks[list(FIVE_POINTS), :2] * np.float32(side / tracked.person_mask.shape[0])
