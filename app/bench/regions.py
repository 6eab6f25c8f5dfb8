"""Where in the originals the person is, and where mouth and eyes are: likeness there is what a call is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from app.bench.face_likeness import Embedding, FaceRecogniser, five_points
from codec.identity import Identity
from codec.types import REFERENCE_SIZE, Frame
from models.tracking.landmarks import INNER_LIPS, LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS
from models.tracking.tracker import Tracked, Tracker, TrackingModel
from models.training.dataset import EYE_BOX, MOUTH_BOX

FEATURES = ((INNER_LIPS, MOUTH_BOX), (RIGHT_EYE_CORNERS, EYE_BOX), (LEFT_EYE_CORNERS, EYE_BOX))
"""Landmarks in whose middle each box lies, and its half sizes in canonical units."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Regions:
    """Parts of one picture.

    Attributes:
        person: bool (H, W).
        features: bool (H, W), boxes around mouth and eyes; empty where there is no face.
        tracked: what they were found from, or None.
        embedding: who the person is, or None.
    """

    person: Mask
    features: Mask
    tracked: Tracked | None = None
    embedding: Embedding | None = None


def find_regions(
    frames: Sequence[Frame],
    identity: Identity,
    progress: Callable[[int], None],
    recogniser: FaceRecogniser | None = None,
) -> list[Regions]:
    """Finds the person in every original.

    Args:
        frames: square pictures in order.
        identity: the person's.
        progress: called with the number of frames done.
        recogniser: what tells people apart; without it there are no embeddings.
    """
    regions: list[Regions] = []
    with Tracker(TrackingModel.from_arrays(dict(identity.arrays))) as tracker:
        for frame in frames:
            tracked, side = tracker.track(frame), frame.rgb.shape[0]
            region = mark(tracked, side)
            if recogniser is not None and tracked.params is not None:
                region = replace(region, embedding=recogniser.embed(frame.rgb, five_points(tracked, side)))
            regions.append(region)
            progress(len(regions))
    return regions


def mark(tracked: Tracked, side: int) -> Regions:
    """The regions of a tracked picture of `side` pixels."""
    mask = cv2.resize(tracked.person_mask, (side, side), interpolation=cv2.INTER_LINEAR)
    features = np.zeros((side, side), np.bool_)
    if tracked.landmarks is not None and tracked.params is not None:
        to_pixels = side / REFERENCE_SIZE
        unit = float(np.exp(tracked.params.translation[2]))
        for group, half in FEATURES:
            centre = tracked.landmarks[list(group), :2].mean(0)
            reach = np.array(half) * unit
            left, top = np.clip((centre - reach) * to_pixels, 0, side).round().astype(int)
            right, bottom = np.clip((centre + reach) * to_pixels, 0, side).round().astype(int)
            features[top:bottom, left:right] = True
    return Regions(np.asarray(mask) > 127, features, tracked)
