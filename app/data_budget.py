"""How much data calls take in a month. Pure: what is measured or chosen comes in as an argument."""

from __future__ import annotations

from dataclasses import dataclass

DAYS = 30

FACE_KBPS = 59.0
"""Both directions of a call in avatar mode while one of two people talks, with packet headers and sound, on a link that
has room: 44 and 15 kbit/s (docs/wire.md); a narrow one takes 38."""

VIDEO_FROM_KBPS = 87
"""A call under a lower limit shows the avatar, or sends nothing but sound: `app.call.video_plan` has the parts of it,
and loads the network, which the page that tells of it must not wait for."""

VIDEO_KBPS = 2 * 827.0
"""Both directions of a call that shows H.265 at its highest rate, 800 kbit/s with packet headers, and sound."""


@dataclass(frozen=True, slots=True)
class MonthlyData:
    """What a month of calls takes, both directions, in millions of bytes.

    Attributes:
        avatar: when both ends show avatars.
        video: when both ends show H.265, within the limit.
    """

    avatar: float
    video: float


def megabytes(kbps: float, hours: float) -> float:
    """Millions of bytes that so many kbit/s make in so many hours."""
    return kbps * 1000 / 8 * hours * 3600 / 1e6


def monthly_data(hours_per_day: float, most_kbps: int) -> MonthlyData:
    """Estimates a month of calls.

    Args:
        hours_per_day: of calls, 0 to 24.
        most_kbps: this end's limit on what it sends, kbit/s; 0 for none. The other end is taken to have the same.

    Raises:
        ValueError: a day has no such number of hours.
    """
    if not 0 <= hours_per_day <= 24:
        raise ValueError(f"{hours_per_day:g} hours are no part of a day")
    hours = DAYS * hours_per_day
    most = 2.0 * most_kbps if most_kbps else float("inf")
    return MonthlyData(megabytes(min(FACE_KBPS, most), hours), megabytes(min(VIDEO_KBPS, most), hours))
