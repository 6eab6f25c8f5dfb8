"""Sound: a clip's track through Opus to the other end, and what arrives from there to a sink that plays nothing.

aiortc's own Opus encoder is fixed at 96 kbit/s stereo in 20 ms packets, 109 kbit/s on the wire; mono at 16 kbit/s in
40 ms packets takes 27. So packets are made here and aiortc only carries them (RFC 7587).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from numpy.typing import NDArray

from app.call.mailbox import Backlog
from app.call.stage import Stage
from app.net.media import MediaPacket

SAMPLE_RATE = 48_000
PACKET_SAMPLES = 1920
"""40 ms: headers cost as much as the sound below that, and above it a lost packet is heard as a gap."""

KBPS = 16
"""Wide-band speech without audible damage, mono."""

PACKET_MAX = 1275 * 3
"""Longest Opus packet of up to 60 ms, bytes (RFC 6716 section 3.2)."""

CONCEALED_MAX = 10
"""Most packets that a gap in the time stamps stands for; a longer one is a pause or a restart."""


class OpusEncoder:
    """Mono Opus, one packet per 1920 samples.

    Args:
        kbps: target bitrate.
    """

    def __init__(self, kbps: int = KBPS) -> None:
        context = av.CodecContext.create("libopus", "w")
        assert isinstance(context, AudioCodecContext)
        context.sample_rate, context.layout, context.format = SAMPLE_RATE, "mono", "s16"
        context.bit_rate = kbps * 1000
        context.time_base = Fraction(1, SAMPLE_RATE)
        context.options = {"application": "voip", "frame_duration": "40", "compression_level": "5"}
        self._context = context
        self._samples = 0

    def encode(self, samples: NDArray[np.int16]) -> list[bytes]:
        """Encode int16 (1920,) samples; gives one packet, or none the first time."""
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, self._samples, Fraction(1, SAMPLE_RATE)
        self._samples += samples.size
        return [bytes(packet) for packet in self._context.encode(frame)]


class OpusDecoder:
    """Opus to mono samples."""

    def __init__(self) -> None:
        context = av.CodecContext.create("libopus", "r")
        assert isinstance(context, AudioCodecContext)
        context.sample_rate, context.layout, context.format = SAMPLE_RATE, "mono", "s16"
        self._context = context

    def decode(self, packet: bytes) -> NDArray[np.int16]:
        """Decode a packet from the other end: int16 (n,).

        Raises:
            ValueError: it is not an Opus packet.
        """
        if not 0 < len(packet) <= PACKET_MAX:
            raise ValueError(f"Opus packet of {len(packet)} bytes")
        try:
            frames = self._context.decode(av.Packet(packet))
        except av.error.FFmpegError as exc:
            raise ValueError(f"not an Opus packet: {exc}") from exc
        parts = [np.asarray(frame.to_ndarray(), np.int16).reshape(-1) for frame in frames]
        return np.concatenate(parts) if parts else np.zeros(0, np.int16)


def read_sound(clip: Path) -> Iterator[NDArray[np.int16]]:
    """Yield a clip's sound, over and over, as int16 (1920,) at 48 kHz mono; nothing where it has none."""
    resampler = av.AudioResampler("s16", "mono", SAMPLE_RATE, PACKET_SAMPLES)
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
        send: takes each Opus packet and its time stamp in samples.
        on_failure: see `Stage`.
    """

    def __init__(
        self, clip: Path, send: Callable[[bytes, int], None], on_failure: Callable[[str, Exception], None]
    ) -> None:
        super().__init__("microphone", on_failure)
        self._sound = read_sound(clip)
        self._encoder = OpusEncoder()
        self._send = send
        self._epoch_ns = 0
        self._packets = 0
        self.sent_bytes = 0

    def begin(self, epoch_ns: int) -> None:
        """Start, with the clip's first sample heard at ``epoch_ns`` on the monotonic clock."""
        self._epoch_ns = epoch_ns
        self.start()

    def step(self) -> None:
        """Encode the next 40 ms and send them when they would have been recorded."""
        samples = next(self._sound, None)
        if samples is None:
            self.request_stop()
            return
        packets = self._encoder.encode(samples)
        due_ns = self._epoch_ns + round((self._packets + 1) * PACKET_SAMPLES * 1e9 / SAMPLE_RATE)
        wait_ns = due_ns - time.monotonic_ns()
        if wait_ns > 0 and self._stopping.wait(wait_ns / 1e9):
            return
        for packet in packets:
            self.sent_bytes += len(packet)
            self._send(packet, self._packets * PACKET_SAMPLES)
        self._packets += 1

    def close(self) -> None:
        """Close the file."""
        self._sound.close()  # type: ignore[attr-defined]  # a generator


class NullSpeaker(Stage):
    """Decodes what arrives, counts it and lets it go: demos and tests have no loudspeaker."""

    def __init__(self, on_failure: Callable[[str, Exception], None]) -> None:
        super().__init__("speaker", on_failure)
        self._packets: Backlog[MediaPacket] = Backlog(16)
        self._decoder = OpusDecoder()
        self._next_sequence: int | None = None
        self.samples = 0
        self.missing = 0
        self.damaged = 0
        self.peak = 0

    def put(self, packet: MediaPacket) -> None:
        """Leave a packet that arrived."""
        self._packets.put(packet)

    def step(self) -> None:
        """Decode the next packet."""
        packet = self._packets.take(0.2)
        if packet is None:
            return
        if self._next_sequence is not None:
            gap = (packet.sequence - self._next_sequence) % 0x10000
            if gap <= CONCEALED_MAX:
                self.missing += gap
        self._next_sequence = (packet.sequence + 1) % 0x10000
        try:
            samples = self._decoder.decode(packet.data)
        except ValueError:
            self.damaged += 1
            return
        self.samples += samples.size
        self.peak = max(self.peak, int(np.abs(samples.astype(np.int32)).max(initial=0)))

    def request_stop(self) -> None:
        """Ask the stage to end, and wake it."""
        super().request_stop()
        self._packets.close()
