"""From samples that a microphone gives to packets that are sent."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.net.opus import SILENT_BYTES, OpusEncoder

PACKET_SAMPLES = 2880
"""60 ms: fifty bytes of headers cost 6.7 kbit/s here, 10 at 40 ms and 20 at 20 ms, and the sound itself 16."""

Samples = NDArray[np.int16]


class SoundPlan(Protocol):
    """The part of `app.net.wire_plan.WirePlan` that sound depends on."""

    @property
    def audio_kbps(self) -> int:
        """Bitrate."""

    @property
    def expected_loss(self) -> float:
        """Share of packets that will be lost."""


class Talker:
    """Cuts sound into packets, and codes them as the link demands. One thread, but for `mute`.

    Attributes:
        mute: while it is set, silence is sent in the place of the sound.

    Args:
        send: takes each Opus packet, its time stamp in samples, and whether it is silent.
        plan: asked before each packet.
    """

    def __init__(self, send: Callable[[bytes, int, bool], None], plan: Callable[[], SoundPlan]) -> None:
        self._send = send
        self._plan = plan
        self._encoder = OpusEncoder()
        self._parts: list[Samples] = []
        self._have = 0
        self._timestamp = 0
        self.mute = threading.Event()
        self.sent_bytes = 0
        self.packets = 0
        self.silent_packets = 0

    def push(self, samples: Samples) -> None:
        """Take the next samples, int16 (n,) of any length; while muted they count as silence."""
        self._parts.append(samples)
        self._have += samples.size
        while self._have >= PACKET_SAMPLES:
            sound = np.concatenate(self._parts)
            self._code(sound[:PACKET_SAMPLES])
            self._parts, self._have = [sound[PACKET_SAMPLES:]], self._have - PACKET_SAMPLES

    def skip(self, samples: int) -> None:
        """Leave out so many samples that were never recorded; the other end takes it for a pause."""
        self._timestamp += samples

    def _code(self, sound: Samples) -> None:
        plan = self._plan()
        self._encoder.set_bitrate(plan.audio_kbps)
        self._encoder.expect_loss(plan.expected_loss)
        packet = self._encoder.encode(np.zeros_like(sound) if self.mute.is_set() else sound)
        silent = len(packet) <= SILENT_BYTES
        self.packets += 1
        self.silent_packets += silent
        self.sent_bytes += 0 if silent else len(packet)
        self._send(packet, self._timestamp, silent)
        self._timestamp += PACKET_SAMPLES
