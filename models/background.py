"""The picture behind the person: learned at enrolment, renewed in a call when the framing changes.

The backdrop hardly moves, but the framing does: a plate renewed after a cut lifted the prototype's background
from 28 to 41 dB. A renewed plate costs 1 to 2 kB, so it is sent only when it pays.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.clip import evenly

MOST_PICTURES = 80
"""A median of more pictures is no better and takes 15 MB and 10 ms each."""

_PERSON = 25  # of 255: a pixel that is a tenth person already shows hair
_MARGIN_PX = 4
_SOFTENED_PX = 3.0  # rays of copied colour are wider than this
_SEEN_SHARE, _SEEN_LEAST = 0.03, 2
"""A pixel is known when it showed background in so many of the pictures."""
_ABSENT = np.int16(999)  # sorts behind every grey level


def background_mask(person: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell which pixels surely show background, bool (256, 256), for a person's mask uint8 (256, 256)."""
    size = 2 * _MARGIN_PX + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return np.asarray(cv2.dilate(person, kernel) < _PERSON, np.bool_)


def masked_median(
    frames: Sequence[NDArray[np.uint8]], shown: Sequence[NDArray[np.bool_]]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the median of the pixels that are shown, uint8 (H, W, 3), 0 where none is, and how many were (H, W)."""
    visible = np.stack(shown)
    stack = np.where(visible[..., None], np.stack(frames), _ABSENT).astype(np.int16)
    stack.sort(axis=0)
    count = visible.sum(0)
    middle = np.maximum(count - 1, 0) // 2
    low = np.take_along_axis(stack, middle[None, :, :, None], 0)[0]
    high = np.take_along_axis(stack, (np.minimum(count // 2, len(visible) - 1))[None, :, :, None], 0)[0]
    median = (low + high + 1) // 2
    return np.where(count[..., None] > 0, median, 0).astype(np.uint8), count


def fill_smoothly(values: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Continue values (H, W, C) into the holes of `known` (H, W) by a pyramid: pull the known down, push it up."""
    levels = [(values * known[..., None], known.astype(np.float32))]
    while min(levels[-1][1].shape) > 1:
        size = tuple(max(1, side // 2) for side in levels[-1][1].shape[::-1])
        levels.append(tuple(cv2.resize(part, size, interpolation=cv2.INTER_AREA) for part in levels[-1]))  # type: ignore[arg-type]
    total, mass = levels[-1]
    filled = total.reshape(*mass.shape, -1) / np.maximum(mass[..., None], 1e-6)
    for total, mass in reversed(levels[:-1]):
        coarse = cv2.resize(filled, mass.shape[::-1], interpolation=cv2.INTER_LINEAR).reshape(*mass.shape, -1)
        floor = np.float32(1e-3)  # a whisper of the coarser level, so that thinly known cells do not flicker
        filled = (total.reshape(*mass.shape, -1) + floor * coarse) / (mass[..., None] + floor)
    return np.where(known[..., None], values, filled).astype(np.float32)


def extend_rims(picture: NDArray[np.uint8], known: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Continue a picture (H, W, 3) into the holes of `known` (H, W): the nearest known colour, softened.

    A wall keeps its colour right up to the person, where a smooth fill would mix in the wall on the other side.
    """
    _, label = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    colour = np.zeros((int(label.max()) + 1, 3), np.uint8)
    colour[label[known]] = picture[known]
    nearest = colour[label]
    soft = cv2.GaussianBlur(nearest, (0, 0), _SOFTENED_PX)
    return np.where(known[..., None], picture, soft).astype(np.uint8)


def estimate_plate(
    frames: Sequence[NDArray[np.uint8]], masks: Sequence[NDArray[np.uint8]], before: NDArray[np.uint8] | None = None
) -> NDArray[np.uint8]:
    """Estimate the picture behind the person.

    Args:
        frames: uint8 (256, 256, 3) each, at least one.
        masks: uint8 (256, 256) each, 255 is person.
        before: a plate of the same place, uint8 (256, 256, 3), which tells what the frames never show.

    Returns:
        uint8 (256, 256, 3): median of the background pixels; holes are continued from their rims.
    """
    chosen = evenly(len(frames), MOST_PICTURES)
    plate, count = masked_median([frames[i] for i in chosen], [background_mask(masks[i]) for i in chosen])
    known = count >= max(_SEEN_LEAST, _SEEN_SHARE * len(chosen)) if len(chosen) > 1 else count > 0
    return complete_plate(plate, known, before)


def complete_plate(
    plate: NDArray[np.uint8], known: NDArray[np.bool_], before: NDArray[np.uint8] | None
) -> NDArray[np.uint8]:
    """Fill a plate's holes: from the plate before, shifted in colour to meet the rims, else smoothly from the rims."""
    if not known.any():
        return plate if before is None else before
    if before is not None and _alike(plate, before, known):
        gap = fill_smoothly(plate.astype(np.float32) - before.astype(np.float32), known)
        return np.asarray(np.clip(np.rint(before + gap), 0, 255), np.uint8)
    return extend_rims(plate, known)


_SAME_PLACE_GREY = 25.0
"""Two plates of one place differ by less than this, once their mean colours agree."""


def _alike(plate: NDArray[np.uint8], before: NDArray[np.uint8], known: NDArray[np.bool_]) -> bool:
    gap = plate[known].astype(np.float32) - before[known]
    return float(np.abs(gap - np.median(gap, axis=0)).mean()) < _SAME_PLACE_GREY


@dataclass(frozen=True, slots=True)
class _Seen:
    """One picture of the last second, at full size, with where it shows background."""

    t_ns: int
    rgb: NDArray[np.uint8]
    shown: NDArray[np.bool_]


class PlateWatcher:
    """Notices that the plate no longer tells the background, and makes a new one. Causal; time is an argument.

    A new plate is made when it would lower the picture's squared error enough to be worth its bytes, from a second of
    pictures that agree with one another.
    """

    COLLECT_NS = 1_000_000_000
    """A renewed plate is the median of this long: enough to see past noise and a moving head."""

    _EVERY_NS = 100_000_000  # ten pictures make that median
    _CHECK_NS = 500_000_000
    _GAIN = 8.0
    """Squared error, grey levels, that a renewal must take from the whole picture: 39 dB where 32 dB is usual."""
    _MOVING = 60.0
    """Squared error of the newest picture against the new plate above which the camera is still moving."""
    _JUMP = 40.0
    """Squared error between two pictures' backgrounds that starts the collection anew."""
    _SHORTEST_PAUSE_NS, _LONGEST_PAUSE_NS = 4_000_000_000, 60_000_000_000

    def __init__(self, plate: NDArray[np.uint8]) -> None:
        """Start from the identity's plate, uint8 (256, 256, 3)."""
        self._plate = plate
        self._seen: deque[_Seen] = deque()
        self._checked_ns: int | None = None
        self._renewed_ns: int | None = None
        self._pause_ns = self._SHORTEST_PAUSE_NS

    @property
    def plate(self) -> NDArray[np.uint8]:
        """The plate that holds now."""
        return self._plate

    def update(self, rgb: NDArray[np.uint8], person_mask: NDArray[np.uint8], now_ns: int) -> NDArray[np.uint8] | None:
        """Look at one picture.

        Args:
            rgb: uint8 (256, 256, 3).
            person_mask: uint8 (256, 256), 255 is person.
            now_ns: its time.

        Returns:
            A new plate, uint8 (256, 256, 3), when one pays; else None.
        """
        self._collect(rgb, person_mask, now_ns)
        if not self._seen or now_ns - self._seen[0].t_ns < self.COLLECT_NS - self._EVERY_NS:
            return None
        if self._checked_ns is not None and now_ns - self._checked_ns < self._CHECK_NS:
            return None
        if self._renewed_ns is not None and now_ns - self._renewed_ns < self._pause_ns:
            return None
        self._checked_ns = now_ns
        new = self._candidate()
        if new is None:
            return None
        self._pace(now_ns)
        self._plate = new
        return new

    def _collect(self, rgb: NDArray[np.uint8], mask: NDArray[np.uint8], now_ns: int) -> None:
        if self._seen and 0 <= now_ns - self._seen[-1].t_ns < self._EVERY_NS:
            return
        item = _Seen(now_ns, rgb.copy(), background_mask(mask))
        if self._seen and (now_ns < self._seen[-1].t_ns or _error(rgb, self._seen[-1].rgb, item.shown) > self._JUMP):
            self._seen.clear()
            self._checked_ns = None
        self._seen.append(item)
        while now_ns - self._seen[0].t_ns > self.COLLECT_NS:
            self._seen.popleft()

    def _candidate(self) -> NDArray[np.uint8] | None:
        last = self._seen[-1]
        now = _error(last.rgb, self._plate, last.shown)
        if now * float(last.shown.mean()) < self._GAIN:
            return None
        median, count = masked_median([item.rgb for item in self._seen], [item.shown for item in self._seen])
        known = count >= max(1, len(self._seen) // 3)
        new = complete_plate(median, known, self._plate)
        shown = last.shown & known
        left = _error(last.rgb, new, shown)
        gain = (_error(last.rgb, self._plate, shown) - left) * float(shown.mean())
        return new if gain >= self._GAIN and left < self._MOVING else None

    def _pace(self, now_ns: int) -> None:
        """Renewals in quick succession double the pause between them; calm halves it again."""
        if self._renewed_ns is not None:
            quick = now_ns - self._renewed_ns < 2 * self._pause_ns
            longer = self._pause_ns * 2 if quick else self._pause_ns // 2
            self._pause_ns = min(max(longer, self._SHORTEST_PAUSE_NS), self._LONGEST_PAUSE_NS)
        self._renewed_ns = now_ns


def _error(a: NDArray[np.uint8], b: NDArray[np.uint8], where: NDArray[np.bool_]) -> float:
    """Return the mean squared difference in grey levels of two pictures where bool (H, W) is set; 0 if nowhere."""
    if not where.any():
        return 0.0
    gap = a[where].astype(np.float32) - b[where]
    return float((gap * gap).mean())
