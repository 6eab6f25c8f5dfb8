"""Photometric alignment: nudges pose and expression until the rendered head lies on the one that the camera sees.

Landmarks place a face to a pixel or two, and one picture of a torso another torso to a fraction of one; the whole
picture knows better. Analysis by synthesis renders the frame's code, compares it with the picture, and takes a
Gauss-Newton step on the numbers that move and tint the head's surface and on those that move the torso (Lucas and
Kanade 1981, with an appearance that is the person's own field). Enrolment aligns every training frame this way, so the
field grows sharp; the sender then does the same live, starting each frame from the last frame's correction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from codec.texture import Texture
from codec.types import TORSO_SIZE, FaceCode
from models.alignment.calibration import MOVED, UNKNOWNS, face_numbers, with_face
from models.alignment.colour_slopes import ColourSlopes, no_slopes
from models.alignment.equations import Gatherer, Pixels, robust
from models.alignment.kernels import STRIDE
from models.field.avatar import Avatar
from models.field.motion import CELLS
from models.render.cpu import CpuRenderer, Sight
from models.tracking.rotation import from_vector, to_vector
from models.tracking.torso import GRID

NOISE_LEVELS = 16.0
"""What a pixel's residual is worth against the priors, grey levels: neighbouring pixels err together."""

BLUR_PX = 0.6
"""Blur of the seen picture before pixels are skipped: the field is a little softer than what it shows. Not at mouth and
eyes, whose tints would learn the blur: 1 dB there."""

FARTHEST = 3.0
"""A correction goes at most so many spreads from the tracked numbers."""

UNLIKE_LEVELS = 20.0
UNLIKE_BLUR = 2.0
"""Grey levels by which a place must be off to look otherwise, after a blur of so many compared pixels: edges that are a
pixel off cancel, a hand or a turned cheek does not."""

SEEN = 0.3
"""Head, or what it leaves of the torso: coverage from which a pixel tells of its motion."""

FLAT = 3.0
"""Squared gradient, summed over the channels, of a pixel of the torso that is passed over: it tells of noise, not of
motion."""

HEAD = 0.5
"""Coverage from which a pixel is the head's."""

TORSO_SPREAD = np.full(TORSO_SIZE, 1.0)
"""How far each torso number may be from the tracked one, weighted-RMS reference px."""

FREEFORM_SPREAD = 0.2
"""How far each free-form number may be from what is expected of it."""

TINT_SPREAD = 1.0
"""Likewise each tint number."""

FOLD_SPREAD = 0.1
"""Likewise each number of the torso's free form. In enrolment 0.7 has the field follow it: 0.3 dB less."""

LEARNED_SPREAD = 0.7
"""How far a learned number may be from what the embedding makes of the expression, of its range of +-2: 0.25 to 1 are
within 0.1 dB."""

HELD = 1e-3
"""A spread that holds a number where it is."""


def _turn(rotation_vector: NDArray[np.float32], step: NDArray[np.float64]) -> NDArray[np.float32]:
    """A rotation vector after a turn about canonical axes."""
    return to_vector(from_vector(step) @ from_vector(rotation_vector))


def _difference(numbers: NDArray[np.float32], prior: NDArray[np.float32]) -> NDArray[np.float64]:
    """How far a face's numbers are from others, (36,), the rotation about canonical axes."""
    turn = to_vector(from_vector(numbers[:3]) @ from_vector(prior[:3]).T)
    return np.concatenate([turn, (numbers - prior)[3:]]).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A picture held against the rendering that an alignment started from, at every `STRIDE`-th pixel.

    Attributes:
        surface: float32 (S, S, SURFACE), what the rendering shows where (`models.render.cpu.Sight`).
        left: float32 (S, S, 3), the picture less the rendering, grey levels.
    """

    surface: NDArray[np.float32]
    left: NDArray[np.float32]

    @property
    def error(self) -> float:
        """Mean squared error, grey levels."""
        return float((self.left * self.left).mean())


class PhotometricAligner:
    """Aligns codes of one person with pictures. One thread uses it."""

    def __init__(
        self,
        avatar: Avatar,
        spread: NDArray[np.floating],
        threads: int | None = None,
        tinting: bool = False,
        bending: bool = True,
    ) -> None:
        """Takes the avatar as it is now.

        Args:
            avatar: the person; its density is baked.
            spread: (32,), how far pose and leading numbers may be from what is expected.
            threads: processor threads; all when None.
            tinting: whether numbers also count for how they tint the head, and learned numbers move. Not in rounds:
                there the field follows the numbers, and they it (0.07 and 0.17 dB lost on two clips).
            bending: whether free-form numbers move.
        """
        self.renderer = CpuRenderer(avatar, threads)
        self.gatherer = Gatherer(avatar, threads)
        self._parts = avatar.free_parts
        self.slopes = ColourSlopes(avatar) if tinting else None
        learned = np.full(MOVED - UNKNOWNS, LEARNED_SPREAD if tinting else HELD)
        self.spread = np.concatenate([spread, learned]).astype(np.float64)
        """How far each number of the face may be, (36,): pose, then the code's."""
        self.bend = FREEFORM_SPREAD if bending else HELD
        """How far each free-form number may be from what is expected of it."""
        self.tint = TINT_SPREAD
        """Likewise each tint number."""
        self.fold = FOLD_SPREAD
        """Likewise each number of the torso's free form."""
        self.unlike = 0.0
        """What `unlikeness` gave for the last picture."""
        self.compared: Comparison | None = None
        """The last picture against its rendering."""
        self.tensors = np.zeros((CELLS, CELLS, 3), np.float32)
        """Structure tensors of the last picture's head, (CELLS, CELLS, 3), as `models.field.freeform` takes them."""
        self.torso_tensors = np.zeros((GRID, GRID, 3), np.float32)
        """Likewise its torso's, (64, 64, 3)."""

    def set_plate(self, rgb: NDArray[np.uint8]) -> None:
        """Takes a new background, uint8 (H, W, 3), square."""
        self.renderer.set_plate(rgb)

    def set_texture(self, texture: Texture) -> None:
        """Takes what is added to the person's colours."""
        self.renderer.set_texture(texture)

    def look(self, code: FaceCode, coloured_as: FaceCode) -> Sight:
        """How a code looks in another one's colours, at every `STRIDE`-th pixel."""
        return self.renderer.look(code, STRIDE, coloured_as)

    def begin_anew(self) -> None:
        """The next picture does not follow the last one."""
        if self.slopes is not None:
            self.slopes.begin_anew()

    def align(
        self, code: FaceCode, prior: FaceCode, rgb: NDArray[np.uint8], person: NDArray[np.uint8] | None = None
    ) -> FaceCode:
        """One Gauss-Newton step towards a picture.

        Args:
            code: where to start from.
            prior: what is expected, give or take the spread.
            rgb: uint8 (256, 256, 3), the picture.
            person: uint8 (256, 256), 255 where it shows the person, to tell `unlike` too.

        Returns:
            the code with all of its numbers moved.
        """
        sight = self.renderer.look(code, STRIDE)
        shown, seen = sight.rgb.astype(np.float32), rgb.astype(np.float32)
        soft = cv2.GaussianBlur(rgb, (0, 0), BLUR_PX)[::STRIDE, ::STRIDE].astype(np.float32)
        residual = shown - seen[::STRIDE, ::STRIDE]
        self.compared = Comparison(sight.surface, -residual)
        if person is not None:
            shows = sight.surface[..., 0] > HEAD
            self.unlike = unlikeness(residual, shows, shows | (person[::STRIDE, ::STRIDE] > 127))
        surface = sight.surface
        slopes = self.slopes.at(code, surface) if self.slopes is not None else no_slopes(len(surface))
        blurred = np.where(slopes.near[..., None] >= 0, residual, shown - soft)
        mean = np.float32(0.5) * (shown + soft)
        head = Pixels(_gradients(mean) / np.float32(STRIDE), _inner_weights(blurred, surface[..., 0]), blurred)
        torso = _torso_pixels(_gradients(seen)[::STRIDE, ::STRIDE], residual, np.float32(1.0) - surface[..., 0])
        of_head, of_torso = self.gatherer.gather(sight, slopes, head, torso)
        self.tensors, self.torso_tensors = of_head.tensors, of_torso.tensors
        step = self._head_step(of_head.matrix, of_head.side, code, prior)
        shift = self._torso_step(of_torso.matrix, of_torso.side, code, prior)
        return _shifted(_stepped(code, step), shift, self._parts.folds)

    def _head_step(
        self, matrix: NDArray[np.float64], side: NDArray[np.float64], code: FaceCode, prior: FaceCode
    ) -> NDArray[np.float64]:
        """The step of pose, code, bends and tints."""
        bends = self._parts.bends.stop
        tints = len(side) - MOVED - bends
        free = (code.freeform - prior.freeform)[: bends + tints]
        off = np.concatenate([_difference(face_numbers(code), face_numbers(prior)), free])
        spread = np.concatenate([self.spread, np.full(bends, self.bend), np.full(tints, self.tint)])
        return _solve(matrix, side, spread, off)

    def _torso_step(
        self, matrix: NDArray[np.float64], side: NDArray[np.float64], code: FaceCode, prior: FaceCode
    ) -> NDArray[np.float64]:
        """The step of the torso's numbers and folds."""
        folds = self._parts.folds
        off = np.concatenate([code.torso - prior.torso, (code.freeform - prior.freeform)[folds]])
        spread = np.concatenate([TORSO_SPREAD, np.full(len(off) - TORSO_SIZE, self.fold)])
        return _solve(matrix, side, spread, off.astype(np.float64))


def _gradients(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Horizontal and vertical Sobel gradients per pixel, (H, W, 3, 2)."""
    return np.stack([cv2.Sobel(picture, -1, 1, 0, scale=0.125), cv2.Sobel(picture, -1, 0, 1, scale=0.125)], -1)


def _inner_weights(residual: NDArray[np.float32], share: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights (S, S, 3) of pixels of which a surface has a share (S, S)."""
    weights = robust(np.where(share < SEEN, np.float32(0), share), residual)
    weights[0] = weights[-1] = weights[:, 0] = weights[:, -1] = 0.0
    return weights


def _torso_pixels(gradients: NDArray[np.float32], residual: NDArray[np.float32], share: NDArray[np.float32]) -> Pixels:
    """What pixels tell of the torso, where they are not flat."""
    weights = _inner_weights(residual, share)
    energy = np.einsum("yxc,yxcd,yxcd->yx", weights, gradients, gradients)
    weights[energy < FLAT] = 0.0
    return Pixels(np.ascontiguousarray(gradients), weights, residual)


def _stepped(code: FaceCode, step: NDArray[np.float64]) -> FaceCode:
    """The code after a step of its pose, its own and its first free-form numbers."""
    free = code.freeform.copy()
    free[: len(step) - MOVED] += step[MOVED:].astype(np.float32)
    moved = np.concatenate([_turn(code.pose[:3], step[:3]), face_numbers(code)[3:] + step[3:MOVED]])
    return replace(with_face(code, moved), freeform=free)


def _shifted(code: FaceCode, step: NDArray[np.float64], folds: slice) -> FaceCode:
    """The code after a step of its torso numbers and its folds."""
    free = code.freeform.copy()
    free[folds] += step[TORSO_SIZE:].astype(np.float32)
    return replace(code, torso=(code.torso + step[:TORSO_SIZE]).astype(np.float32), freeform=free)


def unlikeness(difference: NDArray[np.float32], head: NDArray[np.bool_], body: NDArray[np.bool_]) -> float:
    """How much of a person the picture shows otherwise, as a share of the head's size; at most 1.

    On unseen frames of four talking heads it is below 0.04, of a fifth below 0.08, except where that one nods and
    laughs as its enrolment never showed it (0.36).

    Args:
        difference: float32 (H, W, 3), rendered less seen, grey levels.
        head: bool (H, W), where the rendered head is.
        body: bool (H, W), where the person is: a background that changed is renewed, and counts for nothing here.
    """
    if not head.any():
        return 0.0
    off = np.abs(cv2.GaussianBlur(difference, (0, 0), UNLIKE_BLUR)).mean(2)
    return min(1.0, float(np.count_nonzero(off[body] > UNLIKE_LEVELS) / np.count_nonzero(head)))


def _solve(
    matrix: NDArray[np.float64], side: NDArray[np.float64], spread: NDArray[np.float64], off: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The step (n,) that fits the picture best, given how far (n,) the numbers are off from what is expected."""
    side = side / NOISE_LEVELS**2 - off / spread**2
    step = np.linalg.solve(matrix / NOISE_LEVELS**2 + np.diag(spread**-2), side)
    return np.asarray(np.clip(step, -FARTHEST * spread, FARTHEST * spread))
