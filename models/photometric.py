"""Photometric alignment: nudges pose and expression until the rendered head lies on the one that the camera sees.

Landmarks place a face to a pixel or two; the picture itself knows better. Analysis by synthesis renders the frame's
code, compares it with the picture, and takes a Gauss-Newton step on the numbers that move the surface (Lucas and
Kanade 1981, with an appearance that is the person's own field). Enrolment aligns every training frame this way, so the
field grows sharp; the sender then does the same live, starting each frame from the last frame's correction.
"""

from __future__ import annotations

import copy

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

from codec.types import REFERENCE_SIZE, FaceCode
from models.calibration import UNKNOWNS, Calibration, surface_numbers, with_surface
from models.field.avatar import Avatar
from models.photometric_kernels import normal_equations
from models.render.cpu import KERNEL_LOCK, CpuRenderer
from models.tracking.rotation import from_vector, to_vector

ALIGNED_SIZE = 128
"""Pixels per side of the pictures that are compared: at 64 the result is 0.4 dB worse, at 256 the same."""

NOISE_LEVELS = 16.0
"""What a pixel's residual is worth against the priors, grey levels: neighbouring pixels err together."""

KEPT = 0.5
"""Share of a frame's correction that the next frame starts from. It changes slowly, so one step a frame is as good as
two from the tracked numbers; with more of it the steps drift where pictures tell little (0.2 dB lost at 1)."""

FARTHEST = 3.0
"""A correction goes at most so many spreads from the tracked numbers."""


def _turn(rotation_vector: NDArray[np.float32], step: NDArray[np.float64]) -> NDArray[np.float32]:
    """A rotation vector after a turn about canonical axes."""
    return to_vector(from_vector(step) @ from_vector(rotation_vector))


def _difference(numbers: NDArray[np.float32], prior: NDArray[np.float32]) -> NDArray[np.float64]:
    """How far surface numbers are from others, (32,), the rotation about canonical axes."""
    turn = to_vector(from_vector(numbers[:3]) @ from_vector(prior[:3]).T)
    return np.concatenate([turn, (numbers - prior)[3:]]).astype(np.float64)


def _without_torso(avatar: Avatar) -> Avatar:
    """The head over its background: the torso tells nothing of the head, and takes a tenth of the time."""
    head = copy.copy(avatar)
    head.torso_map = np.zeros_like(avatar.torso_map)
    return head


class PhotometricAligner:
    """Aligns codes of one person with pictures. One thread uses it."""

    def __init__(self, avatar: Avatar, spread: NDArray[np.float32], threads: int | None = None) -> None:
        """Takes the avatar as it is now.

        Args:
            avatar: the person; its density is baked.
            spread: float32 (32,), how far pose and leading numbers may be from what is expected.
            threads: processor threads; all when None.
        """
        self._renderer = CpuRenderer(_without_torso(avatar), threads)
        self._modes = avatar.basis.modes()
        self._spread = spread.astype(np.float64)
        self._threads = threads or numba.config.NUMBA_NUM_THREADS

    def set_plate(self, rgb: NDArray[np.uint8]) -> None:
        """Takes a new background, uint8 (H, W, 3), square."""
        self._renderer.set_plate(rgb)

    def align(self, code: FaceCode, prior: FaceCode, rgb: NDArray[np.uint8]) -> FaceCode:
        """One Gauss-Newton step towards a picture.

        Args:
            code: where to start from.
            prior: what is expected, give or take the spread.
            rgb: uint8 (N, N, 3), the picture.

        Returns:
            the code with pose and leading numbers moved.
        """
        size = (ALIGNED_SIZE, ALIGNED_SIZE)
        seen = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        sight = self._renderer.render_surface(code, size)
        shown = sight.rgb.astype(np.float32)
        weights = sight.weights
        with KERNEL_LOCK:
            numba.set_num_threads(min(self._threads, numba.config.NUMBA_NUM_THREADS))
            matrix, side = normal_equations(
                np.float32(0.5) * (shown + seen), shown - seen, sight.surface, weights.rotation,
                np.float32(np.exp(weights.translation[2])), weights.warp, self._modes, self._threads,
            )  # fmt: skip
        per_px = ALIGNED_SIZE / REFERENCE_SIZE
        matrix *= (per_px / NOISE_LEVELS) ** 2
        side *= per_px / NOISE_LEVELS**2
        here = surface_numbers(code)
        side -= _difference(here, surface_numbers(prior)) / self._spread**2
        step = np.linalg.solve(matrix + np.diag(self._spread**-2), side)
        step = np.clip(step, -FARTHEST * self._spread, FARTHEST * self._spread)
        moved = np.concatenate([_turn(code.pose[:3], step[:3]), here[3:] + step[3:]])
        return with_surface(code, moved.astype(np.float32))


class LiveAligner:
    """Aligns a stream of frames, one step each. One thread uses it."""

    def __init__(self, avatar: Avatar, calibration: Calibration, threads: int | None = None) -> None:
        """Takes the person and what was learned of the tracking of it."""
        self._aligner = PhotometricAligner(avatar, calibration.spread, threads)
        self._calibration = calibration
        self.reset()

    def reset(self) -> None:
        """Forgets the last frame's correction."""
        self._correction = np.zeros(UNKNOWNS, np.float32)

    def set_plate(self, rgb: NDArray[np.uint8]) -> None:
        """Takes a new background, uint8 (H, W, 3), square."""
        self._aligner.set_plate(rgb)

    def follow(self, tracked: FaceCode, rgb: NDArray[np.uint8], look: bool = True) -> FaceCode:
        """The frame's code, aligned with its picture.

        Args:
            tracked: as tracking gave it.
            rgb: uint8 (N, N, 3), the picture.
            look: whether there is time to look at it; else the last frame's correction serves once more.
        """
        prior = self._calibration.corrected(tracked)
        expected = surface_numbers(prior)
        if not look:
            return with_surface(prior, expected + self._correction)
        start = with_surface(prior, expected + np.float32(KEPT) * self._correction)
        aligned = self._aligner.align(start, prior, rgb)
        limit = FARTHEST * self._calibration.spread
        self._correction = np.clip(surface_numbers(aligned) - expected, -limit, limit)
        return aligned
