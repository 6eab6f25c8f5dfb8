"""Where the head may be: a shell around the mean face, carved by the masks and by what density turned out to be."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from models.field.head import HeadField
from models.field.march import BAKED_SHAPE, OCCUPANCY_SHAPE, STEP
from models.field.space import BOX_HIGH, BOX_LOW, CUT_Y

DECAY = 0.7
"""Occupancy decays fast, or samples per ray never fall."""

OPAQUE_STEP = 0.02
"""Optical depth of one step above which a cell is kept."""

FIRST_DEPTH, LEAST_DEPTH = 0.3, 1e-3
"""Optical depth of a step that cells start with (the untrained field's), and that kept neighbours count with."""

REFRESHED = 40_000
SHELL_FRONT, SHELL_BACK = 0.25, 0.4
"""The shell reaches this far before and behind the mean face, in canonical units, and widens with the distance from
the face, where nothing is known of the depth."""

OUTSIDE_SLOPE = 0.8
"""Depth gained per unit of distance beyond the face: about the curve of a head."""

CARVE_SHARE = 0.9
"""A cell that falls off the person in more than a tenth of the frames is carved away."""


def cell_centres(shape: tuple[int, int, int]) -> NDArray[np.float32]:
    """Canonical positions of cell centres: float32 (nx, ny, nz, 3)."""
    axes = [
        low + (np.arange(n) + 0.5) * (high - low) / n for n, low, high in zip(shape, BOX_LOW, BOX_HIGH, strict=True)
    ]
    return np.stack(np.meshgrid(*axes, indexing="ij"), -1).astype(np.float32)


def face_shell(mean: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Cells near the mean face's surface or its continuation: uint8 `OCCUPANCY_SHAPE`.

    Args:
        mean: float32 (V, 3), canonical mean face.
    """
    centres = cell_centres(OCCUPANCY_SHAPE)
    plane = centres[:, :, 0, :2].reshape(-1, 2)
    square = ((plane[:, None] - mean[None, :, :2]) ** 2).sum(2)
    distance = np.sqrt(square.min(1))
    weight = np.exp(-(square - square.min(1, keepdims=True)) / (2.0 * 0.12**2))
    surface = (weight @ mean[:, 2]) / weight.sum(1) + OUTSIDE_SLOPE * distance
    nx, ny, _ = OCCUPANCY_SHAPE
    surface, distance = surface.reshape(nx, ny, 1), distance.reshape(nx, ny, 1)
    depth = centres[..., 2] - surface
    shell = (depth > -SHELL_FRONT - 0.3 * distance) & (depth < SHELL_BACK + 0.4 * distance)
    shell &= centres[..., 1] < CUT_Y
    return shell.astype(np.uint8)


def carve(
    shell: NDArray[np.uint8],
    masks: NDArray[np.uint8],
    rotation: NDArray[np.float32],
    translation: NDArray[np.float32],
) -> NDArray[np.uint8]:
    """Removes cells that the person's outline excludes (their visual hull).

    Args:
        shell: uint8 `OCCUPANCY_SHAPE`.
        masks: uint8 (F, 256, 256) of a few frames.
        rotation: float32 (F, 3, 3).
        translation: float32 (F, 3).
    """
    where = np.argwhere(shell)
    points = cell_centres(OCCUPANCY_SHAPE)[tuple(where.T)]
    inside = np.zeros(len(points))
    for mask, turn, move in zip(masks, rotation, translation, strict=True):
        pixel = (points @ turn)[:, :2] * np.exp(move[2]) + move[:2]
        cell = np.round(pixel).astype(np.int64)
        seen = ((cell >= 0) & (cell < 256)).all(1)
        column, row = np.clip(cell, 0, 255).T
        reach = 6
        grown = np.zeros(len(points), bool)
        for dx, dy in ((0, 0), (-reach, 0), (reach, 0), (0, -reach), (0, reach)):
            grown |= mask[np.clip(row + dy, 0, 255), np.clip(column + dx, 0, 255)] > 64
        inside += grown | ~seen
    carved = np.zeros_like(shell)
    carved[tuple(where[inside >= CARVE_SHARE * len(masks)].T)] = 1
    return carved


class Occupancy:
    """The grid that guides sampling while density is learned."""

    def __init__(self, allowed: NDArray[np.uint8], seed: int = 0) -> None:
        self._allowed = allowed.astype(bool)
        self._most = np.where(self._allowed, FIRST_DEPTH, 0.0).astype(np.float32)
        self._centres = cell_centres(OCCUPANCY_SHAPE)
        self._cells = np.argwhere(self._allowed)
        self._random = np.random.default_rng(seed)
        self.grid = self._most.copy()

    def state(self) -> dict[str, NDArray[np.float32]]:
        """What refreshing changes."""
        return {"most": self._most, "grid": self.grid}

    def restore(self, state: Mapping[str, NDArray[np.float32]]) -> None:
        """Takes what `state` gave; ValueError where its shape is another."""
        self._most[...] = state["most"]
        self.grid = np.broadcast_to(state["grid"], self.grid.shape).astype(np.float32)

    @torch.no_grad()
    def refresh(self, head: HeadField) -> None:
        """Looks again at random cells; cells that stayed thin are skipped from then on."""
        count = min(REFRESHED, len(self._cells))
        chosen = tuple(self._cells[self._random.integers(0, len(self._cells), count)].T)
        points = self._centres[chosen] + self._random.uniform(-0.03, 0.03, (count, 3)).astype(np.float32)
        device = head.first.weight.device
        sigma = head.density(head.encode(torch.from_numpy(points.astype(np.float32)).to(device))).cpu().numpy()
        np.multiply(self._most, DECAY, out=self._most, where=_touched(chosen, self._most.shape))
        np.maximum.at(self._most, chosen, sigma * STEP)
        kept = self._most > OPAQUE_STEP
        self.grid = np.where(_dilated(kept) & self._allowed, np.maximum(self._most, LEAST_DEPTH), 0.0).astype(
            np.float32
        )

    @torch.no_grad()
    def bake(self, head: HeadField) -> NDArray[np.float32]:
        """Density at the centres of a fine grid, zero where the occupancy is not set: float32 `BAKED_SHAPE`."""
        centres = cell_centres(BAKED_SHAPE)
        ratio = np.array(OCCUPANCY_SHAPE) / np.array(BAKED_SHAPE)
        index = [((np.arange(n) + 0.5) * r).astype(np.int64) for n, r in zip(BAKED_SHAPE, ratio, strict=True)]
        where = np.argwhere(self.grid[np.ix_(*index)] > 0.0)
        baked = np.zeros(BAKED_SHAPE, np.float32)
        device = head.first.weight.device
        for part in np.array_split(where, max(1, len(where) // 65536)):
            points = torch.from_numpy(centres[tuple(part.T)]).to(device)
            baked[tuple(part.T)] = head.density(head.encode(points)).cpu().numpy()
        baked[baked * STEP < OPAQUE_STEP / 4] = 0.0
        return baked


def _touched(chosen: tuple[NDArray[np.int64], ...], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    touched = np.zeros(shape, bool)
    touched[chosen] = True
    return touched


def _dilated(kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
    grown = kept.copy()
    for axis in range(3):
        rolled = np.swapaxes(grown, 0, axis)
        wider = rolled.copy()
        wider[1:] |= rolled[:-1]
        wider[:-1] |= rolled[1:]
        grown = np.swapaxes(wider, 0, axis)
    return grown
