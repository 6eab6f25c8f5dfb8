"""How closely the sender holds its rendering against the camera's picture, by the time that it has. Pure."""

from __future__ import annotations

MOST_CARE = 4
"""Index of the last of `models.analysis.CARES`."""

ALIGN_SHARE = 0.6
"""Of a frame's time that its analysis may take; the frame after one that took more is analysed with less care, so that
a slow machine aligns every other frame rather than lose some."""

_GROWTH = 2.0
"""As many times as long as with one care less an analysis takes at most: 44, 73, 100 and 146 ms on two cores."""


def next_care(care: int, share: float) -> int:
    """Care for the next frame.

    Args:
        care: that of the last frame, 0 to `MOST_CARE`.
        share: of a frame's time, that its analysis took.
    """
    if care == 0:
        return 1
    if share >= ALIGN_SHARE:
        return care - 1
    return care + 1 if care < MOST_CARE and share * _GROWTH < ALIGN_SHARE else care
