"""How finely a frame's numbers are worth coding: by the error that its rendering has anyway.

Enrolment makes the quantiser's steps for the error that it expects of unseen frames. Grimaces, another lamp or a bad
camera make it larger, and then finer numbers are bits that nobody sees. So the sender, which sees the error of every
frame that it aligns, stretches the steps with it. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

EXPECTED = "expected_error"
"""Name of the error that steps were made for in an identity's `meta`, squared grey levels."""

USUALLY_EXPECTED = 18.8
"""That of identities which do not tell: 35.4 dB, as studio clips of ten minutes have it."""

COARSEST = 4
"""The quality that it goes to: twice the steps lose no more than 0.3 dB where the error is four times the expected. It
never goes below 0: a picture that could use finer steps is a good one, and two qualities finer cost 2.61 kbps in the
place of 2.05 for 0.2 dB at 37 dB."""

_CAREFUL = 0.5
"""Qualities finer than the error alone would bear: on a studio clip a point of VMAF is lost before 0.3 dB are."""

_FRAMES = 25
"""Over which the error is averaged: one that comes and goes with an eyelid is not followed."""

_STAYS = 0.75
"""A quality stays until it is off by so much, for a packet that changes it takes bits for that."""


def error_of_steps(meta: Mapping[str, object]) -> float:
    """Squared error, grey levels, that the steps of an identity with this `meta` were made for."""
    told = meta.get(EXPECTED)
    if isinstance(told, int | float) and math.isfinite(told) and told > 0:
        return float(told)
    return USUALLY_EXPECTED


class Fineness:
    """Follows the error of a call's frames."""

    def __init__(self, expected: float) -> None:
        """Starts at what is expected, squared grey levels, which is quality 0."""
        self._expected = self._mean = expected
        self.quality = 0
        """Of the codec's packets: steps are stretched by 2^(quality / 4)."""

    def follow(self, error: float) -> int:
        """The quality that a frame is worth.

        Args:
            error: of its rendering, squared grey levels.
        """
        self._mean += (error - self._mean) / _FRAMES
        # Rounding adds the square of a step: twice the error bears steps longer by 2^(1/2), two qualities.
        wanted = 2 * math.log2(max(self._mean, 1e-3) / self._expected) - _CAREFUL
        if abs(wanted - self.quality) > _STAYS:
            self.quality = min(max(round(wanted), 0), COARSEST)
        return self.quality
