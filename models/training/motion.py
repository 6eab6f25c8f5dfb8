"""Learns a person's own motion (`models/field/motion.py`) from optical flow between frames and their renderings.

The renderings have the colours of the enrolment's mean code. With each frame's own colours there is little flow left to
see: colours that follow the expression paint what moved, and paint it wrong on frames that they never saw.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from codec.types import FaceCode
from models.alignment.kernels import STRIDE, face_cells
from models.alignment.photometric import PhotometricAligner
from models.clip import evenly
from models.field.motion import CELLS, INPUTS, PersonalMotion
from models.render.cpu import Sight
from models.tracking.torso_basis import flow_engine, texture

OBSERVED_FRAMES = 256
"""Frames of a round, spread over the clip: each takes some 15 ms."""

HEAD = 0.5
"""Coverage from which a pixel is the head's."""

FARTHEST_PX = 8.0
"""Flow beyond so many reference px has lost its way: frames are aligned to a pixel or two."""

NEIGHBOURS = 1.0
"""Cells, as a Gaussian's width, that observations are shared with."""

RIDGE = 300.0
"""Pixels of evidence for no motion, at one standard deviation: 30, 100 and 300 gave 30.12, 30.46 and 30.57 dB on unseen
grimaces, 100 and 300 37.26 and 37.22 on a studio clip."""

LEAST_PIXELS = 5.0
"""Of a cell in the whole clip, for it to move."""


class MotionRound:
    """One round's observations of a clip's frames."""

    def __init__(self, motion: PersonalMotion, codes: Sequence[FaceCode]) -> None:
        """Begins a round.

        Args:
            motion: what the frames are rendered with.
            codes: of all the clip's frames, as they are rendered.
        """
        self._motion, self._codes = motion, codes
        self._colours = mean_code(codes)
        self._chosen = set(evenly(len(codes), OBSERVED_FRAMES).tolist())
        self._inputs: list[NDArray[np.float32]] = []
        self._observed: list[NDArray[np.float32]] = []

    def watch(self, number: int, aligner: PhotometricAligner, picture: NDArray[np.uint8]) -> None:
        """Takes one frame of the clip, if it is among those that are looked at.

        Args:
            number: of the frame.
            aligner: renders it.
            picture: uint8 (256, 256, 3).
        """
        if number not in self._chosen:
            return
        code = self._codes[number]
        self._inputs.append(self._motion.inputs(code.pose, code.z))
        sight = aligner.look(code, self._colours)
        self._observed.append(observe(sight, picture[::STRIDE, ::STRIDE], STRIDE))

    def learned(self) -> PersonalMotion:
        """The motion after what was seen; every frame was watched."""
        return fit_motion(self._motion, np.stack(self._inputs), np.stack(self._observed))


def mean_code(codes: Sequence[FaceCode]) -> FaceCode:
    """Mean of some codes, number by number."""
    parts = ("z", "pose", "torso", "freeform")
    return FaceCode(*(np.mean([getattr(code, part) for code in codes], 0) for part in parts))


def observe(sight: Sight, seen: NDArray[np.uint8], stride: int) -> NDArray[np.float32]:
    """Where a frame shows the surface beside its rendering.

    Args:
        sight: the rendering of every stride-th pixel.
        seen: uint8 (S, S, 3), the same pixels of the frame.
        stride: reference px from one to the next.

    Returns:
        float32 (3, CELLS, CELLS): per cell pixels of evidence, and their displacement along x and y times that, in
        canonical units.
    """
    shown, camera = (np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8) for rgb in (sight.rgb, seen))
    blank = np.zeros((*shown.shape, 2), np.float32)
    flow = stride * np.asarray(flow_engine().calc(shown, camera, blank), np.float32)
    trusted = (sight.surface[..., 0] > HEAD) & (np.abs(flow).max(2) < FARTHEST_PX)
    evidence = stride**2 * texture(shown) * trusted
    weights = sight.weights
    moved = flow @ np.linalg.inv(weights.rotation[:2, :2]) / np.exp(weights.translation[2])
    cell = face_cells(np.ascontiguousarray(sight.surface[..., 1:4]), weights.warp)
    values = (evidence, evidence * moved[..., 0], evidence * moved[..., 1])
    sums = [np.bincount(cell.ravel(), value.ravel(), CELLS**2).reshape(CELLS, CELLS) for value in values]
    return np.stack([cv2.GaussianBlur(total.astype(np.float32), (0, 0), NEIGHBOURS) for total in sums])


def fit_motion(motion: PersonalMotion, inputs: NDArray[np.float32], observed: NDArray[np.float32]) -> PersonalMotion:
    """The motion after a round of observations.

    Args:
        motion: what the frames were rendered with.
        inputs: float32 (T, 32), of each frame.
        observed: float32 (T, 3, CELLS, CELLS), of each frame, from `observe`.
    """
    known = np.concatenate([inputs, np.ones((len(inputs), 1), np.float32)], 1).astype(np.float64)
    pixels = observed[:, 0].reshape(len(known), -1).astype(np.float64)
    moved = observed[:, 1:].reshape(len(known), 2, -1).astype(np.float64)
    before = np.zeros((CELLS**2, INPUTS + 1, 2))
    before[:, :INPUTS] = motion.modes.reshape(INPUTS, -1, 2).transpose(1, 0, 2)
    products = (known[:, :, None] * known[:, None]).reshape(len(known), -1)
    matrix = (pixels.T @ products).reshape(-1, INPUTS + 1, INPUTS + 1) + RIDGE * np.eye(INPUTS + 1)
    side = np.tensordot(moved, known, (0, 0)).transpose(1, 2, 0) - RIDGE * before
    change = np.linalg.solve(matrix, side)
    change[pixels.sum(0) < LEAST_PIXELS] = 0.0
    modes = (before + change)[:, :INPUTS].transpose(1, 0, 2).reshape(INPUTS, CELLS, CELLS, 2)
    return motion.with_modes(modes)
