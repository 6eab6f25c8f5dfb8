"""The torso's own motion: a flow field from each picture to a reference picture, in twenty numbers.

Shoulders move without the head; told of it, the prototype's whole picture gained 6 to 9 dB. Every picture's torso is
explained by one reference picture of it: pixel p of the picture shows what pixel p + flow(p) of the reference shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from codec.types import REFERENCE_SIZE, TORSO_SIZE
from models.tracking.arrays import Arrays, Floats, take
from models.tracking.morphable import quantise_directions
from models.tracking.torso_kernel import accumulate

GRID = 64
"""Nodes of the flow basis along each side: one per 4 px, at the middle of their cells."""

STORED_GRID = 32
"""Nodes along each side as stored: the fields are smoothed by 6 px, so one per 8 px tells them."""

MASK_GROWTH_PX = 2
"""The person's mask is grown by this, so that the shoulders' outline pulls too."""

_ITERATIONS = 4
_ROBUST_GREY = 20.0
"""A residual of this many grey levels counts a quarter; wrinkles and hands do not follow the flow."""
_PRIOR = 150.0
"""Pull toward the start, in grey levels squared per deviation squared over all pixels; without it the fit diverges."""
_HOME = 60.0
"""Pull toward the reference, likewise. Without it numbers that the picture hardly tells wander, a hand that comes in
takes the torso along, and it is drawn all over the background: on a talking head of 200 s they were 34 deviations away
at the median, now 7, with less left unexplained (8.3 grey levels for 8.4) and three quarters of the motion to code.
Elsewhere nothing changes; with 150 somebody who leans in is lost more often."""
_LEAST_DEVIATION_PX = 0.4
_LEAST_PIXELS = 200
_LEAST_TRUST = 0.2  # mean robust weight below which most of the torso left the reference, or is not it
_BLUR_PX = 0.7  # of picture and reference alike, so that their slopes are not noise
_FACE_X, _FACE_Y, _FACE_Z = 1.45, 1.75, -0.2
"""Semi-axes of an ellipse in canonical units that holds the face and ends 0.2 under the chin, and its depth."""
_SHOULDERS_Y = 0.6
"""All above this row, the mouth's, is head: hair reaches 3.4 units up. Shoulders begin below it."""
_FAR = 12.0  # canonical units: beyond the picture on all sides


def head_region(rotation: Floats, translation: Floats) -> NDArray[np.uint8]:
    """Draw the head, uint8 (256, 256) of 0 and 1, for a rotation (3, 3) and a translation (3,)."""
    angle = np.linspace(0.0, 2.0 * np.pi, 64, endpoint=False)
    face = np.stack([_FACE_X * np.cos(angle), _FACE_Y * np.sin(angle), np.full(64, _FACE_Z)], axis=1)
    hair = np.array([[-_FAR, -_FAR, 0], [_FAR, -_FAR, 0], [_FAR, _SHOULDERS_Y, 0], [-_FAR, _SHOULDERS_Y, 0]])
    region = np.zeros((REFERENCE_SIZE, REFERENCE_SIZE), np.uint8)
    limit = 8 * REFERENCE_SIZE  # a wild pose must not overflow what OpenCV draws
    for outline in (face, hair):
        places = float(np.exp(translation[2])) * (outline @ rotation[:, :2]) + translation[:2]
        cv2.fillPoly(region, [np.clip(np.rint(places - 0.5), -limit, limit).astype(np.int32)], (1,))
    return region


def torso_mask(person: NDArray[np.uint8], rotation: Floats, translation: Floats) -> NDArray[np.bool_]:
    """Tell which pixels show the torso: the person, grown by 2 px, without the head.

    Args:
        person: uint8 (256, 256), 255 is person.
        rotation: (3, 3), of the head.
        translation: (3,), x and y in reference px, log of the scale.
    """
    size = 2 * MASK_GROWTH_PX + 1
    grown = cv2.dilate((person > 127).astype(np.uint8), np.ones((size, size), np.uint8))
    return grown > head_region(rotation, translation)


def grey_of(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture's grey levels, uint8 (H, W)."""
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)


def enlarge(fields: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Interpolate fields (K, n, n, 2) linearly to (K, size, size, 2); nodes are at the middle of their cells."""
    return np.stack([cv2.resize(field, (size, size), interpolation=cv2.INTER_LINEAR) for field in fields])


@dataclass(frozen=True, slots=True)
class TorsoModel:
    """A person's torso: one picture of it and the ways it moves.

    Attributes:
        reference: uint8 (256, 256), grey.
        levels: int8 (20, 32, 32, 2), the basis as it is stored.
        step: float32 (20,), reference px that one level is worth.
        deviation: float32 (20,), standard deviation of each number in the enrolment clip, reference px.
        basis: float32 (20, 64, 64, 2), flow x, y in reference px for one unit of each number. Derived.
    """

    reference: NDArray[np.uint8]
    levels: NDArray[np.int8]
    step: NDArray[np.float32]
    deviation: NDArray[np.float32]
    basis: NDArray[np.float32]

    @classmethod
    def build(cls, reference: NDArray[np.uint8], basis: Floats, deviation: Floats) -> TorsoModel:
        """Make a model from a basis (20, 64, 64, 2), which is rounded to what an identity stores."""
        stored = basis.reshape(TORSO_SIZE, STORED_GRID, 2, STORED_GRID, 2, 2).mean((2, 4))
        levels, step = quantise_directions(stored)
        return cls._from_stored(reference, levels, step, deviation.astype(np.float32))

    @classmethod
    def _from_stored(
        cls,
        reference: NDArray[np.uint8],
        levels: NDArray[np.int8],
        step: NDArray[np.float32],
        deviation: NDArray[np.float32],
    ) -> TorsoModel:
        stored = levels.astype(np.float32) * step[:, None, None, None]
        return cls(reference, levels, step, deviation, enlarge(stored, GRID))

    def flow(self, torso: Floats) -> NDArray[np.float32]:
        """Return the flow picture -> reference, float32 (64, 64, 2) in reference px, for twenty numbers."""
        return np.tensordot(np.asarray(torso, np.float32), self.basis, 1).astype(np.float32)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return what an identity stores of the model."""
        return {
            "tracking.torso_reference": self.reference,
            "tracking.torso_basis": self.levels,
            "tracking.torso_step": self.step,
            "tracking.torso_deviation": self.deviation,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> TorsoModel:
        """Undo `to_arrays`; raises ValueError when an array is absent or wrong."""
        return cls._from_stored(
            take(arrays, "tracking.torso_reference", (REFERENCE_SIZE, REFERENCE_SIZE), np.uint8),
            take(arrays, "tracking.torso_basis", (TORSO_SIZE, STORED_GRID, STORED_GRID, 2), np.int8),
            take(arrays, "tracking.torso_step", (TORSO_SIZE,), np.float32),
            take(arrays, "tracking.torso_deviation", (TORSO_SIZE,), np.float32),
        )


@dataclass(frozen=True, slots=True)
class TorsoFit:
    """What a fit found.

    Attributes:
        torso: float32 (20,), weighted-RMS reference px.
        residual: robust root mean square of what is left, grey levels, with what the pull home adds; infinite where
            no torso was seen.
    """

    torso: NDArray[np.float32]
    residual: float


class TorsoTracker:
    """Fits the twenty numbers of a picture by Gauss-Newton on its grey torso pixels."""

    def __init__(self, model: TorsoModel, stride: int = 2) -> None:
        """Prepare the model's tables, 5 MB.

        Args:
            model: the torso to follow.
            stride: use every so many-th pixel of every so many-th row; 2 costs 0.05 dB and saves two thirds.
        """
        self._model = model
        self._stride = stride
        blurred = cv2.GaussianBlur(model.reference.astype(np.float32), (0, 0), _BLUR_PX)
        slope_x = cv2.Scharr(blurred, cv2.CV_32F, 1, 0) / 32.0
        slope_y = cv2.Scharr(blurred, cv2.CV_32F, 0, 1) / 32.0
        self._sampled = np.stack([blurred, slope_x, slope_y], axis=2)
        full = enlarge(model.basis, REFERENCE_SIZE)[:, ::stride, ::stride]
        self._along = np.ascontiguousarray(full.reshape(TORSO_SIZE, -1, 2).transpose(2, 0, 1))
        self._spread = np.maximum(model.deviation, _LEAST_DEVIATION_PX)

    def fit(
        self,
        grey: NDArray[np.uint8],
        mask: NDArray[np.bool_],
        start: NDArray[np.float32],
        iterations: int = _ITERATIONS,
    ) -> TorsoFit:
        """Fit one picture.

        Args:
            grey: uint8 (256, 256).
            mask: bool (256, 256), where the torso is.
            start: float32 (20,), the numbers of the picture before, or zeros.
            iterations: Gauss-Newton steps.

        Returns:
            The best numbers among the start and every step's.
        """
        stride = self._stride
        chosen = np.flatnonzero(mask[::stride, ::stride])
        best = TorsoFit(start, float("inf"))
        if len(chosen) * stride**2 < _LEAST_PIXELS:
            return best
        blurred = np.asarray(cv2.GaussianBlur(grey, (0, 0), _BLUR_PX))
        values = blurred[::stride, ::stride].ravel()[chosen].astype(np.float32)
        across = -(-REFERENCE_SIZE // stride)
        places = (stride * np.stack([chosen % across, chosen // across])).astype(np.float32)
        along = self._along[:, :, chosen]
        prior, home = ((pull / stride**2) / self._spread**2 for pull in (_PRIOR, _HOME))
        normal, against = np.empty((TORSO_SIZE, TORSO_SIZE), np.float32), np.empty(TORSO_SIZE, np.float32)
        torso = start
        for step in range(iterations + 1):
            mass, error = accumulate(values, places, self._sampled, along, torso, _ROBUST_GREY, normal, against)
            far = float((home * torso**2).sum())
            cost = float(np.sqrt((error + far) / max(mass, 1e-6)))
            if mass > 0.5 * len(chosen) * _LEAST_TRUST and cost < best.residual:
                best = TorsoFit(torso, cost)
            if step < iterations:
                against -= prior * (torso - start) + home * torso
                torso = torso + np.linalg.solve(normal + np.diag(prior + home), against).astype(np.float32)
        return best

    def project(self, flow: NDArray[np.float32], trust: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the twenty numbers, float32, nearest to a flow (64, 64, 2) that is trusted so much (64, 64)."""
        share = np.repeat((trust + 1e-6).ravel() / float((trust + 1e-6).sum()), 2)
        rows = self._model.basis.reshape(TORSO_SIZE, -1)
        # One hundredth of the basis's own weight: keeps modes at zero that the trusted part does not show.
        normal = (rows * share) @ rows.T + 0.01 * np.eye(TORSO_SIZE, dtype=np.float32)
        return np.linalg.solve(normal, (rows * share) @ flow.ravel()).astype(np.float32)
