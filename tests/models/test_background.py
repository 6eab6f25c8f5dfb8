from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.background import PlateWatcher, estimate_plate, extend_rims, fill_smoothly, masked_median

Rgb = NDArray[np.uint8]
Mask = NDArray[np.uint8]
FRAME_NS = 40_000_000


@pytest.fixture(scope="module")
def room() -> Rgb:
    rng = np.random.default_rng(0)
    coarse = rng.integers(40, 220, (8, 8, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (256, 256), interpolation=cv2.INTER_CUBIC), np.uint8)


def shoot(room: Rgb, x: int, seed: int = 0) -> tuple[Rgb, Mask]:
    """A picture of the room with a person at x, and the person's mask."""
    mask = np.zeros((256, 256), np.uint8)
    cv2.ellipse(mask, (x, 140), (45, 110), 0, 0, 360, (255,), -1)
    noise = np.random.default_rng(seed).normal(size=room.shape) * 2
    picture = np.where(mask[..., None] > 0, np.uint8(10), np.clip(room + noise, 0, 255).astype(np.uint8))
    return picture, mask


def psnr(a: NDArray[np.generic], b: NDArray[np.generic]) -> float:
    return float(10 * np.log10(255**2 / ((a.astype(np.float64) - b.astype(np.float64)) ** 2).mean()))


def watch(watcher: PlateWatcher, room: Rgb, start_ns: int, count: int, x: int = 128) -> list[int]:
    """Show a room for so many pictures; return the numbers of those at which a plate came."""
    renewed = []
    for n in range(count):
        picture, mask = shoot(room, x + n % 3, seed=n)
        if watcher.update(picture, mask, start_ns + n * FRAME_NS) is not None:
            renewed.append(n)
    return renewed


def test_a_person_who_moves_uncovers_the_whole_room(room: Rgb) -> None:
    shots = [shoot(room, x, x) for x in range(60, 200, 4)]
    plate = estimate_plate([s[0] for s in shots], [s[1] for s in shots])
    assert psnr(plate, room) > 38


def test_what_is_never_seen_is_continued_without_a_trace_of_the_person(room: Rgb) -> None:
    shots = [shoot(room, 128, x) for x in range(10)]
    plate = estimate_plate([s[0] for s in shots], [s[1] for s in shots])
    assert plate[140, 128].min() > 40  # the person is 10
    assert psnr(plate[:, :60], room[:, :60]) > 38


def test_a_plate_of_the_same_place_tells_what_is_hidden(room: Rgb) -> None:
    picture, mask = shoot(room, 128)
    brighter = np.clip(picture.astype(int) + 12, 0, 255).astype(np.uint8)
    plate = estimate_plate([brighter] * 3, [mask] * 3, before=room)
    assert psnr(plate[100:180, 110:146], np.clip(room[100:180, 110:146].astype(int) + 12, 0, 255)) > 30


def test_a_person_who_fills_the_picture_leaves_the_plate_before(room: Rgb) -> None:
    mask = np.full((256, 256), 255, np.uint8)
    np.testing.assert_array_equal(estimate_plate([room[::-1]], [mask], before=room), room)
    assert estimate_plate([room], [mask]).shape == room.shape


def test_masked_median_ignores_what_is_hidden() -> None:
    frames: list[Rgb] = [np.full((2, 2, 3), value, np.uint8) for value in (10, 20, 200)]
    shown = [np.ones((2, 2), np.bool_), np.ones((2, 2), np.bool_), np.zeros((2, 2), np.bool_)]
    median, count = masked_median(frames, shown)
    assert (median == 15).all()
    assert (count == 2).all()


def test_filling_a_hole_in_one_colour_gives_that_colour() -> None:
    values = np.full((37, 53, 2), 7.0, np.float32)
    known = np.ones((37, 53), np.bool_)
    known[5:30, 10:40] = False
    np.testing.assert_allclose(fill_smoothly(np.where(known[..., None], values, 99), known), 7.0, atol=1e-3)


def test_an_unchanged_room_is_never_renewed(room: Rgb) -> None:
    assert watch(PlateWatcher(room), room, 0, 200) == []


def test_a_changed_framing_is_renewed_once_after_a_second(room: Rgb) -> None:
    watcher = PlateWatcher(room)
    assert watch(watcher, room, 0, 30) == []
    moved = np.roll(room, 25, axis=1)
    renewed = watch(watcher, moved, 30 * FRAME_NS, 200)
    assert len(renewed) == 1
    assert 20 <= renewed[0] <= 40
    assert psnr(watcher.plate[:, :60], moved[:, :60]) > 36


def test_a_moving_camera_brings_no_plate(room: Rgb) -> None:
    watcher, renewed = PlateWatcher(room), 0
    for n in range(100):
        picture, mask = shoot(np.roll(room, 6 * n, axis=1), 128, n)
        renewed += watcher.update(picture, mask, n * FRAME_NS) is not None
    assert renewed == 0


def test_flickering_light_makes_the_pauses_longer(room: Rgb) -> None:
    watcher, times = PlateWatcher(room), []
    for n in range(40 * 25):
        lit = np.clip(room.astype(int) + (30 if n // 60 % 2 else -30), 0, 255).astype(np.uint8)
        picture, mask = shoot(lit, 128, n % 5)
        if watcher.update(picture, mask, n * FRAME_NS) is not None:
            times.append(n)
    assert 2 <= len(times) <= 5


def test_a_person_who_steps_aside_uncovers_what_was_guessed(room: Rgb) -> None:
    shots = [shoot(room, 128, x) for x in range(5)]
    plate = estimate_plate([s[0] for s in shots], [s[1] for s in shots])
    watcher = PlateWatcher(plate)
    assert len(watch(watcher, room, 0, 120, x=215)) == 1
    assert psnr(watcher.plate[40:, 90:150], room[40:, 90:150]) > 30


def test_a_hole_takes_the_colour_of_the_nearer_wall() -> None:
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[:, :32], picture[:, 32:] = (200, 120, 80), (250, 250, 250)
    known = np.ones((64, 64), bool)
    known[8:56, 16:48] = False
    filled = extend_rims(np.where(known[..., None], picture, 0).astype(np.uint8), known)
    assert np.abs(filled[32, 18].astype(int) - (200, 120, 80)).max() < 3
    assert np.abs(filled[32, 45].astype(int) - 250).max() < 3
    assert np.array_equal(filled[known], picture[known])
