"""The sheet of pictures side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from app.bench.picture_grid import CAPTION, GAP, PAPER, ZOOM, draw_grid, write_grid

SIDE = 40


def columns() -> list[list[np.ndarray]]:
    return [[np.full((SIDE, SIDE, 3), 60 * across + 20 * down, np.uint8) for down in range(2)] for across in range(3)]


def test_every_picture_lies_in_its_place_untouched() -> None:
    sheet = draw_grid(["original", "ours", "theirs"], columns())
    step = SIDE * ZOOM + GAP
    assert sheet.shape == (CAPTION + 2 * step, 3 * step + GAP, 3)
    for across in range(3):
        for down in range(2):
            top, left = CAPTION + down * step, GAP + across * step
            part = sheet[top : top + SIDE * ZOOM, left : left + SIDE * ZOOM]
            assert (part == 60 * across + 20 * down).all()
        caption = sheet[:CAPTION, GAP + across * step : (across + 1) * step]
        assert (caption != PAPER).any()


def test_the_sheet_is_a_png(tmp_path: Path) -> None:
    write_grid(tmp_path / "g.png", ["a", "b", "c"], columns())
    with Image.open(tmp_path / "g.png") as image:
        np.testing.assert_array_equal(np.asarray(image), draw_grid(["a", "b", "c"], columns()))
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["g.png"]
