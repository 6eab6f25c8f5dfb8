"""Microphones and loudspeakers through PortAudio: which there are, and one stream for both."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.net.sound_format import BLOCK_SAMPLES, SAMPLE_RATE

LATENCY_MOST_S = 1.0
"""Longest latency that a driver is believed; some report the time since the machine was started."""

CHANNELS = (1, 2)
"""Tried in this order: some devices take stereo alone."""

Samples = NDArray[np.int16]


class NoSoundDevice(ValueError):  # noqa: N818 - a condition of the machine, not a fault
    """No sound device of the kind that was asked for can be used; the message says why in a line."""


@dataclass(frozen=True, slots=True)
class SoundChoice:
    """Which devices a call uses.

    Attributes:
        microphone: part of a device's name, "" for the system's choice, None for none.
        speaker: the same for the loudspeaker.
    """

    microphone: str | None = ""
    speaker: str | None = ""


def named_choice(microphone: str, speaker: str) -> SoundChoice:
    """Which devices a person means by names, "default" or "none"."""
    meant: dict[str, str | None] = {"default": "", "none": None}
    return SoundChoice(meant.get(microphone, microphone), meant.get(speaker, speaker))


@dataclass(frozen=True, slots=True)
class Block:
    """20 ms of sound at the card.

    Attributes:
        near: what the microphone heard, int16 (960,), or None without one.
        far: what went to the loudspeaker meanwhile, int16 (960,), silence without one.
        taken_ns: when the first sample was recorded, on the monotonic clock.
        delay_ms: from handing sound over until it is heard and recorded.
    """

    near: Samples | None
    far: Samples
    taken_ns: int
    delay_ms: float


class SoundStream(Protocol):
    """Devices that are open."""

    @property
    def plays(self) -> bool:
        """Whether there is a loudspeaker, which asks for its sound."""

    @property
    def lacks(self) -> str:
        """Which of microphone and loudspeaker was not found, in a line; "" where nothing lacks."""

    @property
    def is_active(self) -> bool:
        """Whether it still runs; one whose device was pulled out does not."""

    def close(self) -> None:
        """Let the devices go."""


class SoundSystem(Protocol):
    """What opens devices; another one stands in for it in tests."""

    def open(
        self, choice: SoundChoice, fill: Callable[[int, int], Samples], on_block: Callable[[Block], None]
    ) -> SoundStream:
        """Open devices; both functions are called on a thread of the system's.

        Args:
            choice: which.
            fill: gives so many samples, the first of which is heard at a time on the monotonic clock.
            on_block: takes each block.

        Raises:
            NoSoundDevice: they cannot be opened.
        """

    def rescan(self) -> None:
        """Look again which devices there are; no stream is open."""


def load_portaudio() -> Any:
    """Load sounddevice with PortAudio.

    Raises:
        NoSoundDevice: the library is missing.
    """
    try:
        import sounddevice
    except OSError as exc:
        raise NoSoundDevice("PortAudio is missing, on Debian: apt-get install libportaudio2") from exc
    return sounddevice


def device_names() -> tuple[list[str], list[str]]:
    """Give the names of microphones and of loudspeakers; empty without any.

    Raises:
        NoSoundDevice: the library is missing.
    """
    devices = load_portaudio().query_devices()
    return (
        [str(device["name"]) for device in devices if device["max_input_channels"] > 0],
        [str(device["name"]) for device in devices if device["max_output_channels"] > 0],
    )


class PortAudio:
    """The machine's own devices."""

    def open(
        self, choice: SoundChoice, fill: Callable[[int, int], Samples], on_block: Callable[[Block], None]
    ) -> SoundStream:
        """See `SoundSystem.open`."""
        library = load_portaudio()
        try:
            microphone = _find(library, choice.microphone, "input")
            speaker = _find(library, choice.speaker, "output")
        except (ValueError, library.PortAudioError) as exc:
            raise NoSoundDevice(f"no sound device: {_first_line(exc)}") from exc
        lacks = _lacking(choice, microphone, speaker)
        if microphone is None and speaker is None:
            raise NoSoundDevice(lacks or "neither a microphone nor a loudspeaker is to be used")
        problem: Exception | None = None
        for channels in CHANNELS:
            try:
                return _PortAudioStream(library, microphone, speaker, lacks, channels, fill, on_block)
            except library.PortAudioError as exc:
                problem = exc
        raise NoSoundDevice(f"the sound device cannot be opened: {_first_line(problem)}")

    def rescan(self) -> None:
        """See `SoundSystem.rescan`; PortAudio looks at devices when it starts only."""
        library = load_portaudio()
        library._terminate()
        library._initialize()


def _first_line(problem: object) -> str:
    return str(problem).splitlines()[0] if str(problem) else type(problem).__name__


def _find(library: Any, name: str | None, kind: str) -> int | None:
    """Give the number of a device by part of its name, or the system's choice; None for none.

    Raises:
        ValueError: there is none of that name.
    """
    if name is None or (not name and library.default.device[kind] < 0):
        return None
    found = library.query_devices(name or None, kind)
    return int(found["index"])


def _lacking(choice: SoundChoice, microphone: int | None, speaker: int | None) -> str:
    """Tell which devices are wanted and were not found."""
    wanted = (("microphone", choice.microphone, microphone), ("loudspeaker", choice.speaker, speaker))
    missing = " and ".join(f"no {kind}" for kind, name, found in wanted if name is not None and found is None)
    return f"{missing} was found" if missing else ""


class _PortAudioStream:
    """One PortAudio stream for microphone, loudspeaker, or both, so that both have one clock."""

    def __init__(
        self,
        library: Any,
        microphone: int | None,
        speaker: int | None,
        lacks: str,
        channels: int,
        fill: Callable[[int, int], Samples],
        on_block: Callable[[Block], None],
    ) -> None:
        self._fill = fill
        self._on_block = on_block
        self._channels = channels
        self._plays = speaker is not None
        self._lacks = lacks
        options = {
            "samplerate": SAMPLE_RATE,
            "blocksize": BLOCK_SAMPLES,
            "dtype": "int16",
            "channels": channels,
            "latency": "low",
        }
        if microphone is None:
            self._stream = library.OutputStream(device=speaker, callback=self._play, **options)
        elif speaker is None:
            self._stream = library.InputStream(device=microphone, callback=self._record, **options)
        else:
            self._stream = library.Stream(device=(microphone, speaker), callback=self._both, **options)
        self._stream.start()

    @property
    def plays(self) -> bool:
        return self._plays

    @property
    def lacks(self) -> str:
        return self._lacks

    @property
    def is_active(self) -> bool:
        return bool(self._stream.active)

    def close(self) -> None:
        self._stream.close(ignore_errors=True)

    def _play(self, outdata: Any, frames: int, times: Any, status: object) -> None:
        now_ns = time.monotonic_ns()
        out_s = _believed(times.outputBufferDacTime - times.currentTime)
        far = self._fill(frames, now_ns + round(out_s * 1e9))
        outdata[:] = far[:, None]
        self._on_block(Block(None, far, now_ns, 0.0))

    def _record(self, indata: Any, frames: int, times: Any, status: object) -> None:
        in_s = _believed(times.currentTime - times.inputBufferAdcTime)
        near = _mono(indata)
        self._on_block(Block(near, np.zeros_like(near), time.monotonic_ns() - round(in_s * 1e9), 0.0))

    def _both(self, indata: Any, outdata: Any, frames: int, times: Any, status: object) -> None:
        now_ns = time.monotonic_ns()
        out_s = _believed(times.outputBufferDacTime - times.currentTime)
        in_s = _believed(times.currentTime - times.inputBufferAdcTime)
        far = self._fill(frames, now_ns + round(out_s * 1e9))
        outdata[:] = far[:, None]
        self._on_block(Block(_mono(indata), far, now_ns - round(in_s * 1e9), (in_s + out_s) * 1000))


def _believed(latency_s: float) -> float:
    return latency_s if 0 <= latency_s <= LATENCY_MOST_S else 0.0


def _mono(indata: Any) -> Samples:
    return np.asarray(indata.astype(np.int32).mean(axis=1), np.int16)
