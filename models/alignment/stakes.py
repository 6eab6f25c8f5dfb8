"""What is at stake when a frame's numbers are rounded: the error of its picture around them, as a quadratic form.

Alignment asks where the picture's error is least, with gradients that lead there from afar: of soft pictures, over
several pixels. Rounding moves a number by a fraction of a pixel, so here the slopes are those of the rendering itself,
seen from half a pixel to either side. That the person moves while the background stays is in them, outlines and all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from codec.layout import Layout
from codec.statistics import FaceTables
from codec.types import FaceCode, Stakes
from models.alignment.colour_slopes import picture_counts
from models.alignment.equations import Equations, Pixels, robust
from models.alignment.photometric import PhotometricAligner
from models.field.avatar import Avatar
from models.render.cpu import Sight
from models.tracking.rotation import from_vector, to_vector

NUDGE_PX = 0.5
"""To either side, reference px: by less, the rounding to grey levels is what one measures."""

LEADING_COMPONENTS = 160
"""Components that are weighed; those after them hardly ever leave their prediction."""

SHOWN = 0.02
"""Share of a pixel from which a surface counts in it."""

SLOPE_SHARE = 0.75
"""Of the slope that is believed: what the torso's colours do with its numbers, for one, is not in it."""

ERROR_OF_A_BIT = 1 / 300
"""Of the squared error that the identity's steps were made for, what a bit is worth."""

TURN = 1e-3
"""By which a rotation vector is moved to see how far it turns, rad."""


class Weigher:
    """Weighs one person's codes. Of the thread that aligns them, after it has."""

    def __init__(self, avatar: Avatar, aligner: PhotometricAligner, tables: FaceTables, error: float) -> None:
        """Takes what the aligner holds: rendering, background and texture are its own.

        Args:
            avatar: the person.
            aligner: of the person; it tints.
            tables: the person's, whose components are weighed.
            error: squared grey levels that their steps were made for.

        Raises:
            ValueError: the tables are for other numbers than the person's.
        """
        if tables.layout != Layout(freeform=avatar.free_size):
            raise ValueError(f"codec tables of {tables.layout} numbers for {Layout(freeform=avatar.free_size)}")
        self._avatar, self._aligner = avatar, aligner
        groups, parts = tables.layout.groups, avatar.free_parts
        free = np.arange(tables.layout.size)[groups["freeform"]]
        number = np.arange(tables.layout.size)
        head = [number[groups["pose"]], number[groups["z"]], free[parts.bends], free[parts.tints]]
        self._head = np.concatenate(head)
        self._torso = np.concatenate([number[groups["torso"]], free[parts.folds]])
        self._components = tables.step_numbers()[:, :LEADING_COMPONENTS]
        self._bit_worth = ERROR_OF_A_BIT * error

    def weigh(self, code: FaceCode, rgb: NDArray[np.uint8], every: int) -> Stakes:
        """What is at stake in a frame.

        Args:
            code: the frame's, as it was aligned last.
            rgb: uint8 (256, 256, 3), the frame's picture.
            every: so many-th pixel of every so many-th row is looked at.
        """
        renderer, slopes = self._aligner.renderer, self._aligner.slopes
        assert slopes is not None
        sight = renderer.look(code, every)
        residual = sight.rgb.astype(np.float32) - rgb[::every, ::every]
        gradients = np.stack([self._gradient(sight, every, *axis) for axis in ((1.0, 0.0), (0.0, 1.0))], -1)
        counts = picture_counts(self._avatar, sight.surface)
        cover, share = sight.surface[..., 0], sight.surface[..., 4]
        head, torso = (_pixels(gradients, counts, residual, part, cover + share) for part in (cover, share))
        of_head, of_torso = self._aligner.gatherer.gather(sight, slopes.again(sight.surface), head, torso)
        matrix, slope = self._packed(_by_vector(of_head, code.pose[:3]), of_torso)
        components, pixels = self._components, residual.size
        curvature, slope = components.T @ matrix @ components / pixels, components.T @ slope / pixels
        return Stakes(_half(curvature), _half(SLOPE_SHARE * slope), self._bit_worth)

    def _gradient(self, sight: Sight, every: int, right: float, below: float) -> NDArray[np.float32]:
        """How much brighter a rendering is beside each pixel, grey levels a reference px, (S, S, 3)."""
        after, before = (
            self._aligner.renderer.look_beside(sight, every, by * right, by * below).astype(np.float32)
            for by in (NUDGE_PX, -NUDGE_PX)
        )
        return (after - before) / np.float32(2.0 * NUDGE_PX)

    def _packed(self, head: Equations, torso: Equations) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Matrix and slope of all numbers in the order of the wire."""
        size = len(self._head) + len(self._torso)
        matrix, slope = np.zeros((size, size)), np.zeros(size)
        for part, numbers in ((head, self._head), (torso, self._torso)):
            matrix[np.ix_(numbers, numbers)] = part.matrix
            slope[numbers] = -part.side
        return matrix, slope


def _pixels(
    gradients: NDArray[np.float32],
    counts: NDArray[np.float32],
    residual: NDArray[np.float32],
    part: NDArray[np.float32],
    person: NDArray[np.float32],
) -> Pixels:
    """What pixels tell of a surface that has a part (S, S) of what the person has in each."""
    share = part / np.maximum(person, np.float32(SHOWN))
    weights = robust(np.where(part > SHOWN, counts, np.float32(0)), residual)
    return Pixels(np.ascontiguousarray(gradients * share[..., None, None]), weights, residual)


def _half(numbers: NDArray[np.float64]) -> NDArray[np.float16]:
    """In half precision, held to what that can tell."""
    most = np.finfo(np.float16).max
    return np.clip(numbers, -most, most).astype(np.float16)


def _by_vector(head: Equations, rotation_vector: NDArray[np.float32]) -> Equations:
    """The head's equations with the rotation vector's numbers in the place of turns about canonical axes."""
    turn = np.eye(len(head.side))
    back = from_vector(rotation_vector).T
    for axis in range(3):
        by = np.zeros(3, np.float32)
        by[axis] = TURN
        after, before = (to_vector(from_vector(rotation_vector + s * by) @ back) for s in (1.0, -1.0))
        turn[:3, axis] = (after - before) / (2.0 * TURN)
    return Equations(turn.T @ head.matrix @ turn, turn.T @ head.side, head.tensors)
