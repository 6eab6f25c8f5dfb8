"""Sound made shorter and longer: no click, no change of pitch."""

import numpy as np
import pytest
from numpy.typing import NDArray

from app.call.audio_pace import PERIOD_LEAST, PERIOD_MOST, SHORTEST, find_period, lengthen, shorten


def tone(hertz: float, samples: int = 2880) -> NDArray[np.int16]:
    return np.asarray(np.sin(np.arange(samples) * 2 * np.pi * hertz / 48_000) * 8000, np.int16)


@pytest.mark.parametrize("hertz", [80, 130, 200, 333])
def test_period_of_a_tone_is_found(hertz: float) -> None:
    period = find_period(tone(hertz))
    turns = period * hertz / 48_000
    assert abs(turns - round(turns)) < 0.06


@pytest.mark.parametrize("hertz", [80, 130, 200, 333])
def test_pitch_stays_and_nothing_clicks(hertz: float) -> None:
    sound = tone(hertz)
    steepest = int(np.abs(np.diff(sound.astype(int))).max())
    for other, sign in ((shorten(sound), -1), (lengthen(sound), 1)):
        assert PERIOD_LEAST <= sign * (other.size - sound.size) <= PERIOD_MOST
        assert np.abs(np.diff(other.astype(int))).max() < 1.6 * steepest
        crossings = np.count_nonzero(np.diff(np.signbit(other)))
        assert crossings / other.size == pytest.approx(2 * hertz / 48_000, rel=0.15)


def test_what_is_too_short_stays_and_silence_is_harmless() -> None:
    short = tone(200, SHORTEST - 1)
    assert shorten(short) is short
    assert lengthen(short) is short
    assert not shorten(np.zeros(2880, np.int16)).any()
    loud = np.full(2880, -32768, np.int16)
    assert np.abs(lengthen(loud).astype(int)).max() <= 32768
