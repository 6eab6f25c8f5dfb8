"""The values that flow along a frame's path.

Lengths in the picture plane are *reference pixels*: every picture is centre-cropped to a square that is
``REFERENCE_SIZE`` reference pixels wide, whatever its real resolution. So a pose means the same at any output size.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

REFERENCE_SIZE = 256
"""Width of the square picture in reference pixels; the tracker's landmarks are accurate to about 0.2 of one."""

EXPRESSION_SIZE = 79
"""Numbers of 3DMM expression per frame, as in Li et al. 2024, section III."""

CODE_SIZE = 30
"""Most numbers an embedding may give per frame, as in Li et al. 2024, section III."""

POSE_SIZE = 6
"""Rotation vector (rad), translation (reference px), log of scale (reference px per canonical unit)."""

TORSO_SIZE = 20
"""Numbers of torso motion: 8 principal flow fields and 2 x 3 cosine modes per axis."""

FREEFORM_SIZE = 192
"""Most free-form numbers per frame: what a person does that pose, embedding and torso numbers cannot say."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture.

    Attributes:
        rgb: uint8 (H, W, 3).
        t_ns: capture time in nanoseconds, on the sender's monotonic clock.
        seq: frame number, counted from 0 at the start of the stream.
    """

    rgb: NDArray[np.uint8]
    t_ns: int
    seq: int


@dataclass(frozen=True, slots=True)
class FaceParams:
    """What the tracker sees in one frame.

    Attributes:
        expression: float32 (79,), coefficients of the personal morphable model in standard deviations.
        rotation: float32 (3, 3), head rotation; a row vector of canonical space is turned by ``x @ rotation``.
        translation: float32 (3,), x and y in reference px, and the log of the scale (reference px per canonical unit).
        torso: float32 (20,), coefficients of the torso flow basis in weighted-RMS reference px.
    """

    expression: NDArray[np.float32]
    rotation: NDArray[np.float32]
    translation: NDArray[np.float32]
    torso: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FaceCode:
    """The numbers of one frame that cross the wire, and all that a renderer needs for it.

    Attributes:
        z: float32 (n <= 30,), the embedding of the expression, each about unit variance and within +-4.
        pose: float32 (6,), rotation vector (rad), translation x and y (reference px), log scale.
        torso: float32 (20,), torso motion in weighted-RMS reference px.
        freeform: float32 (n <= 192,), free-form deformation of the head's surface, then tints of its colours, then
            free-form deformation of the torso, each about unit variance; empty for identities that know of none.
    """

    z: NDArray[np.float32]
    pose: NDArray[np.float32]
    torso: NDArray[np.float32]
    freeform: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))


@dataclass(frozen=True, slots=True)
class Stakes:
    """What rounding one frame's numbers does to its picture, by the codec's leading components.

    Components that are off by d steps change the picture's mean squared error by 2 slope . d + d . curvature d. Numbers
    that are not the picture's best have a slope: one way off is better than none.

    Attributes:
        curvature: float16 (K, K), squared grey levels; K is at most the number of components.
        slope: float16 (K,), likewise.
        bit_worth: squared grey levels that a bit is worth at quality 0.
    """

    curvature: NDArray[np.float16]
    slope: NDArray[np.float16]
    bit_worth: float


@dataclass(frozen=True, slots=True)
class CodedFace:
    """One face packet.

    Attributes:
        seq: number of its last frame.
        reference_seq: the frame it is predicted from, or None for a key frame.
        payload: the bytes that cross the wire (BITSTREAM.md, "Face packet").
        frames: how many it holds.
    """

    seq: int
    reference_seq: int | None
    payload: bytes
    frames: int = 1
