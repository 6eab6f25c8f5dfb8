"""Writes the three pictures of a call side by side into an MP4, without a display and without Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from app.call.comparison import Comparator, Comparison
from app.call.mp4 import open_mp4
from app.call.shown import ShownFrame

PANEL = 400
MARGIN = 24
HEADER = 72
FOOTER = 88
WIDTH = 3 * PANEL + 4 * MARGIN
HEIGHT = HEADER + PANEL + FOOTER

BACKGROUND = (16, 18, 22)
EMPTY = (28, 31, 38)
TEXT = (232, 234, 237)
MUTED = (139, 147, 161)
MODE_COLOURS = {"face": (76, 195, 138), "h265": (240, 168, 58), "audio_only": (139, 147, 161)}
MODE_NAMES = {"face": "Face stream", "h265": "H.265", "audio_only": "Sound only"}

CAPTION_NS = 200_000_000
"""Captions change five times a second: a figure that flickers at the frame rate cannot be read."""


class Canvas:
    """Draws comparisons on one dark sheet."""

    def __init__(self) -> None:
        self._fonts = {size: ImageFont.load_default(size) for size in (15, 18, 26)}
        self._sheet = np.full((HEIGHT, WIDTH, 3), BACKGROUND, np.uint8)
        self._captioned_ns: int | None = None

    def draw(self, comparison: Comparison) -> NDArray[np.uint8]:
        """The sheet, uint8 (HEIGHT, WIDTH, 3); it is reused, so copy it to keep it."""
        now_ns = comparison.shown.t_shown_ns
        if self._captioned_ns is None or now_ns - self._captioned_ns >= CAPTION_NS:
            self._captioned_ns = now_ns
            self._write(comparison)
        for index, rgb in enumerate((comparison.original, comparison.shown.rgb, comparison.h265)):
            left = MARGIN + index * (PANEL + MARGIN)
            self._sheet[HEADER : HEADER + PANEL, left : left + PANEL] = EMPTY if rgb is None else fit_square(rgb, PANEL)
        return self._sheet

    def _write(self, comparison: Comparison) -> None:
        page = Image.new("RGB", (WIDTH, HEIGHT), BACKGROUND)
        draw = ImageDraw.Draw(page)
        shown, stats = comparison.shown, comparison.shown.stats
        colour = MODE_COLOURS[shown.mode]
        draw.ellipse((MARGIN, 29, MARGIN + 12, 41), fill=colour)
        name = MODE_NAMES[shown.mode]
        draw.text((MARGIN + 22, 35), name, fill=colour, font=self._fonts[26], anchor="lm")
        width = draw.textlength(name, font=self._fonts[26])
        draw.text((MARGIN + 36 + width, 37), plain(shown.reason), fill=MUTED, font=self._fonts[15], anchor="lm")
        right = f"{stats.fps:.0f} fps    {stats.latency_ms:.0f} ms    sound {stats.audio_kbps:.0f} kbps"
        draw.text((WIDTH - MARGIN, 37), right, fill=MUTED, font=self._fonts[15], anchor="rm")
        height, width_px = shown.rgb.shape[:2]
        captions = (
            ("Original", "the camera"),
            (
                f"Received, {stats.payload_kbps:.1f} kbps",
                f"{width_px} x {height}    on the wire {stats.wire_kbps_out:.0f} out, {stats.wire_kbps_back:.0f} back",
            ),
            (f"H.265, {comparison.h265_kbps:.1f} kbps", f"256 x 256, {comparison.h265_note}"),
        )
        for index, (title, detail) in enumerate(captions):
            left = MARGIN + index * (PANEL + MARGIN)
            top = HEADER + PANEL
            draw.text((left, top + 28), title, fill=TEXT, font=self._fonts[18], anchor="lm")
            draw.text((left, top + 56), detail, fill=MUTED, font=self._fonts[15], anchor="lm")
        self._sheet[:] = np.asarray(page)


def plain(text: str) -> str:
    """`text` in the letters that the built-in font has."""
    return text.encode("latin-1", "replace").decode("latin-1")


def fit_square(rgb: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Scales a picture into a square of `side` pixels, centred, uint8 (side, side, 3)."""
    height, width = rgb.shape[:2]
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled = np.asarray(cv2.resize(rgb, size, interpolation=how), np.uint8)
    if size == (side, side):
        return scaled
    square = np.full((side, side, 3), EMPTY, np.uint8)
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    square[top : top + size[1], left : left + size[0]] = scaled
    return square


@contextmanager
def open_recording(path: Path, clip: Path) -> Iterator[Callable[[ShownFrame], None]]:
    """Records a call for as long as the block runs.

    Args:
        path: the MP4 to write.
        clip: what the portrayed peer's camera plays.

    Yields:
        A function that takes each shown picture.

    Raises:
        ValueError: the clip cannot be read.
        OSError: the file cannot be written.
    """
    comparator, canvas = Comparator(clip), Canvas()
    with open_mp4(path, (WIDTH, HEIGHT)) as write:

        def take(shown: ShownFrame) -> None:
            write(canvas.draw(comparator.compare(shown)), shown.t_shown_ns)

        try:
            yield take
        finally:
            comparator.close()
