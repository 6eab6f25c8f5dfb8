"""A progress bar on standard error, with the time left, for anything that takes longer than a moment."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

QUIET_S = 2.0
"""Work that ends before this shows nothing."""

BAR_WIDTH = 24


def format_duration(seconds: float) -> str:
    """`75.2` as `1:15`."""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def describe(label: str, fraction: float, elapsed_s: float, left_s: float | None = None) -> str:
    """One line of progress.

    Args:
        label: what is being done.
        fraction: how much of it is, 0 to 1.
        elapsed_s: how long it took so far.
        left_s: time left where the worker knows better than a straight line does.
    """
    fraction = min(1.0, max(0.0, fraction))
    filled = round(fraction * BAR_WIDTH)
    if left_s is None and fraction > 0.01:
        left_s = elapsed_s * (1 - fraction) / fraction
    left = "" if left_s is None else f", {format_duration(left_s)} left"
    return f"{label}  [{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {fraction:4.0%}{left}"


class ProgressBar:
    """Draws in place on a terminal, and a line now and then into a log.

    Args:
        label: what is being done.
        stream: where to; standard error when not given.
    """

    def __init__(self, label: str, stream: TextIO | None = None) -> None:
        self.label = label
        self._stream = stream or sys.stderr
        self._in_place = self._stream.isatty()
        self._interval_s = 0.2 if self._in_place else 10.0
        self._started_s = time.monotonic()
        self._shown_s = self._started_s + QUIET_S - self._interval_s
        self._drawn = 0

    def update(self, fraction: float, left_s: float | None = None, note: str = "") -> None:
        """Shows how far the work is, unless the last line is still fresh.

        Args:
            fraction: 0 to 1.
            left_s: time left where the caller knows better.
            note: a few words behind the figures.
        """
        now_s = time.monotonic()
        if now_s - self._shown_s < self._interval_s:
            return
        self._shown_s = now_s
        line = describe(self.label, fraction, now_s - self._started_s, left_s) + (f"  {note}" if note else "")
        if self._in_place:
            self._stream.write("\r" + line.ljust(self._drawn))
            self._drawn = len(line)
        else:
            self._stream.write(line + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Clears the line."""
        if self._drawn:
            self._stream.write("\r" + " " * self._drawn + "\r")
            self._stream.flush()
            self._drawn = 0


@contextmanager
def show_progress(label: str) -> Iterator[ProgressBar]:
    """Shows a bar for as long as the block takes."""
    bar = ProgressBar(label)
    try:
        yield bar
    finally:
        bar.close()
