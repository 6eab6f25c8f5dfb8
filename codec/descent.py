"""Rounding by what the picture shows: residuals move where that buys error for bits. The format knows nothing of it.

Each residual for itself rounds to what is nearest, as if every component moved a picture alike and apart from the
others. One frame's picture is another one's: some components move nothing in it, some undo each other, and where the
sender's numbers are not the best ones, one side of them is better than the other. So from those residuals on, the one
whose change gains most moves by one, until none gains: rate-distortion optimised quantisation (Ramchandran and Vetterli
1994) with the picture's own quadratic form, over all frames of a packet at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from codec.entropy import TABLES
from codec.transform import BASIS_BITS
from codec.types import Stakes

LARGEST_MOVED = 30
"""Larger residuals stay as they are; they are rare, and next to their size a step is nothing."""

MOST_MOVES = 1000
"""Seven times what a packet of five frames took at most on four clips, so that a sender's time is bounded."""

_BITS = np.array(
    [[table.bits(k) for k in range(-LARGEST_MOVED - 1, LARGEST_MOVED + 2)] for table in TABLES], np.float64
)


def descend(
    residuals: NDArray[np.int64],
    levels: NDArray[np.int64],
    basis: NDArray[np.int64],
    scale: float,
    off: NDArray[np.float64],
    stakes: Sequence[Stakes],
) -> NDArray[np.int64]:
    """Residuals that cost less in the picture's error and in bits together.

    Args:
        residuals: int64 (n, N), of a packet of n frames, temporal order by component.
        levels: int64 (n, N), the classes they are coded with.
        basis: int64 (N, n, n), temporal functions.
        scale: the packet's step, in personal steps.
        off: float64 (n, N), by how many personal steps these residuals leave each frame's components off.
        stakes: of the n frames.

    Returns:
        int64 (n, N).
    """
    leading = len(stakes[0].slope)
    curvature = np.stack([frame.curvature for frame in stakes]).astype(np.float64)
    slope = np.stack([frame.slope for frame in stakes]).astype(np.float64)
    worth = stakes[0].bit_worth * scale * scale
    moves = basis[:leading].astype(np.float64) * (scale / (1 << BASIS_BITS))
    # Half the derivative of the error by each frame's components, then by each residual; and its own curvature.
    pull = np.einsum("tij,tj->ti", curvature, off[:, :leading]) + slope
    by_residual = np.einsum("iot,ti->oi", moves, pull)
    own = np.einsum("iot,tii->oi", moves**2, curvature)
    chosen = residuals.copy()
    rates = worth * _BITS[levels[:, :leading]]
    place = chosen[:, :leading] + LARGEST_MOVED + 1
    movable = np.abs(chosen[:, :leading]) <= LARGEST_MOVED
    place = np.where(movable, place, 1)
    never = np.where(movable, 0.0, np.inf)

    def bits(offset: int) -> NDArray[np.float64]:
        return np.take_along_axis(rates, place[..., None] + offset, 2)[..., 0]

    up, down = bits(1) - bits(0) + never, bits(-1) - bits(0) + never
    for _ in range(MOST_MOVES):
        gains = np.stack([own + 2.0 * by_residual + up, own - 2.0 * by_residual + down])
        best = int(gains.argmin())
        side, order, index = np.unravel_index(best, gains.shape)
        if gains.flat[best] >= 0.0:
            break
        by = 1 if side == 0 else -1
        chosen[order, index] += by
        shift = by * moves[index, order]
        by_residual += np.einsum("iot,ti->oi", moves, shift[:, None] * curvature[:, :, index])
        _price(order, index, chosen, rates, up, down)
    return chosen


def _price(
    order: np.intp,
    index: np.intp,
    chosen: NDArray[np.int64],
    rates: NDArray[np.float64],
    up: NDArray[np.float64],
    down: NDArray[np.float64],
) -> None:
    """What one more and one less of a residual that has moved cost now."""
    at, row = int(chosen[order, index]) + LARGEST_MOVED + 1, rates[order, index]
    inside = abs(int(chosen[order, index])) <= LARGEST_MOVED
    up[order, index] = row[at + 1] - row[at] if inside else np.inf
    down[order, index] = row[at - 1] - row[at] if inside else np.inf
