"""What training draws from: pictures, masks and tracked numbers of an enrolment, and batches of rays over them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from codec.types import REFERENCE_SIZE, FaceParams
from models.embedding import leading_numbers, windows
from models.field.sheets import FACE, TORSO
from models.field.space import pose_vector
from models.field.tints import TINTS

FRAMES_PER_STEP = 8
RAYS_PER_FRAME = 512
"""Enough frames that a step sees several expressions; 4096 rays keep a step near 30 ms on two cores."""

RECENCY = 1.0
"""Frames at a clip's end are drawn e to this times as often as those at its start: cameras and light drift, and a call
begins where its enrolment ended."""

ANYWHERE, PERSON = 0.20, 0.60
"""Share of rays drawn from the whole picture and from the person; the rest falls on mouth and eyes. With 0.45 there and
0.35 on the person, unseen frames of a studio clip were 0.13 dB and .0013 of SSIM worse than with 0.3 and 0.5, and those
.0002 than these, with as good a mouth."""

UNSURE = 128
UNSURE_PX = 5
"""The segmentation cuts up to so much off jaws and ears, and gives as much to hair: near its outline the picture
decides what is covered."""

STRUCTURE_PX, STABLE = 7, (0.03 * 255.0) ** 2
"""Side of SSIM's windows, and what it adds to their variance (Wang et al. 2004: its C2)."""

STRUCTURE = 0.75
"""SSIM divides an error by the variance around it, PSNR by nothing: between them calm skin gains, edges hardly lose."""

TRIES = 4
"""Places that are tried for one on the person, who fills a quarter of a picture at least, or nearly."""

MOUTH_BOX = (0.45, 0.36)
EYE_BOX = (0.30, 0.20)
"""Half sizes, in canonical units, of the boxes that are drawn more often."""


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Everything training draws from; T frames, of which every one shows the face.

    Attributes:
        rgb: uint8 (T, S, S, 3).
        trimap: uint8 (T, 256, 256), 255 person, 0 background, `UNSURE` near the outline.
        expression: float32 (T, 79).
        window: int64 (T, 5), the embedding's window of each frame.
        rotation: float32 (T, 3, 3), that of the pose.
        leading: float32 (T, 26), the leading numbers of the code, which alignment goes on improving.
        pose: float32 (T, 6), as in `codec.types.FaceCode`; likewise.
        torso: float32 (T, 20).
        freeform: float32 (T, 192): displacements of head and torso, and tints between them, all of which alignment
            finds.
        shot: int64 (T,), index of the frame's plate.
        plates: float32 (P, 256, 256, 3) in [0, 1], which training goes on improving.
        starts: first frames of shots.
        every: training draws and rounds align one of so many frames.
    """

    rgb: NDArray[np.uint8]
    trimap: NDArray[np.uint8]
    expression: NDArray[np.float32]
    window: NDArray[np.int64]
    rotation: NDArray[np.float32]
    leading: NDArray[np.float32]
    pose: NDArray[np.float32]
    torso: NDArray[np.float32]
    freeform: NDArray[np.float32]
    shot: NDArray[np.int64]
    plates: NDArray[np.float32]
    starts: tuple[int, ...]
    every: int = 1

    @property
    def studied(self) -> NDArray[np.int64]:
        """Numbers of the frames that training draws and rounds align, ascending."""
        return np.arange(0, len(self.rgb), self.every)

    @property
    def translation(self) -> NDArray[np.float32]:
        """float32 (T, 3): x and y in reference px, log scale."""
        return self.pose[:, 3:]


def trimap(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What a person mask, uint8 (256, 256), is sure of: 255 person, 0 background, `UNSURE` near the outline."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * UNSURE_PX + 1, 2 * UNSURE_PX + 1))
    person = (mask > 127).astype(np.uint8)
    sure = np.full(mask.shape, UNSURE, np.uint8)
    sure[cv2.erode(person, kernel) > 0] = 255
    sure[cv2.dilate(person, kernel) == 0] = 0
    return sure


def training_set(
    rgb: NDArray[np.uint8],
    masks: list[NDArray[np.uint8]],
    tracked: list[FaceParams | None],
    cuts: list[int],
    plates: list[NDArray[np.uint8]],
) -> TrainingSet:
    """Gathers the frames in which the face was found.

    Args:
        rgb: uint8 (N, S, S, 3), all frames.
        masks: each frame's person mask.
        tracked: each frame's parameters, or None where the face was lost.
        cuts: first frames of the second and later shots.
        plates: one background per shot.

    Raises:
        ValueError: the face was found in fewer than two frames.
    """
    found = [i for i, params in enumerate(tracked) if params is not None]
    if len(found) < 2:
        raise ValueError("no face was found in the clip")
    params = [p for i in found if (p := tracked[i]) is not None]
    shot = np.searchsorted(np.array(cuts, np.int64), found, side="right").astype(np.int64)
    starts = [k for k in range(len(found)) if k == 0 or shot[k] != shot[k - 1] or found[k] != found[k - 1] + 1]
    expression = np.stack([p.expression for p in params]).astype(np.float32)
    return TrainingSet(
        rgb=rgb if len(found) == len(rgb) else rgb[found],
        trimap=np.stack([trimap(masks[i]) for i in found]),
        expression=expression,
        window=windows(expression, starts),
        rotation=np.stack([p.rotation for p in params]).astype(np.float32),
        leading=leading_numbers(expression),
        pose=np.stack([pose_vector(p) for p in params]),
        torso=np.stack([p.torso for p in params]).astype(np.float32),
        freeform=np.zeros((len(found), FACE.most + TINTS + TORSO.most), np.float32),
        shot=shot,
        plates=np.stack(plates).astype(np.float32) / np.float32(255.0),
        starts=tuple(starts),
    )


@dataclass(frozen=True, slots=True)
class PixelBatch:
    """Pixels of a few frames, with what they show.

    Attributes:
        frames: int64 (F,), frame numbers in the training set.
        frame: int32 (n,), ascending index into ``frames``.
        pixels: float32 (n, 2), reference px.
        rgb: float32 (n, 3) in [0, 1].
        mask: float32 (n,), 1 on the person, 0 beside it.
        sure: float32 (n,), 1 where the mask can be trusted, else 0.
        plate: float32 (n, 3), the background there.
        weight: float32 (n,), of the colour's squared error, 1 at the mean.
    """

    frames: NDArray[np.int64]
    frame: NDArray[np.int32]
    pixels: NDArray[np.float32]
    rgb: NDArray[np.float32]
    mask: NDArray[np.float32]
    sure: NDArray[np.float32]
    plate: NDArray[np.float32]
    weight: NDArray[np.float32]


def structure_weight(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What a squared error counts where a picture is calm and where it is busy, in no unit.

    Args:
        rgb: uint8 (S, S, 3).

    Returns:
        float32 (S, S).
    """
    grey, window = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), (STRUCTURE_PX, STRUCTURE_PX)
    mean = cv2.boxFilter(grey, cv2.CV_32F, window)
    square = cv2.sqrBoxFilter(grey, cv2.CV_32F, window)
    return np.asarray((STABLE + 2.0 * np.maximum(square - mean * mean, 0.0)) ** -STRUCTURE, np.float32)


def _relative_weights(pictures: Iterable[NDArray[np.uint8]]) -> NDArray[np.float16]:
    """`structure_weight` of every picture against that of a flat one, which float16 holds: (n, S, S) in (0, 1]."""
    flat = STABLE**-STRUCTURE
    return np.stack([(structure_weight(rgb) / flat).astype(np.float16) for rgb in pictures])


class PixelSampler:
    """Draws pixels: some anywhere, more on the person, most on mouth and eyes."""

    def __init__(self, data: TrainingSet, features: NDArray[np.float32], seed: int = 0) -> None:
        """Prepares to draw.

        Args:
            data: what to draw from.
            features: float32 (3, 3), canonical positions of mouth and eyes.
            seed: of the drawing.
        """
        self._data = data
        self._features = features
        self._random = np.random.default_rng(seed)
        self._size = data.rgb.shape[1]
        self._studied = data.studied
        often = np.exp(RECENCY * np.linspace(-1.0, 0.0, len(self._studied)))
        self._often = often / often.sum()
        self._weight = _relative_weights(data.rgb[t] for t in self._studied)

    def reseed(self, seed: int) -> None:
        """Draws as a sampler with this seed would from now on."""
        self._random = np.random.default_rng(seed)

    def draw(self) -> PixelBatch:
        """One step's pixels."""
        count = min(FRAMES_PER_STEP, len(self._studied))
        chosen = self._random.choice(len(self._studied), count, replace=False, p=self._often)
        frames = self._studied[chosen]
        cells = self._cells(frames)
        frame = np.repeat(np.arange(count, dtype=np.int32), RAYS_PER_FRAME)
        pixels = ((cells + 0.5) * (REFERENCE_SIZE / self._size)).astype(np.float32)
        (x, y), (column, row) = pixels.astype(np.int64).T, cells.T
        source = frames[frame]
        known = self._data.trimap[source, y, x]
        weight = self._weight[chosen[frame], row, column].astype(np.float32)
        return PixelBatch(
            frames=frames,
            frame=frame,
            pixels=pixels,
            rgb=self._data.rgb[source, row, column].astype(np.float32) / 255.0,
            mask=(known == 255).astype(np.float32),
            sure=(known != UNSURE).astype(np.float32),
            plate=self._data.plates[self._data.shot[source], y, x],
            weight=weight / weight.mean(),
        )

    def _cells(self, frames: NDArray[np.int64]) -> NDArray[np.int64]:
        """Columns and rows of the pictures' own pixels, `RAYS_PER_FRAME` of each frame in turn: int64 (n, 2)."""
        anywhere, person = round(RAYS_PER_FRAME * ANYWHERE), round(RAYS_PER_FRAME * PERSON)
        everywhere = self._random.integers(0, self._size, (len(frames), anywhere, 2))
        near = self._boxes(frames, RAYS_PER_FRAME - anywhere - person)
        return np.concatenate([everywhere, self._on_person(frames, person), near], 1).reshape(-1, 2)

    def _on_person(self, frames: NDArray[np.int64], count: int) -> NDArray[np.int64]:
        """The first tries that hit the person, int64 (F, count, 2); others where too few do."""
        tries = self._random.integers(0, self._size, (len(frames), TRIES * count, 2))
        x, y = np.moveaxis(tries * REFERENCE_SIZE // self._size, 2, 0)
        beside = self._data.trimap[frames[:, None], y, x] == 0
        first = np.argsort(beside, axis=1, kind="stable")[:, :count]
        return np.take_along_axis(tries, first[:, :, None], 1)

    def _boxes(self, frames: NDArray[np.int64], count: int) -> NDArray[np.int64]:
        """Cells in the boxes of mouth and eyes, int64 (F, count, 2)."""
        pose = self._data.pose[frames, None]
        scale = np.exp(pose[:, :, 5:])
        centre = (self._features @ self._data.rotation[frames])[:, :, :2] * scale + pose[:, :, 3:5]
        which = self._random.choice(3, (len(frames), count), p=[0.5, 0.25, 0.25])
        half = np.array([MOUTH_BOX, EYE_BOX, EYE_BOX])[which] * scale
        spread = self._random.uniform(-1.0, 1.0, half.shape)
        cells = (np.take_along_axis(centre, which[:, :, None], 1) + half * spread) * (self._size / REFERENCE_SIZE)
        return np.clip(cells, 0, self._size - 1).astype(np.int64)
