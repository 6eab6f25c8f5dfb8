"""A sheet of the same moments side by side: as filmed, rendered, and through H.265."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from app import paths
from app.bench.metrics import Picture

ZOOM = 2
"""Times that each pixel is repeated: a sheet is looked at for faults, which smoothing would hide."""

GAP = 8
CAPTION = 28
FONT_SIZE = 16
PAPER, INK = (255, 255, 255), (30, 30, 30)


def draw_grid(captions: Sequence[str], columns: Sequence[Sequence[Picture]]) -> NDArray[np.uint8]:
    """Lays pictures out under their captions.

    Args:
        captions: one for each column.
        columns: pictures uint8 (N, N, 3), as many in each.

    Returns:
        uint8 (H, W, 3).
    """
    side = columns[0][0].shape[0] * ZOOM
    step = side + GAP
    size = (len(columns) * step + GAP, CAPTION + len(columns[0]) * step)
    sheet = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(FONT_SIZE)
    for across, (caption, pictures) in enumerate(zip(captions, columns, strict=True)):
        left = GAP + across * step
        draw.text((left, CAPTION // 2), caption, fill=INK, font=font, anchor="lm")
        for down, picture in enumerate(pictures):
            enlarged = picture.repeat(ZOOM, 0).repeat(ZOOM, 1)
            sheet.paste(Image.fromarray(enlarged), (left, CAPTION + down * step))
    return np.asarray(sheet)


def write_grid(path: Path, captions: Sequence[str], columns: Sequence[Sequence[Picture]]) -> None:
    """Writes `draw_grid` as a PNG, whole or not at all."""
    with paths.whole_file(path) as temporary:
        Image.fromarray(draw_grid(captions, columns)).save(temporary)
