"""Sound without devices: a clip in place of a microphone, and a loudspeaker that plays into the void on time.

aiortc's own Opus encoder is fixed at 96 kbit/s stereo in 20 ms packets, 109 kbit/s on the wire; mono at 16 kbit/s in
60 ms packets takes 23. So packets are made here and aiortc only carries them (RFC 7587).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from app.call.audio_player import SoundPlayer
from app.call.audio_talker import SoundPlan, Talker
from app.call.stage import Stage
from app.net.media import MediaPacket
from app.net.sound_format import BLOCK_NS, BLOCK_SAMPLES, SAMPLE_RATE

LATE_NS = 200_000_000
"""A player that is so far behind its clock was suspended, and starts its clock anew."""


def read_sound(clip: Path) -> Iterator[NDArray[np.int16]]:
    """Yield a clip's sound, over and over, as int16 (960,) at 48 kHz mono; nothing where it has none."""
    resampler = av.AudioResampler("s16", "mono", SAMPLE_RATE, BLOCK_SAMPLES)
    while True:
        heard = False
        with av.open(str(clip)) as container:
            if not container.streams.audio:
                return
            for frame in container.decode(container.streams.audio[0]):
                frame.pts = None  # the resampler would take a loop's jump in time for a gap
                for part in resampler.resample(frame):
                    heard = True
                    yield np.asarray(part.to_ndarray(), np.int16).reshape(-1)
        if not heard:
            return


class FileMicrophone(Stage):
    """Sends a clip's sound as it would have been heard.

    Args:
        clip: the file.
        send: takes each Opus packet, its time stamp in samples, and whether it is silent.
        plan: how the link wants sound to be coded.
        on_failure: see `Stage`.
    """

    def __init__(
        self,
        clip: Path,
        send: Callable[[bytes, int, bool], None],
        plan: Callable[[], SoundPlan],
        on_failure: Callable[[str, Exception], None],
    ) -> None:
        super().__init__("microphone", on_failure)
        self.talker = Talker(send, plan)
        self._sound = read_sound(clip)
        self._blocks = 0
        self.epoch_ns = 0

    def begin(self, epoch_ns: int) -> None:
        """Start, with the clip's first sample heard at ``epoch_ns`` on the monotonic clock."""
        self.epoch_ns = epoch_ns
        self.start()

    def step(self) -> None:
        """Hand on the next 20 ms when they would have been recorded."""
        samples = next(self._sound, None)
        if samples is None:
            self.request_stop()
            return
        self._blocks += 1
        wait_ns = self.epoch_ns + self._blocks * BLOCK_NS - time.monotonic_ns()
        if wait_ns > 0 and self._stopping.wait(wait_ns / 1e9):
            return
        self.talker.push(samples)

    def close(self) -> None:
        """Close the file."""
        self._sound.close()  # type: ignore[attr-defined]  # a generator


class NullSpeaker(Stage):
    """Plays what arrives on time, to nobody: demos and tests have no loudspeaker, but their clock is the sound's."""

    def __init__(self, on_failure: Callable[[str, Exception], None]) -> None:
        super().__init__("speaker", on_failure)
        self.player = SoundPlayer()
        self._due_ns: int | None = None

    def put(self, packet: MediaPacket) -> None:
        """Take a packet that arrived."""
        self.player.put(packet, time.monotonic_ns())

    def step(self) -> None:
        """Play the next 20 ms when it is time."""
        now_ns = time.monotonic_ns()
        if self._due_ns is None or now_ns - self._due_ns > LATE_NS:
            self._due_ns = now_ns
        if self._due_ns > now_ns and self._stopping.wait((self._due_ns - now_ns) / 1e9):
            return
        self.player.take(BLOCK_SAMPLES, self._due_ns)
        self._due_ns += BLOCK_NS
