"""Frames of one packet, taken apart in time. Format: BITSTREAM.md, "Several frames".

A packet of several frames does not hold each frame's residuals, but for each dimension how much of a few temporal
functions they contain: first a drift, then what is faster. Personal functions (the Karhunen-Loeve transform of what
prediction leaves) put most of it into the first; tracking noise stays in the last ones, which round to nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST_FRAMES = 5
"""Most frames in a packet: a fifth of a second at 25 frames/s. Eight save another 1 %, and take twice the tables."""

BASIS_BITS = 14
"""Fraction bits of temporal functions."""

BASIS_ROWS = sum(count**2 for count in range(2, MOST_FRAMES + 1))
ORDER_ROWS = sum(range(2, MOST_FRAMES + 1))
"""Rows of the personal tables: packets of 2 frames first, then of 3, 4 and 5."""

GENERIC_BASIS = (
    ((8614, 13937), (13937, -8614)),
    ((5374, 9683, 12075), (12075, 5374, -9683), (9683, -12075, 5374)),
    ((3736, 7021, 9459, 10757), (9459, 9459, 0, -9459), (10757, -3736, -9459, 7021), (7021, -10757, 9459, -3736)),
    (
        (2783, 5341, 7467, 8987, 9779), (7467, 9779, 5341, -2783, -8987), (9779, 2783, -8987, -5341, 7467),
        (8987, -7467, -2783, 9779, -5341), (5341, -8987, 9779, -7467, 2783),
    ),
)  # fmt: skip
"""Temporal functions of a random walk, for 2 to 5 frames: sqrt(4 / (2n + 1)) sin((2m + 1)(j + 1) pi / (2n + 1))."""

GENERIC_GROWTH = ((711, -711), (1196, -326, -870), (1562, 0, -630, -932), (1856, 274, -399, -769, -963))
"""How much larger they come out than one frame's step, 1/1024 octaves: 512 log2(1 / (2 - 2 cos))."""


def generic_basis(size: int) -> NDArray[np.int16]:
    """The random walk's functions for every dimension, int16 (54, N)."""
    flat = [value for basis in GENERIC_BASIS for row in basis for value in row]
    return np.tile(np.asarray(flat, np.int16)[:, None], (1, size))


def generic_order_scale(scale: NDArray[np.int16]) -> NDArray[np.int16]:
    """Scales of temporal orders, int16 (14, N), from those of single frames (N,)."""
    growth = np.asarray([value for row in GENERIC_GROWTH for value in row])
    return np.clip(growth[:, None] + scale, -(1 << 15) + 1, (1 << 15) - 1).astype(np.int16)


def split_basis(rows: NDArray[np.int16]) -> tuple[NDArray[np.int64], ...]:
    """Stored functions (54, N) as int64 (N, n, n) for n = 1 to 5; that of a single frame is 1."""
    size = rows.shape[1]
    parts = [np.full((size, 1, 1), 1 << BASIS_BITS, np.int64)]
    start = 0
    for count in range(2, MOST_FRAMES + 1):
        part = rows[start : start + count**2].astype(np.int64)
        parts.append(np.ascontiguousarray(np.moveaxis(part.reshape(count, count, size), 2, 0)))
        start += count**2
    return tuple(parts)


def split_order_scale(rows: NDArray[np.int16], single: NDArray[np.int16]) -> tuple[NDArray[np.int64], ...]:
    """Stored scales (14, N) as int64 (n, N) for n = 1 to 5; ``single`` (N,) are those of single frames."""
    parts = [single.astype(np.int64)[None]]
    start = 0
    for count in range(2, MOST_FRAMES + 1):
        parts.append(rows[start : start + count].astype(np.int64))
        start += count
    return tuple(parts)


def analyse(basis: NDArray[np.int64], differences: NDArray[np.int64]) -> NDArray[np.int64]:
    """What frames contain of each temporal function; the encoder's half, which no bit of the format depends on.

    Args:
        basis: int64 (N, n, n), functions in rows.
        differences: int64 (n, N), wanted minus expected numbers, fixed point.

    Returns:
        int64 (n, N), fixed point.
    """
    return np.asarray(np.einsum("imj,ji->mi", basis, differences)) >> BASIS_BITS


def synthesise(basis: NDArray[np.int64], residuals: NDArray[np.int64], scale: int) -> NDArray[np.int64]:
    """The frames that residuals stand for.

    Args:
        basis: int64 (N, n, n).
        residuals: int64 (n, N), in steps.
        scale: the step in fixed-point units.

    Returns:
        int64 (n, N), what to add to the expected numbers.
    """
    total = np.asarray(np.einsum("imj,mi->ji", basis, residuals))
    return (total * scale + (1 << (BASIS_BITS - 1))) >> BASIS_BITS
