"""From pictures to face parameters, one picture at a time: about 15 ms on one core."""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from codec.types import REFERENCE_SIZE, TORSO_SIZE, FaceParams, Frame
from models.tracking.arrays import Arrays
from models.tracking.cuts import CutDetector
from models.tracking.fit import FaceFit, FaceFitter
from models.tracking.landmarks import Landmarker, Segmenter
from models.tracking.morphable import MorphableModel
from models.tracking.rotation import from_vector, to_vector
from models.tracking.silhouette import SilhouetteModel, measure_radii
from models.tracking.smooth import OneEuro
from models.tracking.torso import TorsoFit, TorsoModel, TorsoTracker, grey_of, torso_mask
from models.tracking.torso_basis import ReferenceFlow

_MOST_RESIDUAL_PX = 2.5
"""A fit that is off by this is no face of this person: held-out grimaces measured 0.1, another face about 1."""
_WORSE = 1.6
"""A torso residual so many times the usual one says that the numbers were lost: they are sought afresh."""
_POSE_PX = np.array([45.0, 45.0, 45.0, 1.0, 1.0, 45.0])
"""What a unit of each pose number moves the face's rim by at a usual scale, px: one filter then suits all six."""
_SEARCH_PAUSE_NS = 500_000_000  # between two such searches, 30 ms each


@dataclass(frozen=True, slots=True)
class TrackingModel:
    """All that tracking needs to know of a person.

    Attributes:
        morphable: mean face and expression.
        silhouette: outline of head and hair.
        torso: reference picture and motion.
    """

    morphable: MorphableModel
    silhouette: SilhouetteModel
    torso: TorsoModel

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return what an identity stores, every name beginning with "tracking."; `from_arrays` undoes it exactly."""
        return {**self.morphable.to_arrays(), **self.silhouette.to_arrays(), **self.torso.to_arrays()}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> TrackingModel:
        """Read an identity's arrays, others beside them included; ValueError when one is absent or wrong."""
        return cls(
            MorphableModel.from_arrays(arrays), SilhouetteModel.from_arrays(arrays), TorsoModel.from_arrays(arrays)
        )


@dataclass(frozen=True, slots=True)
class Tracked:
    """What the tracker saw in one picture.

    Attributes:
        params: the face's parameters, or None while no face is to be seen.
        landmarks: float32 (478, 3), reference px, as they were found; None without a face.
        person_mask: uint8 (256, 256), 255 is person.
        cut: whether this picture is the first after a cut.
        fit_px: how far the landmarks are from the fit, root mean square; 0 without a face.
        torso_residual: what the torso's flow leaves unexplained, grey levels; infinite without a torso.
        seconds: time it took.
    """

    params: FaceParams | None
    landmarks: NDArray[np.float32] | None
    person_mask: NDArray[np.uint8]
    cut: bool
    fit_px: float
    torso_residual: float
    seconds: float


class TorsoFollower:
    """Follows the torso from picture to picture, and seeks it afresh when it was lost."""

    def __init__(self, model: TorsoModel) -> None:
        self._model = model
        self._tracker = TorsoTracker(model)
        self._flow = ReferenceFlow(model.reference)
        self._last: NDArray[np.float32] | None = None
        self._usual = float("inf")
        self._searched_ns = 0

    def reset(self) -> None:
        """Forget where the torso was."""
        self._last = None

    def follow(self, grey: NDArray[np.uint8], mask: NDArray[np.bool_], t_ns: int) -> tuple[NDArray[np.float32], float]:
        """Return the twenty numbers, float32, and their residual in grey levels.

        Args:
            grey: uint8 (256, 256).
            mask: bool (256, 256), where the torso is.
            t_ns: time of the picture.
        """
        if self._last is None:
            best = self._search(grey, mask, [np.zeros(TORSO_SIZE, np.float32)])
            self._usual, self._searched_ns = best.residual, t_ns
        else:
            best = self._tracker.fit(grey, mask, self._last)
            rested = t_ns - self._searched_ns >= _SEARCH_PAUSE_NS
            if rested and np.isfinite(best.residual) and best.residual > _WORSE * self._usual + 1.0:
                self._searched_ns = t_ns
                best = self._search(grey, mask, [self._last])
        if np.isfinite(best.residual):
            usual = self._usual if np.isfinite(self._usual) else best.residual
            self._usual = usual + 0.05 * (best.residual - usual)
            self._last = best.torso
        return best.torso, best.residual

    def _search(self, grey: NDArray[np.uint8], mask: NDArray[np.bool_], starts: list[NDArray[np.float32]]) -> TorsoFit:
        """Return the best fit from the given starts and from dense flow."""
        flow, trust = self._flow.measure(grey, mask)
        starts = [*starts, self._tracker.project(flow, trust)]
        fits = [self._tracker.fit(grey, mask, start, iterations=8) for start in starts]
        return min(fits, key=lambda fit: fit.residual)


class FaceFollower:
    """Turns landmarks and masks into smoothed face parameters. Pure: time is an argument, no network runs here."""

    def __init__(self, model: TrackingModel, device: str = "cpu") -> None:
        self._model = model
        self._fitter = FaceFitter(model.morphable, device)
        self._torso = TorsoFollower(model.torso)
        # Units per second: px for the pose (rotation as px of arc at radius 1), standard deviations for the rest.
        self._pose_filter = OneEuro(still_hz=3.0, per_speed_hz=1.0)
        self._face_filter = OneEuro(still_hz=3.0, per_speed_hz=4.0)
        self._outline_filter = OneEuro(still_hz=2.0, per_speed_hz=1.0)

    def reset(self) -> None:
        """Forget the past: after a cut, or when the face was away."""
        self._torso.reset()
        for one in (self._pose_filter, self._face_filter, self._outline_filter):
            one.reset()

    def follow(
        self, rgb: NDArray[np.uint8], points: NDArray[np.float32], mask: NDArray[np.uint8], t_ns: int
    ) -> tuple[FaceParams | None, float, float]:
        """Fit one picture.

        Args:
            rgb: uint8 (256, 256, 3).
            points: float32 (478, 3), landmarks in reference px.
            mask: uint8 (256, 256), 255 is person.
            t_ns: time of the picture.

        Returns:
            The parameters, or None when the points fit no face of this person; the fit's residual in px; the torso's
            in grey levels.
        """
        fit = self._fitter.fit(points)
        if not fit.residual_px < _MOST_RESIDUAL_PX:
            return None, fit.residual_px, float("inf")
        rotation, translation = self._smooth_pose(fit, t_ns)
        radii, seen = measure_radii(mask, rotation, translation)
        outline = self._model.silhouette.project(radii, seen)
        expression = np.concatenate(
            [self._face_filter.update(fit.expression, t_ns), self._outline_filter.update(outline, t_ns)]
        )
        torso, left = self._torso.follow(grey_of(rgb), torso_mask(mask, rotation, translation), t_ns)
        return FaceParams(expression, rotation, translation, torso), fit.residual_px, left

    def _smooth_pose(self, fit: FaceFit, t_ns: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        pose = np.concatenate([to_vector(fit.rotation), fit.translation]) * _POSE_PX
        smooth = self._pose_filter.update(pose, t_ns) / _POSE_PX
        return from_vector(smooth[:3]), smooth[3:].astype(np.float32)


class Tracker:
    """Sees faces: networks, fit, smoothing and torso for one person. Not thread safe; `close` it."""

    def __init__(self, model: TrackingModel, device: str = "cpu") -> None:
        """Open the networks.

        Args:
            model: the person.
            device: torch device of the fit.
        """
        self._follower = FaceFollower(model, device)
        self._landmarker = Landmarker()
        self._segmenter = Segmenter()
        self._cuts = CutDetector()
        self._lost = True
        self._misled = False  # the landmarks fitted no face: their crop is not to be trusted

    def track(self, frame: Frame) -> Tracked:
        """Track one picture, square and of any size; pictures come in order of time."""
        start = time.perf_counter()
        rgb = reference_picture(frame.rgb)
        cut = self._cuts.update(rgb)
        if cut or self._misled:
            self._landmarker.reset()
        found = self._landmarker.detect(rgb)
        mask = np.rint(self._segmenter.person_mask(rgb) * 255.0).astype(np.uint8)
        if cut or self._lost:
            self._follower.reset()
        params, fit_px, left = None, 0.0, float("inf")
        if found is not None:
            params, fit_px, left = self._follower.follow(rgb, found.points, mask, frame.t_ns)
        self._lost = params is None
        self._misled = self._lost and found is not None
        points = None if found is None or params is None else found.points
        return Tracked(params, points, mask, cut, fit_px, left, time.perf_counter() - start)

    def reset(self) -> None:
        """Forget the past, as at the start of a stream."""
        self._landmarker.reset()
        self._follower.reset()
        self._cuts = CutDetector()
        self._lost = True

    def close(self) -> None:
        """Free the networks."""
        self._landmarker.close()
        self._segmenter.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def reference_picture(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scale a square picture, uint8 (N, N, 3), to 256x256; ValueError when it is not square."""
    if rgb.ndim != 3 or rgb.shape[0] != rgb.shape[1] or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
        raise ValueError(f"the tracker takes square uint8 pictures, not {rgb.dtype} {rgb.shape}")
    if rgb.shape[0] == REFERENCE_SIZE:
        return rgb
    how = cv2.INTER_AREA if rgb.shape[0] > REFERENCE_SIZE else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(rgb, (REFERENCE_SIZE, REFERENCE_SIZE), interpolation=how), np.uint8)
