"""What one picture tells of a face before a model of the person exists: head direction, openings, place, light, blur.

All from MediaPipe's points and the pixels. Openings are in lengths of the same face, so distance does not change them;
what is an open eye or a raised brow differs from face to face, so `Neutral` holds the person's own resting values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codec.types import REFERENCE_SIZE
from models.tracking.landmarks import (
    CHIN,
    FACE_OVAL,
    FOREHEAD,
    INNER_LIPS,
    LEFT_EYE_CORNERS,
    LEFT_EYE_LIDS,
    RIGHT_EYE_CORNERS,
    RIGHT_EYE_LIDS,
)

MOUTH_CORNERS = (61, 291)
"""At the picture's left and right (MediaPipe's FACEMESH_LIPS)."""

BROWS = (105, 334)
"""Top of each brow's arch, at the picture's left and right."""

SHARP_FACE_PX = 128
"""Width that a face is scaled to before its sharpness is measured, so that distance does not change it."""


@dataclass(frozen=True, slots=True)
class FaceReading:
    """One picture's face.

    Attributes:
        t_ns: when the picture was taken.
        yaw_deg: turn of the head, degrees; positive towards the person's own left.
        pitch_deg: nod, degrees; positive looks up. Its zero is nobody's rest: see `Neutral`.
        eyes: how far the eyes are open, lid distance over eye width, mean of both.
        mouth: how far the mouth is open, lip distance over face height.
        smile: mouth width over the distance of the eyes' outer corners.
        brows: height of the brows over the eyes, over face height.
        x, y: middle of the face as shares of the picture's width and height.
        width: of the face as a share of the picture's.
        light: mean brightness of the face, 0 to 255.
        contrast: spread of its brightness, 5th to 95th percentile, 0 to 255.
        sharpness: spread of its Laplacian in grey levels at 128 px of width; blurred faces have less.
    """

    t_ns: int
    yaw_deg: float
    pitch_deg: float
    eyes: float
    mouth: float
    smile: float
    brows: float
    x: float
    y: float
    width: float
    light: float
    contrast: float
    sharpness: float


@dataclass(frozen=True, slots=True)
class Neutral:
    """A person's resting values, in the units of `FaceReading`."""

    yaw_deg: float
    pitch_deg: float
    eyes: float
    mouth: float
    smile: float
    brows: float


def neutral_of(readings: Sequence[FaceReading]) -> Neutral:
    """The median of readings of a face that looks at the camera and does nothing; a blink among them does no harm.

    Raises:
        ValueError: there are none.
    """
    if not readings:
        raise ValueError("no readings to take a resting face from")
    names = ("yaw_deg", "pitch_deg", "eyes", "mouth", "smile", "brows")
    return Neutral(*(float(np.median([getattr(reading, name) for reading in readings])) for name in names))


def read_face(points: NDArray[np.float32], rgb: NDArray[np.uint8], t_ns: int) -> FaceReading:
    """Reads one picture.

    Args:
        points: float32 (478, 3), landmarks in reference px, z away from the camera.
        rgb: uint8 (256, 256, 3).
        t_ns: when it was taken.
    """
    across = points[list(LEFT_EYE_CORNERS)].mean(0) - points[list(RIGHT_EYE_CORNERS)].mean(0)
    down = points[CHIN] - points[FOREHEAD]
    height = float(np.linalg.norm(down)) + 1e-6
    oval = points[list(FACE_OVAL), :2]
    low, high = oval.min(0), oval.max(0)
    light, contrast, sharpness = _look(rgb, low, high)
    middle = (low + high) / 2 / REFERENCE_SIZE
    eyes = [_opening(points, RIGHT_EYE_LIDS, RIGHT_EYE_CORNERS), _opening(points, LEFT_EYE_LIDS, LEFT_EYE_CORNERS)]
    brows = [_distance(points, (BROWS[0], RIGHT_EYE_LIDS[1])), _distance(points, (BROWS[1], LEFT_EYE_LIDS[1]))]
    outer_corners = _distance(points, (RIGHT_EYE_CORNERS[0], LEFT_EYE_CORNERS[0])) + 1e-6
    return FaceReading(
        t_ns=t_ns,
        yaw_deg=float(np.degrees(np.arctan2(across[2], across[0]))),
        pitch_deg=-float(np.degrees(np.arctan2(down[2], down[1]))),
        eyes=sum(eyes) / 2,
        mouth=_distance(points, INNER_LIPS) / height,
        smile=_distance(points, MOUTH_CORNERS) / outer_corners,
        brows=sum(brows) / (2 * height),
        x=float(middle[0]),
        y=float(middle[1]),
        width=float(high[0] - low[0]) / REFERENCE_SIZE,
        light=light,
        contrast=contrast,
        sharpness=sharpness,
    )


def _distance(points: NDArray[np.float32], pair: tuple[int, int]) -> float:
    return float(np.linalg.norm(points[pair[0]] - points[pair[1]]))


def _opening(points: NDArray[np.float32], lids: tuple[int, int], corners: tuple[int, int]) -> float:
    return _distance(points, lids) / (_distance(points, corners) + 1e-6)


def _look(rgb: NDArray[np.uint8], low: NDArray[np.float32], high: NDArray[np.float32]) -> tuple[float, float, float]:
    """Brightness, its spread and sharpness of the face between two corners; zeros where it lies off the picture."""
    import cv2  # a third of a second, which the window that shows readings must not wait for

    left, top = np.clip(np.floor(low), 0, REFERENCE_SIZE).astype(int)
    right, bottom = np.clip(np.ceil(high), 0, REFERENCE_SIZE).astype(int)
    if right - left < 8 or bottom - top < 8:
        return 0.0, 0.0, 0.0
    grey = cv2.cvtColor(np.ascontiguousarray(rgb[top:bottom, left:right]), cv2.COLOR_RGB2GRAY)
    dark, bright = np.percentile(grey, (5, 95))
    scale = SHARP_FACE_PX / (right - left)
    scaled = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return float(grey.mean()), float(bright - dark), float(cv2.Laplacian(scaled, cv2.CV_32F).std())
