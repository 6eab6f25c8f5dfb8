"""The renderer's stages by themselves, on what a real frame asks of each.

The renderer takes each tile through all of them before it takes the next, so no clock fits between them. Here each
stage runs over the whole picture, with the renderer's own kernels and on one thread.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from app.bench.stage_kernels import encode_head_points, encode_torso_points, march_tiles, shade_points
from codec.types import REFERENCE_SIZE, FaceCode
from models.field.avatar import TORSO_BLOCK, Avatar, FrameWeights
from models.field.conditioning import GATES
from models.field.march import FINE_STEP, OPAQUE
from models.field.planes import plane_centres
from models.field.space import TORSO_MARGIN
from models.field.torso import IN_FRONT
from models.render.base import pixel_axes
from models.render.cpu import grid_arrays
from models.render.depth import CELLS, STEEPEST, dense_blocks, depth_ranges, pack_density
from models.render.kernels import UNSEEN
from models.render.lattice import (
    BLOCK_HEIGHT,
    BLOCK_WIDTH,
    COVER_SPREAD,
    DEPTH_SPREAD,
    PLANES,
    lattice_shape,
    lattice_stride,
)
from models.render.layers import ENCODED, HIDDEN, OUTPUTS
from models.render.networks import prepare_weight
from models.render.vector import FEATURES, LANES

OPAQUE_STEPS = 2
"""Steps that a ray takes into an opaque head before it ends."""

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PreparedFrame:
    """What a code comes to before the first pixel.

    Attributes:
        weights: of the fields.
        span: float32 (2, CELLS, CELLS), nearest and farthest depth of density along the rays of each cell.
    """

    weights: FrameWeights
    span: Array


class StagedRenderer:
    """Runs each stage of one picture size by itself.

    Args:
        avatar: whose picture to render.
        side: of the square pictures, pixels.

    Raises:
        ValueError: the avatar's density is not baked, or the size is out of range.
    """

    def __init__(self, avatar: Avatar, side: int) -> None:
        if avatar.density is None:
            raise ValueError("an avatar is rendered once its density is baked")
        self._avatar = avatar.eval()
        self._density, self._blocks = pack_density(avatar.density), dense_blocks(avatar.density)
        self._head_grid, self._torso_grid = grid_arrays(avatar.head.grid), grid_arrays(avatar.torso.grid)
        self._centre = np.ascontiguousarray(avatar.head.gate_centre.cpu().numpy(), np.float32)
        self._plane_centres = plane_centres(self._centre)
        self._head_layers, self._torso_layers = _layers(ENCODED + GATES), _layers(ENCODED)
        self._side = side
        self._columns, self._rows = pixel_axes((side, side))
        self._cover = np.zeros((side, side), np.float32)
        self._points = np.zeros((3, side * side), np.float32)

    def prepare(self, code: FaceCode) -> PreparedFrame:
        """Runs the per-frame networks, bends the warp, and finds where along the rays the head can be."""
        w = self._avatar.weights(code)
        return PreparedFrame(w, depth_ranges(w.rotation, w.translation, w.warp, self._blocks, self._density.shape))

    def march(self, frame: PreparedFrame) -> Array:
        """Marches every pixel's ray through the head.

        Returns:
            float32 (3, n), canonical points of the pixels that the head covers, good until the next march.
        """
        w = frame.weights
        bent, volume = (w.rotation, w.translation, w.warp, w.flow), (self._density, frame.span)
        stride = self._stride(w)
        mesh = np.empty((PLANES, *lattice_shape((self._side, self._side), stride)), np.float32)
        count = march_tiles(self._columns, self._rows, bent, volume, (mesh, stride), self._cover, self._points)
        return self._points[:, :count]

    def torso_points(self, frame: PreparedFrame) -> Array:
        """Torso coordinates in [0, 1] of the pixels that its field is asked for after a march: float32 (2, m)."""
        u, v = np.meshgrid(self._columns, self._rows)
        cell = np.float32(REFERENCE_SIZE / frame.weights.flow.shape[0])
        half = np.float32(0.5)
        flow = cv2.remap(
            frame.weights.flow, u / cell - half, v / cell - half, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        moved = np.stack([u, v]) + np.moveaxis(np.asarray(flow, np.float32), 2, 0)
        place = ((moved + TORSO_MARGIN) / (REFERENCE_SIZE + 2 * TORSO_MARGIN)).clip(0.0, 1.0).astype(np.float32)
        column, row = np.minimum((place * TORSO_BLOCK).astype(np.int64), TORSO_BLOCK - 1)
        block = self._avatar.torso_map[row, column]
        asked = (block != 0) & ((self._cover <= UNSEEN) | (block & IN_FRONT != 0))
        return np.ascontiguousarray(place[:, asked])

    def encode(self, frame: PreparedFrame, head: Array, torso: Array) -> None:
        """Adds up the hash entries of the head's points and of the torso's."""
        planes = (frame.weights.planes.reshape(-1, FEATURES), self._plane_centres)
        encode_head_points(head, self._head_grid, self._centre, planes)
        encode_torso_points(torso, self._torso_grid)

    def shade(self, head: int, torso: int) -> None:
        """Runs the networks on so many points; what they are asked does not change the time they take."""
        shade_points(head, self._head_layers)
        shade_points(torso, self._torso_layers)

    def count_steps(self, frame: PreparedFrame, surface: Array) -> int:
        """Steps that the rays take, those included that a vector takes for its slowest ray; within some per cent.

        Args:
            frame: the prepared frame.
            surface: float32 (H, W, SURFACE), what `models.render.cpu.Sight` has.
        """
        rows, columns = ((axis * (CELLS / REFERENCE_SIZE)).astype(np.int64) for axis in (self._rows, self._columns))
        first, last = (depths[np.ix_(rows, columns)] for depths in frame.span)
        along = frame.weights.rotation[:, 2].copy()
        along[2] = max(along[2], STEEPEST)
        reached = surface[..., 1:4] @ along + OPAQUE_STEPS * FINE_STEP
        end = np.where(surface[..., 0] > 1 - OPAQUE, np.minimum(reached, last), last)
        steps = np.where(first < last, np.ceil((end - first) / FINE_STEP), 0.0).clip(0.0)
        stride = self._stride(frame.weights)
        if stride == 1:
            return _in_vectors(steps, 1, LANES)
        return _in_vectors(steps[::stride, ::stride], BLOCK_HEIGHT, BLOCK_WIDTH) + int(
            steps[_rough_pixels(surface, stride, along)].sum()
        )

    def _stride(self, weights: FrameWeights) -> int:
        """Pixels between points of the frame's lattice."""
        return lattice_stride(float(self._columns[1] - self._columns[0]), float(weights.translation[2]))


def _in_vectors(steps: Array, high: int, wide: int) -> int:
    """Steps of all lanes where blocks of so many rays go together."""
    filled = np.pad(steps, ((0, -steps.shape[0] % high), (0, -steps.shape[1] % wide)))
    blocks = filled.reshape(filled.shape[0] // high, high, -1, wide)
    return int(blocks.max((1, 3)).sum()) * high * wide


def _rough_pixels(surface: Array, stride: int, along: Array) -> NDArray[np.bool_]:
    """Which pixels the lattice leaves to be marched by themselves: bool (H, W)."""
    mesh = surface[::stride, ::stride]
    corners = np.stack([mesh[:-1, :-1], mesh[:-1, 1:], mesh[1:, :-1], mesh[1:, 1:]])
    cover, depth = corners[..., 0], corners[..., 1:4] @ along
    smooth = (cover.min(0) > 0) & (np.ptp(cover, 0) <= COVER_SPREAD) & (np.ptp(depth, 0) < DEPTH_SPREAD)
    cells = (cover.max(0) > 0) & ~smooth
    pixels = cells.repeat(stride, 0).repeat(stride, 1)
    missing = [(0, whole - part) for whole, part in zip(surface.shape[:2], pixels.shape, strict=True)]
    return np.pad(pixels, missing)


def _layers(inputs: int) -> tuple[NDArray[np.generic], ...]:
    """A network that was trained on nothing, as `models.render.networks.run_network` takes it."""
    random = np.random.default_rng(0)
    layers: list[NDArray[np.generic]] = []
    for before, after in ((inputs, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, OUTPUTS)):
        layers.append(prepare_weight((random.standard_normal((before, after)) / before**0.5).astype(np.float32)))
        layers.append(random.standard_normal(after).astype(np.float32))
    return tuple(layers)
