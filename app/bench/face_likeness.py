"""Likeness of the face itself: does it look the same way, and is it the same person (Li et al. 2024, section IV)?"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from app.bench.metrics import Picture
from codec.identity import Identity
from codec.types import Frame
from models.tracking.rotation import to_vector
from models.tracking.tracker import Tracked, Tracker, TrackingModel


class FaceRecogniser:
    """The embedding of a face by a network that the user brings, such as OpenCV's SFace (Zhong et al. 2021).

    Args:
        model: the network, ONNX, of 112 x 112 pixels.

    Raises:
        ValueError: it cannot be read.
    """

    def __init__(self, model: Path) -> None:
        try:
            self._network = cv2.FaceRecognizerSF.create(str(model), "")
        except cv2.error as error:
            raise ValueError(f"{model}: not a network for faces that OpenCV can read") from error

    def embed(self, picture: Picture, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """The embedding, of length 1.

        Args:
            picture: uint8 (H, W, 3).
            points: float32 (5, 2), pixels: eyes, tip of the nose, corners of the mouth, left to right.
        """
        low, high = points.min(0), points.max(0)
        face = np.concatenate([low, high - low, points.ravel(), [1.0]]).astype(np.float32)
        crop = self._network.alignCrop(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), face[None])
        vector = np.asarray(self._network.feature(crop), np.float32).ravel()
        return vector / np.float32(max(float(np.linalg.norm(vector)), 1e-6))


class FaceMeter:
    """Tracks a stream's pictures and compares what is found with the originals' faces; `close` it.

    Args:
        identity: the person's.
        fps: frames per second.
        recogniser: what tells people apart; without it identities are not compared.
    """

    def __init__(self, identity: Identity, fps: float, recogniser: FaceRecogniser | None = None) -> None:
        self._tracker = Tracker(TrackingModel.from_arrays(dict(identity.arrays)))
        self._frame_ns = round(1e9 / fps)
        self._recogniser = recogniser
        self._angles: list[float] = []
        self._alike: list[float] = []
        self._frames = 0

    def add(self, original: Picture, truth: Tracked, picture: Picture) -> None:
        """Takes one frame, what tracking found in its original, and the stream's picture; frames come in order."""
        seen = self._tracker.track(Frame(picture, self._frames * self._frame_ns, self._frames))
        self._frames += 1
        if truth.params is None or seen.params is None:
            return
        turn = to_vector(truth.params.rotation @ seen.params.rotation.T)
        self._angles.append(float(np.degrees(np.linalg.norm(turn))))
        if self._recogniser is not None:
            here = self._recogniser.embed(original, five_points(truth, original.shape[0]))
            there = self._recogniser.embed(picture, five_points(seen, picture.shape[0]))
            self._alike.append(float(here @ there))

    def means(self) -> dict[str, float]:
        """prmse: root mean square angle between the heads, degrees; csim: mean cosine of the identities' embeddings."""
        angle = float(np.sqrt(np.mean(np.square(self._angles)))) if self._angles else float("nan")
        return {"prmse": angle} | ({"csim": float(np.mean(self._alike))} if self._alike else {})

    def close(self) -> None:
        """Frees the tracker's networks."""
        self._tracker.close()


FIVE_POINTS = ((33, 133), (263, 362), (1,), (61,), (291,))
"""MediaPipe FaceMesh: corners of either eye, tip of the nose, corners of the mouth, as they lie in the picture."""


def five_points(tracked: Tracked, side: int) -> NDArray[np.float32]:
    """Eyes, nose and mouth of a tracked face, float32 (5, 2), in pixels of a picture of `side`.

    Raises:
        ValueError: there is no face.
    """
    if tracked.landmarks is None:
        raise ValueError("no face to take points from")
    points = np.stack([tracked.landmarks[list(group), :2].mean(0) for group in FIVE_POINTS])
    return np.asarray(points * (side / tracked.person_mask.shape[0]), np.float32)
