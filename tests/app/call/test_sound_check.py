"""Trying microphone and loudspeaker, on devices that are arrays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from app.call.audio_devices import Block, NoSoundDevice, SoundChoice
from app.call.sound_check import SoundCheck, loudness, make_chime
from app.net.sound_format import BLOCK_SAMPLES
from tests.app.net.conftest import wait_for


class Card:
    """Gives what it is told to, and keeps what is played."""

    def __init__(self) -> None:
        self.missing = False
        self.played: list[NDArray[np.int16]] = []
        self.is_active = True
        self.plays = True
        self.lacks = ""
        self.closed = 0
        self.fill: Callable[[int, int], NDArray[np.int16]]
        self.on_block: Callable[[Block], None]

    def rescan(self) -> None: ...

    def open(
        self,
        choice: SoundChoice,
        fill: Callable[[int, int], NDArray[np.int16]],
        on_block: Callable[[Block], None],
    ) -> Card:
        if self.missing:
            raise NoSoundDevice("no sound device")
        self.fill, self.on_block = fill, on_block
        return self

    def pass_block(self, near: NDArray[np.int16]) -> NDArray[np.int16]:
        far = self.fill(BLOCK_SAMPLES, 0)
        self.on_block(Block(near, far, 0, 0.0))
        return far

    def close(self) -> None:
        self.closed += 1


def test_speech_moves_the_meter_and_the_chime_is_heard() -> None:
    card, problems = Card(), list[str]()
    check = SoundCheck("default", "default", problems.append, card)
    check.start()
    wait_for(lambda: problems == [""])
    silence = np.zeros(BLOCK_SAMPLES, np.int16)
    assert not card.pass_block(silence).any()
    assert check.level == 0
    card.pass_block(np.full(BLOCK_SAMPLES, 3000, np.int16))
    assert 0.5 < check.level < 1
    loud = check.level
    card.pass_block(silence)
    assert 0 < check.level < loud
    check.play_chime()
    played = [card.pass_block(silence) for _ in range(len(make_chime()) // BLOCK_SAMPLES + 2)]
    assert np.array_equal(np.concatenate(played)[: len(make_chime())], make_chime())
    assert not check.is_playing
    check.request_stop()
    check.join()
    assert card.closed == 1


def test_without_devices_it_says_so_and_looks_again() -> None:
    card, problems = Card(), list[str]()
    card.missing = True
    check = SoundCheck("default", "none", problems.append, card)
    check.start()
    wait_for(lambda: problems == ["no sound device"])
    card.missing = False
    wait_for(lambda: problems == ["no sound device", ""])
    card.is_active, card.lacks = False, "no microphone was found"
    wait_for(lambda: len(problems) == 3)
    assert problems[-1] == "no microphone was found"
    check.request_stop()
    check.join()


def test_loudness_goes_from_silence_to_full_scale() -> None:
    assert loudness(np.zeros(960, np.int16)) == 0
    assert loudness(np.zeros(0, np.int16)) == 0
    assert loudness(np.full(960, -32768, np.int16)) == 1
