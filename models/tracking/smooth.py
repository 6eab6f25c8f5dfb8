"""The one-euro filter (Casiez et al. 2012): still when the face is still, prompt when it moves. Time is an argument."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from models.tracking.arrays import Floats


def _share(cutoff_hz: NDArray[np.float64] | float, seconds: float) -> NDArray[np.float64] | float:
    """Return how much of a new value a low pass of this cutoff takes after so many seconds."""
    turn = 2.0 * math.pi * cutoff_hz * seconds
    return turn / (turn + 1.0)


class OneEuro:
    """Smooths a vector; each number has its own speed and so its own cutoff."""

    def __init__(self, still_hz: float, per_speed_hz: float, speed_hz: float = 2.0) -> None:
        """Choose how much to smooth.

        Args:
            still_hz: cutoff while nothing moves; lower is calmer.
            per_speed_hz: what one unit per second of speed adds to the cutoff; higher lags less.
            speed_hz: cutoff of the low pass on the speed itself.
        """
        self._still_hz, self._per_speed_hz, self._speed_hz = still_hz, per_speed_hz, speed_hz
        self._value: NDArray[np.float64] | None = None
        self._raw: NDArray[np.float64] | None = None
        self._speed: NDArray[np.float64] | None = None
        self._t_ns = 0

    def reset(self) -> None:
        """Forget the past: the next value passes unchanged."""
        self._value = None

    def update(self, value: Floats, t_ns: int) -> NDArray[np.float32]:
        """Return the smoothed value, float32 of the same shape, at a time in nanoseconds.

        A time that does not advance resets the filter.
        """
        seconds = (t_ns - self._t_ns) * 1e-9
        self._t_ns = t_ns
        now = np.asarray(value, np.float64)
        if self._value is None or self._raw is None or self._speed is None or seconds <= 0.0:
            self._value, self._raw, self._speed = now, now, np.zeros_like(now)
            return now.astype(np.float32)
        self._speed = self._speed + _share(self._speed_hz, seconds) * ((now - self._raw) / seconds - self._speed)
        cutoff = self._still_hz + self._per_speed_hz * np.abs(self._speed)
        self._value = self._value + _share(cutoff, seconds) * (now - self._value)
        self._raw = now
        return self._value.astype(np.float32)
