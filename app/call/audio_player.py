"""From packets that arrive to samples that are heard: the playout's decisions, carried out with Opus."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.call.audio_pace import lengthen, shorten
from app.net.media import MediaPacket
from app.net.opus import OpusDecoder, carries_previous, packet_samples
from app.net.playout import NS_PER_SAMPLE, Playout, PlayoutCounts, SoundPacket, Step, Unwrapper

Samples = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class SoundCounts:
    """What a player has done.

    Attributes:
        playout: of packets, losses and gaps.
        damaged: packets that were no Opus.
        samples: decoded and concealed.
        peak: loudest sample so far, 0..32767.
    """

    playout: PlayoutCounts
    damaged: int
    samples: int
    peak: int


class SoundPlayer:
    """Takes packets from the net thread and gives samples to whoever plays them, each under one short lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._playout = Playout()
        self._decoder = OpusDecoder()
        self._sequences, self._times = Unwrapper(16), Unwrapper(32)
        self._rest: Samples = np.zeros(0, np.int16)
        self._damaged = self._samples = self._peak = 0

    def put(self, packet: MediaPacket, now_ns: int) -> None:
        """Take a packet that arrives now."""
        try:
            samples, previous = packet_samples(packet.data), carries_previous(packet.data)
        except ValueError:
            self._damaged += 1
            return
        with self._lock:
            sequence, timestamp = self._sequences.unwrap(packet.sequence), self._times.unwrap(packet.timestamp)
            self._playout.put(SoundPacket(packet.data, timestamp, sequence, samples, previous), now_ns)

    def take(self, count: int, heard_ns: int) -> Samples:
        """Give the next samples, int16 (count,), silence where there is nothing.

        Args:
            count: samples at 48 kHz.
            heard_ns: when the first of them will be heard, on the clock of `put`.
        """
        with self._lock:
            parts, have = [self._rest], self._rest.size
            while have < count:
                step = self._playout.next(heard_ns + round(have * NS_PER_SAMPLE))
                if step is None:
                    parts.append(np.zeros(count - have, np.int16))
                else:
                    parts.append(self._carry_out(step))
                have += parts[-1].size
            sound = np.concatenate(parts)
            self._rest = sound[count:]
        return sound[:count]

    def _carry_out(self, step: Step) -> Samples:
        try:
            if step.kind == "decode":
                sound = self._decoder.decode(step.data)
            elif step.kind == "recover":
                sound = self._decoder.recover(step.data, step.samples)
            else:
                sound = self._decoder.conceal(step.samples)
        except ValueError:
            self._damaged += 1
            return np.zeros(step.samples, np.int16)
        self._samples += sound.size
        self._peak = max(self._peak, int(np.abs(sound.astype(np.int32)).max(initial=0)))
        if step.pace:
            return shorten(sound) if step.pace < 0 else lengthen(sound)
        return sound

    def plays_at_ns(self, timestamp: int) -> int | None:
        """Tell when the sample with this RTP time stamp is heard, or was; None before anything was played."""
        with self._lock:
            return self._playout.plays_at_ns(self._times.near(timestamp))

    def hold_back(self, extra_ms: float) -> None:
        """Play everything this much later than the link asks for."""
        with self._lock:
            self._playout.hold_back(extra_ms)

    def counts(self) -> SoundCounts:
        """Give the totals so far."""
        with self._lock:
            return SoundCounts(self._playout.counts(), self._damaged, self._samples, self._peak)
