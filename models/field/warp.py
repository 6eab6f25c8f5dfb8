"""The warp from deformed to canonical space: one displacement grid over the face plane per frame.

The grid is rebuilt on both sides from numbers that cross the wire: the first landmark dimensions and the silhouette
dimensions of the code. A node's displacement is the Gaussian-weighted mean of the control points' offsets around their
deformed positions; beyond the face the silhouette's offsets take over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from models.field.kernels import JIT
from models.field.space import BOX_HIGH, BOX_LOW

NODES = 64
"""Grid nodes per axis: 0.07 canonical units apart, under the face's kernel width."""

FACE_SIGMA = 0.12
FACE_FLOOR = 0.5
"""Kernel width of a landmark's offset, and the weight at which it fades where no landmark is near."""

OUTLINE_SIGMA = 0.3
OUTLINE_FLOOR = 0.5
"""The same for a silhouette point; they are about 0.3 apart."""

OUTLINE_YIELD = 0.5
"""Face weight at which the silhouette's displacement is halved: the face's own offsets are the better ones."""

LANDMARK_DIMS = 16
OUTLINE_DIMS = 6


@dataclass(frozen=True, slots=True)
class WarpBasis:
    """What turns a code into control points.

    Attributes:
        mean: float32 (V, 3), canonical positions of the landmarks.
        basis: float32 (16, V, 3), their offsets per unit of the first code numbers.
        outline: float32 (40, 2), mean positions of the silhouette's points in the face plane.
        outline_basis: float32 (6, 40, 2), their offsets per unit of the code numbers after those.
    """

    mean: NDArray[np.float32]
    basis: NDArray[np.float32]
    outline: NDArray[np.float32]
    outline_basis: NDArray[np.float32]

    def displacement(self, z: NDArray[np.float32]) -> NDArray[np.float32]:
        """Displacement grid of one frame.

        Args:
            z: float32 (>= 22,), the frame's code.

        Returns:
            float32 (NODES, NODES, 3), rows along y: what to subtract from a deformed point to find it in rest.
        """
        offset = np.tensordot(z[:LANDMARK_DIMS], self.basis, 1).astype(np.float32)
        shape = z[LANDMARK_DIMS : LANDMARK_DIMS + OUTLINE_DIMS]
        outline = np.tensordot(shape, self.outline_basis, 1).astype(np.float32)
        grid = np.empty((NODES, NODES, 3), np.float32)
        _splat(self.mean + offset, offset, self.outline + outline, outline, grid)
        return grid

    def displacements(self, codes: NDArray[np.float32]) -> NDArray[np.float16]:
        """The grids of many frames: (T, >= 22) codes to float16 (T, NODES, NODES, 3)."""
        return np.stack([self.displacement(z).astype(np.float16) for z in codes])


@numba.njit(**JIT)
def _splat(points, offsets, outline, outline_offsets, grid):  # type: ignore[no-untyped-def]
    step_x = (BOX_HIGH[0] - BOX_LOW[0]) / (NODES - 1)
    step_y = (BOX_HIGH[1] - BOX_LOW[1]) / (NODES - 1)
    weight = np.zeros((NODES, NODES), np.float32)
    grid[:] = 0.0
    reach = 3.0 * FACE_SIGMA
    for v in range(points.shape[0]):
        x, y = points[v, 0], points[v, 1]
        for j in range(max(0, int((y - reach - BOX_LOW[1]) / step_y) + 1), min(NODES, int((y + reach - BOX_LOW[1]) / step_y) + 1)):
            for i in range(max(0, int((x - reach - BOX_LOW[0]) / step_x) + 1), min(NODES, int((x + reach - BOX_LOW[0]) / step_x) + 1)):
                dx = BOX_LOW[0] + i * step_x - x
                dy = BOX_LOW[1] + j * step_y - y
                w = np.exp(-(dx * dx + dy * dy) / (2.0 * FACE_SIGMA * FACE_SIGMA))
                weight[j, i] += w
                for c in range(3):
                    grid[j, i, c] += w * offsets[v, c]
    for j in range(NODES):
        for i in range(NODES):
            for c in range(3):
                grid[j, i, c] /= weight[j, i] + FACE_FLOOR
            x = BOX_LOW[0] + i * step_x
            y = BOX_LOW[1] + j * step_y
            total = 0.0
            sum_x = 0.0
            sum_y = 0.0
            for p in range(outline.shape[0]):
                dx = x - outline[p, 0]
                dy = y - outline[p, 1]
                square = (dx * dx + dy * dy) / (2.0 * OUTLINE_SIGMA * OUTLINE_SIGMA)
                if square < 8.0:
                    w = np.exp(-square)
                    total += w
                    sum_x += w * outline_offsets[p, 0]
                    sum_y += w * outline_offsets[p, 1]
            yielded = 1.0 / (1.0 + weight[j, i] / OUTLINE_YIELD) / (total + OUTLINE_FLOOR)
            grid[j, i, 0] += sum_x * yielded
            grid[j, i, 1] += sum_y * yielded
