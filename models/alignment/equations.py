"""Gauss-Newton's normal equations of all numbers of a person: what pixels tell of them, gathered by the kernels."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from models.alignment.calibration import MOVED
from models.alignment.colour_slopes import Slopes
from models.alignment.kernels import freeform_equations, head_equations, torso_cells
from models.field.avatar import Avatar
from models.render.cpu import KERNEL_LOCK, Sight

ROBUST = 25.0
"""Grey levels at which a pixel's residual counts half: beyond it lie a hand, a highlight, hair that is not modelled."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """What the compared pixels tell of a surface that moves.

    Attributes:
        gradients: float32 (S, S, 3, 2), how much brighter the picture is a reference px to the right, and below.
        weights: float32 (S, S, 3), what each counts; one whose first weight is 0 is passed over.
        residual: float32 (S, S, 3), rendered less seen, grey levels.
    """

    gradients: NDArray[np.float32]
    weights: NDArray[np.float32]
    residual: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Equations:
    """Of a part of a code's numbers.

    Attributes:
        matrix: float64 (n, n), the squared derivatives of the picture by the numbers, summed over pixels and channels.
        side: float64 (n,), less the derivatives' products with the residual: the way to a smaller error.
        tensors: float32 (C, C, 3), structure tensors of the surface's cells.
    """

    matrix: NDArray[np.float64]
    side: NDArray[np.float64]
    tensors: NDArray[np.float32]


def robust(share: NDArray[np.float32], residual: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights (S, S, 3) of pixels that count (S, S) as far as they fit."""
    return share[..., None] / (np.float32(1.0) + residual * residual * np.float32(1.0 / ROBUST**2))


class Gatherer:
    """Gathers the equations of one person's frames."""

    def __init__(self, avatar: Avatar, threads: int | None = None) -> None:
        """Takes the avatar as it is now.

        Args:
            avatar: the person.
            threads: processor threads; all when None.
        """
        self._modes = avatar.warp_modes()
        self._free_modes = np.ascontiguousarray(np.moveaxis(avatar.freeform.modes, 0, -1))
        # A pixel shows the torso at itself plus the flow: what the flow gains, the torso moves the other way.
        self._torso_moves = np.ascontiguousarray(np.moveaxis(-avatar.flow_modes(), 0, -1))
        self._torso_alone = np.zeros((*self._torso_moves.shape[:2], 2, 0), np.float32)
        self._torso_map = avatar.torso_map
        self._threads = threads or numba.config.NUMBA_NUM_THREADS

    def gather(self, sight: Sight, slopes: Slopes, head: Pixels, torso: Pixels) -> tuple[Equations, Equations]:
        """Equations of the head, and of the torso.

        Args:
            sight: what is shown.
            slopes: of the head's colours there.
            head: what pixels tell of the head: its numbers are pose, code, bends, tints.
            torso: likewise of the torso: its numbers, then its folds.
        """
        weights = sight.weights
        scale = np.float32(np.exp(weights.translation[2]))
        with KERNEL_LOCK:
            threads = min(self._threads, numba.config.NUMBA_NUM_THREADS)
            numba.set_num_threads(threads)
            matrix, side, free, both = head_equations(
                head.gradients, head.weights, head.residual, sight.surface, weights.rotation, scale, weights.warp,
                self._modes, slopes.at_rest, slopes.near, slopes.tints, threads,
            )  # fmt: skip
            bending = freeform_equations(free, both, self._free_modes, threads)
            cells = torso_cells(torso.gradients, torso.weights, torso.residual, weights.flow, self._torso_map, threads)
            shifting = freeform_equations(cells, self._torso_alone, self._torso_moves, threads)
        whole = np.block([[matrix, bending[2]], [bending[2].T, bending[0]]])
        tints, bends = len(side), len(side) + len(bending[1])
        order = np.r_[:MOVED, tints:bends, MOVED:tints]
        return (
            Equations(whole[np.ix_(order, order)], np.concatenate([side, bending[1]])[order], free[..., :3]),
            Equations(shifting[0], shifting[1], cells[..., :3]),
        )
