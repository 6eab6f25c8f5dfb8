"""The sample's ground truth: what pose, expression and shoulders really did, in the terms of the tracker."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from assets.sample.expression import EXPRESSION_NAMES, Expression
from assets.sample.motion import ENROL_FRAMES, Pose
from assets.sample.portrait import ORIGIN, SPAN
from assets.sample.scene import LEFT_SHOULDER, PIVOT, RIGHT_SHOULDER, head_rotation, head_shift, torso_displacement

FloatArray = npt.NDArray[np.float32]

REFERENCE_SIDE = 256  # lengths are in px of a picture this wide


def canonical_face(calm_landmarks: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """(points (478, 3) of RMS radius 1 about the origin, their centre (3,), their RMS radius in portrait px)."""
    centre = calm_landmarks.mean(axis=0)
    centred = calm_landmarks - centre
    radius = float(np.sqrt(np.mean(np.sum(centred**2, axis=1))))
    return np.asarray(centred / radius, np.float32), np.asarray(centre, np.float32), radius


def pose_truth(pose: Pose, centre: FloatArray, radius: float) -> tuple[FloatArray, FloatArray, float]:
    """(R (3, 3), translation (2,) in reference px, natural log of the scale) of one frame.

    A rigid canonical point X is seen at ``exp(log_scale) * (X @ R)[:2] + translation``.
    """
    rotation = head_rotation(pose)
    unit = REFERENCE_SIDE / SPAN
    anchor = pose.scale * ((centre - PIVOT) @ rotation)[:2] + PIVOT[:2] + head_shift(pose)
    return rotation, np.asarray((anchor - ORIGIN) * unit, np.float32), float(np.log(unit * pose.scale * radius))


def write_truth(path: Path, poses: list[Pose], faces: list[Expression], calm_landmarks: FloatArray) -> None:
    """Writes the arrays described in ``assets/README.md``."""
    canonical, centre, radius = canonical_face(calm_landmarks)
    seen = [pose_truth(pose, centre, radius) for pose in poses]
    shoulders = np.array([LEFT_SHOULDER, RIGHT_SHOULDER], np.float32)
    torso = [torso_displacement(shoulders, pose).ravel() * (REFERENCE_SIDE / SPAN) for pose in poses]
    np.savez_compressed(
        path,
        rotation=np.array([rotation for rotation, _, _ in seen], np.float32),
        translation=np.array([translation for _, translation, _ in seen], np.float32),
        log_scale=np.array([log_scale for _, _, log_scale in seen], np.float32),
        torso=np.array(torso, np.float32),
        canonical=canonical,
        enrol_frames=np.array(ENROL_FRAMES, np.int32),
        **{name: np.array([getattr(face, name) for face in faces], np.float32) for name in EXPRESSION_NAMES},
    )
