"""How closely the sender holds its rendering against the camera's picture, by the time that it has. Pure."""

from __future__ import annotations

MOST_STEPS = 2
"""Steps of alignment for one frame: the second is worth 0.08 dB, a third nothing."""

ALIGN_SHARE = 0.6
"""Of a frame's time that its analysis may take; the frame after one that took more is aligned in one step less, so that
a slow machine aligns every other frame rather than lose some."""

_TWICE_SHARE = ALIGN_SHARE / 2
"""A second step takes as long as all of the analysis with one, at most."""


def next_steps(steps: int, share: float) -> int:
    """Steps of alignment for the next frame.

    Args:
        steps: those of the last frame, 0 to `MOST_STEPS`.
        share: of a frame's time, that its analysis took.
    """
    if steps == 0:
        return 1
    if share >= ALIGN_SHARE:
        return steps - 1
    return MOST_STEPS if share < _TWICE_SHARE else steps
