"""How each compared pixel's colour changes with the numbers that a sender moves.

Most of the head makes do with the resting head's slopes, in coarse cells and for two frames: its own points' gain
0.04 to 0.06 dB for 33 ms. At mouth and eyes, where colours change within a pixel, each pixel's surface point is asked,
anew for each picture: cells of 0.05 canonical units there have slopes that agree by 0.4 to 0.9 with what rendering
shows (cosine), the points themselves by 0.9 to 0.97.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codec.types import FaceCode
from models.alignment.calibration import MOVED
from models.alignment.colour_modes import COVERED, ColourModes
from models.field.avatar import Avatar
from models.field.planes import REACH, plane_centres

LASTING = 2
"""Frames that one linearisation serves: 0.01 dB less than a new one each frame, which takes 6 ms."""


FEATURES_COUNT = 4.0
"""What a pixel at mouth or eyes counts beside one elsewhere: likeness there is what a call is about."""


@dataclass(frozen=True, slots=True)
class Slopes:
    """Changes of colour per unit of each number, grey levels.

    Attributes:
        at_rest: float32 (m, m, 3, n), of the resting head, in cells of the canonical box's x and y.
        near: int32 (S, S), a pixel's row of `tints`; -1 where the cells speak for it.
        tints: float32 (p, 3, n), of pixels at mouth and eyes: pose, code and tints, like all of them.
    """

    at_rest: NDArray[np.float32]
    near: NDArray[np.int32]
    tints: NDArray[np.float32]


def no_slopes(size: int) -> Slopes:
    """Of a head whose colours never change, for `size` x `size` pixels."""
    nothing = np.zeros((2, 2, 3, MOVED), np.float32)
    return Slopes(nothing, np.full((size, size), -1, np.int32), nothing[0, :0])


def at_features(avatar: Avatar, surface: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which pixels of a surface (S, S, SURFACE) show the planes at mouth and eyes: bool (S, S)."""
    middles = plane_centres(avatar.head.gate_centre.cpu().numpy())[1:]
    off = np.abs(surface[:, :, None, 1:3] - middles)
    inside: NDArray[np.bool_] = (off < np.array(REACH[1:], np.float32)).all(3).any(2)
    return inside & (surface[..., 0] > COVERED)


def picture_counts(avatar: Avatar, surface: NDArray[np.float32]) -> NDArray[np.float32]:
    """What each pixel of a surface (S, S, SURFACE) counts in the picture's error, float32 (S, S)."""
    return np.where(at_features(avatar, surface), FEATURES_COUNT, 1.0).astype(np.float32)


class ColourSlopes:
    """Slopes of one person's pictures, in order. One thread uses it."""

    def __init__(self, avatar: Avatar) -> None:
        """Takes the avatar as it is now; its density is baked."""
        self._avatar = avatar
        self._modes = ColourModes(avatar)
        self.begin_anew()

    def begin_anew(self) -> None:
        """The next picture does not follow the last one."""
        self._asked = 0

    def at(self, code: FaceCode, surface: NDArray[np.float32]) -> Slopes:
        """The slopes of a rendering.

        Args:
            code: what it shows.
            surface: float32 (S, S, SURFACE), as in `models.render.cpu.Sight`.
        """
        if self._asked % LASTING == 0:
            self._around = self._modes.around(code)
            self._at_rest = self._modes.at_rest(self._around)
        self._asked += 1
        return self.again(surface)

    def again(self, surface: NDArray[np.float32]) -> Slopes:
        """The slopes of another rendering of nearly the code that was asked for last."""
        shown = at_features(self._avatar, surface)
        near = np.full(shown.shape, -1, np.int32)
        near[shown] = np.arange(np.count_nonzero(shown))
        return Slopes(self._at_rest, near, self._modes.at(surface[shown][:, 1:4], self._around))
