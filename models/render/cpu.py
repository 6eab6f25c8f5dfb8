"""The real-time renderer: compiled kernels on every core that it was given."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from codec.identity import Identity
from codec.texture import Texture
from codec.types import REFERENCE_SIZE, FaceCode
from models.field.avatar import Avatar, FrameWeights
from models.field.hashgrid import HashGrid
from models.field.planes import plane_centres
from models.render.base import fit_plate, pixel_axes
from models.render.depth import dense_blocks, depth_ranges, pack_density
from models.render.kernels import SURFACE, render_tiles
from models.render.lattice import PLANES, lattice_shape, lattice_stride
from models.render.layers import OUTPUTS
from models.render.networks import prepare_weight
from models.render.texture import BARE, kernel_texture
from models.render.vector import FEATURES

KERNEL_LOCK = threading.Lock()
"""numba's plainest threading layer must not be entered by two threads at once."""


FARTHEST = np.array([4096.0, 4096.0, 7.0], np.float32)
"""Most that a head may be shifted, in reference px, and grown, as a log of px: codes come from strangers, and the
kernels compute addresses from them."""


@dataclass(frozen=True, slots=True)
class Sight:
    """A rendered picture and what of the person each pixel shows.

    Attributes:
        rgb: uint8 (H, W, 3).
        surface: float32 (H, W, SURFACE): coverage of the head and its canonical point at rest, the share that the
            torso's colour has in the pixel's and its torso coordinates in [0, 1]; zeros where they are not.
        weights: what the frame's code made of the fields.
    """

    rgb: NDArray[np.uint8]
    surface: NDArray[np.float32]
    weights: FrameWeights


Axes = tuple[NDArray[np.float32], NDArray[np.float32]]

NO_SURFACE = np.empty((0, 0, SURFACE), np.float32)


class CpuRenderer:
    """Renders with the compiled tile kernel."""

    name = "cpu"

    def __init__(self, avatar: Avatar, threads: int | None = None) -> None:
        """Takes the avatar's parameters as they are now.

        Args:
            avatar: whose picture to render; its density is baked.
            threads: processor threads; all when None.
        """
        if avatar.density is None:
            raise ValueError("an avatar is rendered once its density is baked")
        self._avatar = avatar.eval()
        self._plate = avatar.plate
        self._texture = BARE
        self._fitted: tuple[tuple[int, int], NDArray[np.float32]] | None = None
        self._looked: tuple[int, NDArray[np.float32]] | None = None
        self._threads = max(1, min(threads or numba.config.NUMBA_NUM_THREADS, numba.config.NUMBA_NUM_THREADS))
        self._density, self._blocks = pack_density(avatar.density), dense_blocks(avatar.density)
        self._head_grid = grid_arrays(avatar.head.grid)
        self._torso_grid = grid_arrays(avatar.torso.grid)
        self._head = _layers(avatar.head, {})
        self._plane_centres = plane_centres(self._head["gate_centre"])
        self._torso = _layers(avatar.torso, dict(zip(LAST, avatar.torso.outputs(), strict=True)))

    @classmethod
    def load(cls, identity: Identity, threads: int | None = None) -> CpuRenderer:
        """Loads an identity.

        Raises:
            ValueError: the identity does not fit this version.
        """
        return cls(Avatar.from_arrays(identity.arrays), threads)

    def set_plate(self, rgb: NDArray[np.uint8]) -> None:
        """Takes a new background; see `models.render.base.Renderer`."""
        self._plate = rgb
        self._fitted = None
        self._looked = None

    def set_texture(self, texture: Texture) -> None:
        """Takes what is added to the person's colours; see `models.render.base.Renderer`."""
        self._texture = kernel_texture(texture)

    def render(self, code: FaceCode, size: tuple[int, int]) -> NDArray[np.uint8]:
        """Renders one frame; see `models.render.base.Renderer`.

        Raises:
            ValueError: also where the code is not finite.
        """
        return self._render(self._weights(code), pixel_axes(size), self._plate_of(size), NO_SURFACE).rgb

    def render_surface(self, code: FaceCode, size: tuple[int, int]) -> Sight:
        """Renders one frame and keeps what of the person each pixel shows; takes and raises what `render` does."""
        surface = np.empty((size[1], size[0], SURFACE), np.float32)
        return self._render(self._weights(code), pixel_axes(size), self._plate_of(size), surface)

    def look(self, code: FaceCode, stride: int, coloured_as: FaceCode | None = None) -> Sight:
        """Renders every so many-th pixel of every so many-th row of the reference picture, from its first.

        Args:
            code: as for `render`.
            stride: pixels from one to the next, a divisor of 256.
            coloured_as: the code whose colours it has; its own when None.

        Returns:
            the picture, and what of the person each pixel shows.

        Raises:
            ValueError: the code is not finite.
        """
        axis = _every(stride)
        surface = np.empty((len(axis), len(axis), SURFACE), np.float32)
        return self._render(self._weights(code, coloured_as), (axis, axis), self._looked_at(stride), surface)

    def look_beside(self, sight: Sight, stride: int, right: float, below: float) -> NDArray[np.uint8]:
        """What `look` showed, as it would be if the person were moved to the left and up.

        Args:
            sight: what it showed.
            stride: as it was then.
            right, below: by how many reference px.

        Returns:
            uint8 (S, S, 3); the background stays where it is.
        """
        axis = _every(stride)
        axes = axis + np.float32(right), axis + np.float32(below)
        return self._render(sight.weights, axes, self._looked_at(stride), NO_SURFACE).rgb

    def _looked_at(self, stride: int) -> NDArray[np.float32]:
        if self._looked is None or self._looked[0] != stride:
            plate = fit_plate(self._plate, (REFERENCE_SIZE, REFERENCE_SIZE))
            self._looked = (stride, np.ascontiguousarray(plate[::stride, ::stride]))
        return self._looked[1]

    def _plate_of(self, size: tuple[int, int]) -> NDArray[np.float32]:
        if self._fitted is None or self._fitted[0] != size:
            self._fitted = (size, fit_plate(self._plate, size))
        return self._fitted[1]

    def _weights(self, code: FaceCode, coloured_as: FaceCode | None = None) -> FrameWeights:
        if not all(np.isfinite(part).all() for part in (code.z, code.pose, code.torso, code.freeform)):
            raise ValueError("cannot render a code that is not finite")
        return self._avatar.weights(code, coloured_as)

    def _render(
        self, weights: FrameWeights, axes: Axes, plate: NDArray[np.float32], surface: NDArray[np.float32]
    ) -> Sight:
        columns, rows = axes
        picture = np.empty((len(rows), len(columns), 3), np.uint8)
        translation = np.clip(weights.translation, -FARTHEST, FARTHEST)
        frame = (weights.rotation, translation, weights.warp, weights.flow)
        span = depth_ranges(weights.rotation, translation, weights.warp, self._blocks, self._density.shape)
        stride = lattice_stride(float(columns[1] - columns[0]), float(translation[2]))
        mesh = np.empty((PLANES, *lattice_shape((len(columns), len(rows)), stride)), np.float32)
        with KERNEL_LOCK:
            numba.set_num_threads(self._threads)
            render_tiles(
                columns, rows, plate, frame, (self._density, span),
                self._head_grid, self._head_layers(weights), self._torso_grid, self._torso_layers(weights),
                self._avatar.torso_map, self._texture, (mesh, stride), self._threads, picture, surface,
            )  # fmt: skip
        return Sight(picture, surface, weights)

    def _head_layers(self, weights: FrameWeights) -> tuple[NDArray[np.generic], ...]:
        w = self._head
        first = np.concatenate([w["first.prepared"], prepare_weight(weights.rows)])
        return (
            w["gate_centre"], weights.planes.reshape(-1, FEATURES), self._plane_centres, first, w["first.bias"],
            w["middle.prepared"], w["middle.bias"] + weights.second, w["last.prepared"], w["last.bias"],
        )  # fmt: skip

    def _torso_layers(self, weights: FrameWeights) -> tuple[NDArray[np.generic], ...]:
        w = self._torso
        return (
            w["first.prepared"], w["first.bias"] + weights.torso, w["middle.prepared"], w["middle.bias"],
            w["last.prepared"], w["last.bias"],
        )  # fmt: skip


def _every(stride: int) -> NDArray[np.float32]:
    """Middles of every so many-th pixel of the reference picture."""
    return np.arange(0, REFERENCE_SIZE, stride, np.float32) + np.float32(0.5)


LAST = ("last.weight", "last.bias")


def _layers(field: nn.Module, instead: dict[str, Tensor]) -> dict[str, NDArray[Any]]:
    """A field's parameters as the kernel takes them: weights (inputs, outputs), the last layer's outputs filled up.

    Args:
        field: the field.
        instead: parameters that take the place of its own of the same name.
    """
    state = {**field.state_dict(), **instead}
    arrays: dict[str, NDArray[Any]] = {name: _array(value) for name, value in state.items()}
    missing = OUTPUTS - len(arrays["last.bias"])
    arrays["last.weight"] = np.pad(arrays["last.weight"], ((0, missing), (0, 0)))
    arrays["last.bias"] = np.pad(arrays["last.bias"], (0, missing))
    for layer in ("first", "middle", "last"):
        weight = arrays[f"{layer}.weight"] = np.ascontiguousarray(arrays[f"{layer}.weight"].T)
        arrays[f"{layer}.prepared"] = prepare_weight(weight)
    return arrays


def _array(parameter: Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(parameter.detach().cpu().numpy(), np.float32)


def grid_arrays(grid: HashGrid) -> tuple[NDArray[np.generic], ...]:
    """A hash grid as the kernels take it: table, scale, resolution, offset, dense."""
    layout = grid.layout
    return _array(grid.table), layout.scale, layout.resolution, layout.offset, layout.dense
