from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.tracking.smooth import OneEuro

FPS = 25


def run(values: NDArray[np.float64]) -> NDArray[np.float32]:
    smoother = OneEuro(still_hz=3.0, per_speed_hz=1.0)
    return np.stack([smoother.update(value, round(n * 1e9 / FPS)) for n, value in enumerate(values)])


def test_trembling_falls_on_a_still_face() -> None:
    noise = np.random.default_rng(0).normal(size=(400, 6)) * 0.1
    smooth = run(noise)[20:]
    assert np.diff(smooth, axis=0).std() < 0.6 * np.diff(noise[20:], axis=0).std()


def test_a_turn_lags_less_than_half_a_frame() -> None:
    time = np.arange(200) / FPS
    turn = 12 * np.sin(2 * np.pi * 0.7 * time)[:, None]  # px: a nod of 15 degrees
    smooth = run(turn)[:, 0]
    late = [np.abs(smooth[10:] - np.interp(time[10:] - lag / FPS, time, turn[:, 0])).mean() for lag in (0, 0.5, 1, 2)]
    assert np.argmin(late) <= 1
    assert late[0] < late[2]


def test_a_jump_is_followed_within_two_frames() -> None:
    jump = np.concatenate([np.zeros((20, 1)), np.full((5, 1), 10.0)])
    assert run(jump)[21, 0] > 9.0


def test_first_value_and_first_after_reset_pass_unchanged() -> None:
    smoother = OneEuro(3.0, 1.0)
    assert smoother.update(np.array([5.0]), 0)[0] == 5.0
    assert smoother.update(np.array([6.0]), 40_000_000)[0] < 6.0
    smoother.reset()
    assert smoother.update(np.array([9.0]), 80_000_000)[0] == 9.0


def test_time_that_stands_still_resets() -> None:
    smoother = OneEuro(3.0, 1.0)
    smoother.update(np.array([1.0]), 100)
    assert smoother.update(np.array([2.0]), 100)[0] == 2.0
