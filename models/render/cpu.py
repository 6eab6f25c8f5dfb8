"""The real-time renderer: compiled kernels on every core that it was given."""

from __future__ import annotations

import threading

import numba
import numpy as np
from numpy.typing import NDArray
from torch import nn

from codec.identity import Identity
from codec.types import FaceCode
from models.field.avatar import Avatar, FrameWeights
from models.field.hashgrid import HashGrid
from models.render.base import fit_plate, pixel_axes
from models.render.depth import dense_blocks, depth_ranges
from models.render.kernels import TILE_WIDTH, render_tiles
from models.render.layers import OUTPUTS

_KERNEL = threading.Lock()
"""numba's plainest threading layer must not be entered by two threads at once."""


FARTHEST = np.array([4096.0, 4096.0, 7.0], np.float32)
"""Most that a head may be shifted, in reference px, and grown, as a log of px: codes come from strangers, and the
kernels compute addresses from them."""


class CpuRenderer:
    """Renders with the compiled tile kernel."""

    name = "cpu"

    def __init__(self, identity: Identity, threads: int | None = None) -> None:
        """Loads an identity.

        Args:
            identity: whose picture to render.
            threads: processor threads; all when None.

        Raises:
            ValueError: the identity does not fit this version.
        """
        self._avatar = Avatar.from_arrays(identity.arrays).eval()
        self._plate = self._avatar.plate
        self._fitted: tuple[tuple[int, int], NDArray[np.float32]] | None = None
        self._threads = max(1, min(threads or numba.config.NUMBA_NUM_THREADS, numba.config.NUMBA_NUM_THREADS))
        density = self._avatar.density
        assert density is not None
        self._density, self._blocks = density, dense_blocks(density)
        self._head_grid = _grid(self._avatar.head.grid)
        self._torso_grid = _grid(self._avatar.torso.grid)
        self._head = _layers(self._avatar.head)
        self._torso = _layers(self._avatar.torso)

    def set_plate(self, rgb: NDArray[np.uint8]) -> None:
        """Takes a new background; see `models.render.base.Renderer`."""
        self._plate = rgb
        self._fitted = None

    def render(self, code: FaceCode, size: tuple[int, int]) -> NDArray[np.uint8]:
        """Renders one frame; see `models.render.base.Renderer`.

        Raises:
            ValueError: also where the code is not finite.
        """
        columns, rows = pixel_axes(size)
        if not all(np.isfinite(part).all() for part in (code.z, code.pose, code.torso)):
            raise ValueError("cannot render a code that is not finite")
        columns = np.pad(columns, (0, -len(columns) % TILE_WIDTH), mode="edge")[None]
        if self._fitted is None or self._fitted[0] != size:
            self._fitted = (size, fit_plate(self._plate, size))
        weights = self._avatar.weights(code)
        picture = np.empty((size[1], size[0], 3), np.uint8)
        translation = np.clip(weights.translation, -FARTHEST, FARTHEST)
        frame = (weights.rotation, translation, weights.warp, weights.flow)
        span = depth_ranges(weights.rotation, translation, weights.warp, self._blocks, self._density.shape)
        with _KERNEL:
            numba.set_num_threads(self._threads)
            render_tiles(
                columns, rows, self._fitted[1], frame, (self._density, span),
                self._head_grid, self._head_layers(weights), self._torso_grid, self._torso_layers(weights),
                self._avatar.torso_map, self._threads, picture,
            )  # fmt: skip
        return picture

    def _head_layers(self, weights: FrameWeights) -> tuple[NDArray[np.float32], ...]:
        w = self._head
        first = np.concatenate([w["first.weight"], weights.rows])
        return (
            w["gate_centre"], first, w["first.bias"], w["middle.weight"], w["middle.bias"] + weights.second,
            w["last.weight"], w["last.bias"],
        )  # fmt: skip

    def _torso_layers(self, weights: FrameWeights) -> tuple[NDArray[np.float32], ...]:
        w = self._torso
        return (
            w["first.weight"], w["first.bias"] + weights.torso, w["middle.weight"], w["middle.bias"],
            w["last.weight"], w["last.bias"],
        )  # fmt: skip


def _layers(field: nn.Module) -> dict[str, NDArray[np.float32]]:
    """A field's parameters as the kernel takes them: weights (inputs, outputs), the last layer's outputs filled up."""
    arrays = {name: _array(value) for name, value in field.state_dict().items()}
    for name in arrays:
        if name.endswith(".weight"):
            arrays[name] = np.ascontiguousarray(arrays[name].T)
    missing = OUTPUTS - len(arrays["last.bias"])
    arrays["last.weight"] = np.pad(arrays["last.weight"], ((0, 0), (0, missing)))
    arrays["last.bias"] = np.pad(arrays["last.bias"], (0, missing))
    return arrays


def _array(parameter: object) -> NDArray[np.float32]:
    return np.ascontiguousarray(parameter, np.float32)


def _grid(grid: HashGrid) -> tuple[NDArray[np.generic], ...]:
    layout = grid.layout
    return _array(grid.table.detach().numpy()), layout.scale, layout.resolution, layout.offset, layout.dense
