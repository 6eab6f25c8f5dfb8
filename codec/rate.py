"""Steers the face codec's quality to a bitrate. Pure: what was spent in, the next quality out."""

from __future__ import annotations

from codec.quantise import QUALITY_MAX, QUALITY_MIN

FINEST = -4
"""Finest quality that steering chooses: half the personal steps, beyond which only tracking noise is coded."""

WINDOW_S = 2.0
"""Time over which the rate is averaged: long enough for a nod, short enough for a call."""

DEBT_S = 8.0
"""Most seconds of target rate that may be owed or saved up: a plate of 600 bytes at 1.2 kbps takes 4 to pay back."""

PATIENCE_S = 0.4
"""Shortest time between two changes of quality, each of which costs a byte and is a small visible step."""

TOLERANCE = 0.06
"""Relative error of the rate that calls for no change; one quality step moves it by 6 to 12 %."""


STEP_EFFECT = 0.92
"""What one quality step does to the rate, measured over four clips."""


class RateControl:
    """Chooses each frame's quality so that the average bitrate meets a target.

    Args:
        kbps: target payload bitrate.
        fps: frames per second.

    Raises:
        ValueError: if a rate is not positive.
    """

    def __init__(self, kbps: float, fps: float) -> None:
        if not (0 < kbps < 1e6 and 0 < fps < 1e3):
            raise ValueError(f"cannot steer to {kbps} kbps at {fps} frames/s")
        self._target = kbps * 1000 / fps
        self._fps = fps
        self._average = self._target
        self._debt = 0.0
        self._since_change = 0
        self.quality = 0

    def spend(self, bits: float) -> None:
        """Counts what is not a face packet: a plate, a message."""
        self._owe(bits)

    def update(self, bits: float) -> int:
        """Counts one frame's packet and chooses the next one's quality.

        Args:
            bits: size of the packet just coded.

        Returns:
            The quality for the next frame, -4 to 23.
        """
        self._average += (bits - self._average) / max(WINDOW_S * self._fps, 1.0)
        self._owe(bits - self._target)
        self._since_change += 1
        # Paying the debt back over its own horizon keeps the long-run average at the target.
        wanted = self._target - self._debt / (DEBT_S * self._fps)
        error = self._average / max(wanted, 0.1 * self._target)
        if self._since_change >= PATIENCE_S * self._fps and abs(error - 1) > TOLERANCE:
            step = 1 if error > 1 else -1
            self.quality = min(max(self.quality + step, max(FINEST, QUALITY_MIN)), QUALITY_MAX)
            self._since_change = 0
            # What the step will do to the rate is taken for done, or the average's delay would make it hunt.
            self._average *= STEP_EFFECT**step
        return self.quality

    def _owe(self, bits: float) -> None:
        limit = DEBT_S * self._fps * self._target
        self._debt = min(max(self._debt + bits, -limit), limit)
