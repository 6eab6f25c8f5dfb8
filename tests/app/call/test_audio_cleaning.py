"""Echo, noise and loudness, with sound from memory in place of devices."""

import numpy as np
import pytest
from numpy.typing import NDArray

from app.call.audio_cleaning import Cleaner
from tests.app.net.test_opus import voice

BLOCK = 960


def run(cleaner: Cleaner, near: NDArray[np.int16], far: NDArray[np.int16], delay_ms: float = 0.0) -> NDArray[np.int16]:
    parts = [
        cleaner.clean(near[at : at + BLOCK], far[at : at + BLOCK], delay_ms)
        for at in range(0, near.size - BLOCK + 1, BLOCK)
    ]
    assert all(part.shape == (BLOCK,) for part in parts)
    return np.concatenate(parts)


def level_db(sound: NDArray[np.int16]) -> float:
    return 10 * float(np.log10(np.mean(sound.astype(np.float64) ** 2) + 1))


def echo_of(far: NDArray[np.int16], delay: int) -> NDArray[np.int16]:
    """What a room makes of it: later, weaker, and once more from a wall."""
    room = np.zeros(far.size)
    for after, share in ((delay, 0.4), (delay + 700, 0.15), (delay + 1900, 0.05)):
        room[after:] += share * far[: far.size - after]
    return np.asarray(room, np.int16)


def test_echo_goes() -> None:
    far = voice(8, seed=3)
    near = echo_of(far, 2400)
    heard = run(Cleaner(), near, far, 50.0)
    half = 4 * 48_000
    assert level_db(near[half:]) > 40
    assert level_db(heard[half:]) < level_db(near[half:]) - 15


def test_own_voice_stays_while_the_other_is_silent_and_comes_up_when_quiet() -> None:
    own = np.asarray(voice(8, seed=4) * 0.15, np.int16)
    heard = run(Cleaner(), own, np.zeros_like(own))
    half = 4 * 48_000
    assert level_db(heard[half:]) > level_db(own[half:]) - 3
    assert heard[half:].max() < 32767


def test_noise_goes_down_though_quiet_sound_is_raised() -> None:
    noise = np.asarray(np.random.default_rng(5).normal(0, 200, 6 * 48_000), np.int16)
    heard = run(Cleaner(echo=False), noise, np.zeros_like(noise))
    assert level_db(heard[3 * 48_000 :]) < level_db(noise) - 1


@pytest.mark.parametrize(("near", "far"), [(960, 480), (500, 500)])
def test_broken_blocks_are_refused(near: int, far: int) -> None:
    with pytest.raises(ValueError, match="whole blocks"):
        Cleaner().clean(np.zeros(near, np.int16), np.zeros(far, np.int16))
