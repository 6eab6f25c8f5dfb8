"""Following a stream of pictures: each frame is aligned from where the one before it ended."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from codec.statistics import FaceTables
from codec.texture import Texture
from codec.types import TORSO_SIZE, FaceCode
from models.alignment.calibration import MOVED, Calibration, face_numbers, with_face
from models.alignment.photometric import (
    FARTHEST,
    FREEFORM_SPREAD,
    TINT_SPREAD,
    TORSO_SPREAD,
    Comparison,
    PhotometricAligner,
)
from models.alignment.stakes import Weigher
from models.field.avatar import Avatar

KEPT = 0.9
"""Share of a frame's correction that the next frame starts from. It changes slowly, so one step a frame is nearly as
good as three: 0.06 to 0.1 dB less on two clips, at a third of the time. Beside free-form numbers it is 0.05 dB better
than 0.8 on unseen grimaces."""

BEND_SHARE, BENDS = 0.5, (0.04, 0.3)
"""The spread of bends is this share of how far they lately were from none, within these bounds. A face that does what
its enrolment showed needs none of them: a wide spread would have it follow noise, for 20 % more bits."""

TINT_SHARE, TINT_BOUNDS = 1.0, (0.3, 1.0)
"""Likewise of tints."""

FOLD_SPREAD = 0.03
"""How far a number of the torso's free form is from what is expected of it. Cloth slips slowly: 0.1 is no better, for a
tenth more bits."""

LIVELY_FRAMES = 12.0
"""Frames that tell what is lately."""

FREE_KEPT = 0.9
"""Share of a frame's free-form numbers that is expected in the next: on unseen grimaces as good as none expected and
a spread of 1, for 12 % fewer bits."""


class LiveAligner:
    """Aligns a stream of frames, one step each. One thread uses it."""

    def __init__(self, avatar: Avatar, calibration: Calibration, threads: int | None = None) -> None:
        """Takes the person and what was learned of the tracking of it."""
        self._aligner = PhotometricAligner(avatar, calibration.spread, threads, tinting=True)
        self._avatar, self._calibration = avatar, calibration
        self._aligner.fold = FOLD_SPREAD
        self._parts = avatar.free_parts
        self.reset()

    def reset(self) -> None:
        """Forgets the last frame's correction."""
        self._aligner.begin_anew()
        self._correction = np.zeros(MOVED + TORSO_SIZE, np.float32)
        self._free = np.zeros(self._parts.size, np.float32)
        self._bending, self._tinting = _Liveliness(FREEFORM_SPREAD), _Liveliness(TINT_SPREAD)

    @property
    def unlike(self) -> float:
        """What `unlikeness` gave for the last picture that was looked at, in [0, 1]."""
        return self._aligner.unlike

    def set_plate(self, rgb: NDArray[np.uint8]) -> None:
        """Takes a new background, uint8 (H, W, 3), square."""
        self._aligner.set_plate(rgb)

    def set_texture(self, texture: Texture) -> None:
        """Takes what is added to the person's colours."""
        self._aligner.set_texture(texture)

    @property
    def compared(self) -> Comparison | None:
        """The last picture that was looked at, against the rendering that its alignment started from."""
        return self._aligner.compared

    def weigher(self, tables: FaceTables, error: float) -> Weigher:
        """What weighs the codes that `follow` gives, for `Weigher`'s arguments; of this thread."""
        return Weigher(self._avatar, self._aligner, tables, error)

    def follow(self, tracked: FaceCode, rgb: NDArray[np.uint8], person: NDArray[np.uint8], steps: int = 1) -> FaceCode:
        """The frame's code, aligned with its picture.

        Args:
            tracked: as tracking gave it.
            rgb: uint8 (256, 256, 3), the picture.
            person: uint8 (256, 256), 255 where it shows the person.
            steps: to take, as there is time; with 0 the last frame's correction serves once more.
        """
        known = self._calibration.corrected(tracked)
        if steps == 0:
            return _moved(replace(known, freeform=self._free), self._correction)
        prior = replace(known, freeform=np.float32(FREE_KEPT) * self._free)
        self._aligner.bend = float(np.clip(BEND_SHARE * self._bending.rms, *BENDS))
        self._aligner.tint = float(np.clip(TINT_SHARE * self._tinting.rms, *TINT_BOUNDS))
        aligned = _moved(prior, np.float32(KEPT) * self._correction)
        for _ in range(steps):
            aligned = self._aligner.align(aligned, prior, rgb, person)
        change = np.concatenate([face_numbers(aligned) - face_numbers(prior), aligned.torso - prior.torso])
        limit = FARTHEST * np.concatenate([self._aligner.spread, TORSO_SPREAD])
        self._correction = np.clip(change, -limit, limit).astype(np.float32)
        self._free = np.clip(aligned.freeform, -FARTHEST, FARTHEST)
        self._bending.follow(self._free[self._parts.bends])
        self._tinting.follow(self._free[self._parts.tints])
        return aligned


class _Liveliness:
    """How far some numbers lately were from none."""

    def __init__(self, rms: float) -> None:
        self.rms = rms

    def follow(self, numbers: NDArray[np.float32]) -> None:
        if len(numbers):
            square = LIVELY_FRAMES * self.rms**2 + float(np.mean(numbers**2))
            self.rms = float(np.sqrt(square / (LIVELY_FRAMES + 1)))


def _moved(code: FaceCode, change: NDArray[np.float32]) -> FaceCode:
    """The code with a change (56,) of face and torso numbers added."""
    moved = with_face(code, face_numbers(code) + change[:MOVED])
    return replace(moved, torso=code.torso + change[MOVED:])
