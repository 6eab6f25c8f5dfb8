"""Trying microphone and loudspeaker before a call: how loud it is, and a chime."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from app.call.audio_devices import Block, NoSoundDevice, PortAudio, SoundStream, SoundSystem, named_choice
from app.call.stage import Stage
from app.net.sound_format import SAMPLE_RATE

RETRY_S = 2.0
"""Between two looks for devices while there are none."""

FLOOR_DB = -60.0
"""What counts as silence on the meter; a quiet room is at -50 and speech at -30 to -10 dB below full scale."""

FALL_PER_BLOCK = 0.92
"""A meter falls by this factor every 20 ms, so that it can be followed."""

CHIME_HZ = (523.25, 659.25, 783.99)
"""C, E and G, one after the other."""

CHIME_NOTE_S = 0.28


def make_chime() -> NDArray[np.int16]:
    """Give the chime: int16 (n,) at 48 kHz, a second, at a quarter of full scale."""
    times = np.arange(round(SAMPLE_RATE * CHIME_NOTE_S * 2)) / SAMPLE_RATE
    note = np.exp(-times * 7) * np.minimum(times / 0.005, 1)
    length = round(SAMPLE_RATE * CHIME_NOTE_S)
    chime = np.zeros(length * (len(CHIME_HZ) + 1), np.float64)
    for place, pitch in enumerate(CHIME_HZ):
        chime[place * length : (place + 2) * length] += np.sin(2 * np.pi * pitch * times) * note
    return np.asarray(chime / np.abs(chime).max() * 8192, np.int16)


def loudness(samples: NDArray[np.int16]) -> float:
    """Give how loud samples are, 0 (silence) to 1 (full scale), in even steps of what is heard."""
    power = float(np.mean(samples.astype(np.float64) ** 2)) if samples.size else 0.0
    level_db = 10 * np.log10(max(power, 1e-9)) - 20 * np.log10(32768)
    return float(np.clip(1 - level_db / FLOOR_DB, 0, 1))


class SoundCheck(Stage):
    """Opens microphone and loudspeaker, in a thread of its own, and looks for them again while there are none.

    Args:
        microphone: as `app.settings.Settings.microphone` has it.
        speaker: the same of the loudspeaker.
        on_problem: told in a line why sound is missing or half of it, "" when there is.
        system: opens devices; the machine's own when not given.

    Attributes:
        level: how loud the microphone is, 0 to 1; it falls slowly.
    """

    def __init__(
        self,
        microphone: str,
        speaker: str,
        on_problem: Callable[[str], None],
        system: SoundSystem | None = None,
    ) -> None:
        super().__init__("sound-check", lambda name, exc: on_problem(str(exc)))
        self.level = 0.0
        self._names = (microphone, speaker)
        self._on_problem = on_problem
        self._system = system or PortAudio()
        self._stream: SoundStream | None = None
        self._retry_s = 0.0
        self._said: str | None = None
        self._chime = np.zeros(0, np.int16)
        self._lock = threading.Lock()

    def play_chime(self) -> None:
        """Play the chime from its beginning."""
        with self._lock:
            self._chime = make_chime()

    @property
    def is_playing(self) -> bool:
        """Whether the chime is not over."""
        return self._chime.size > 0

    def step(self) -> None:
        """See to the devices."""
        if self._stream is None and time.monotonic() >= self._retry_s:
            self._open()
        elif self._stream is not None and not self._stream.is_active:
            self.close()
        self._stopping.wait(0.1)

    def _open(self) -> None:
        self._retry_s = time.monotonic() + RETRY_S
        try:
            self._system.rescan()
            self._stream = self._system.open(named_choice(*self._names), self._fill, self._heard)
        except NoSoundDevice as exc:
            self._say(str(exc))
            return
        self._say(self._stream.lacks)

    def _say(self, problem: str) -> None:
        if problem != self._said:
            self._said = problem
            self._on_problem(problem)

    def _fill(self, count: int, heard_ns: int) -> NDArray[np.int16]:
        with self._lock:
            part, self._chime = self._chime[:count], self._chime[count:]
        return np.concatenate([part, np.zeros(count - part.size, np.int16)])

    def _heard(self, block: Block) -> None:
        if block.near is not None:
            self.level = max(loudness(block.near), self.level * FALL_PER_BLOCK)

    def close(self) -> None:
        """Let the devices go."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()
