from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.tracking.cuts import find_cuts
from tests.models.tracking.conftest import clip_path, read_square

Rgb = NDArray[np.uint8]


def pan(picture: Rgb, count: int, speed: int, start: int = 0) -> list[Rgb]:
    return [np.roll(picture, start + speed * n, axis=1) for n in range(count)]


def test_a_jump_of_the_framing_is_a_cut(portrait: Rgb) -> None:
    frames = pan(portrait, 12, 1) + pan(portrait, 12, 1, start=60)
    assert find_cuts(frames) == [12]


def test_fast_motion_is_none(portrait: Rgb) -> None:
    assert find_cuts(pan(portrait, 20, 6)) == []


def test_a_picture_shown_twice_does_not_make_the_next_a_cut(portrait: Rgb) -> None:
    frames = [portrait] * 10 + pan(portrait, 10, 1)
    assert find_cuts(frames) == []


def test_cuts_of_a_real_clip() -> None:
    frames = read_square(clip_path("anchor.mp4"), 150, 1000)
    assert [150 + cut for cut in find_cuts(frames)] == [176, 702, 953]
