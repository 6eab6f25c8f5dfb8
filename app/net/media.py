"""Ready-made packets in and out of aiortc's RTP machinery.

aiortc's tracks carry pictures and samples, and its receivers decode them in threads of their own. Here codecs live in
the call's stages instead: `PacketTrack` hands encoded packets to the sender, and an inbox takes the place of the
receiver's jitter buffer and gives packets out (`app.net.video_inbox` for pictures).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from aiortc import MediaStreamTrack
from aiortc.jitterbuffer import JitterFrame
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RtpPacket
from av import Packet

VIDEO_CLOCK = Fraction(1, 90000)
AUDIO_CLOCK = Fraction(1, 48000)

QUEUE_LIMIT = 8
"""Encoded packets that may wait for the network thread: a third of a second of video, after which it is stuck."""


@dataclass(frozen=True, slots=True)
class MediaPacket:
    """One encoded unit that arrived: an H.265 access unit or an Opus packet.

    Attributes:
        data: Annex B bytes or an Opus packet.
        timestamp: RTP time stamp as it was on the wire, modulo 2^32.
        sequence: RTP sequence number of its last packet.
    """

    data: bytes
    timestamp: int
    sequence: int


class PacketTrack(MediaStreamTrack):
    """A track whose packets come from the call's stages. It never ends by itself, and sends nothing while none come.

    Args:
        kind: audio or video.
        clock: unit of its time stamps, seconds.
        on_sent: told the time stamp of each packet when all of it has been sent.
    """

    def __init__(self, kind: str, clock: Fraction, on_sent: Callable[[int], None] | None = None) -> None:
        super().__init__()
        self.kind = kind
        self._on_sent = on_sent
        self._sending: int | None = None
        self.dropped = 0
        self._clock = clock
        self._queue: asyncio.Queue[Packet[Any]] = asyncio.Queue(QUEUE_LIMIT)

    def push(self, data: bytes, timestamp: int) -> None:
        """Queue one encoded packet (network thread only); counted and dropped when the queue is full.

        Args:
            data: the packet.
            timestamp: in units of the track's clock, not decreasing.
        """
        packet: Packet[Any] = Packet(data)
        packet.pts, packet.time_base = timestamp, self._clock
        if self._queue.full():
            self.dropped += 1
        else:
            self._queue.put_nowait(packet)

    async def recv(self) -> Packet[Any]:
        """Wait for the next packet, as aiortc's sender asks for it."""
        if self.readyState != "live":
            raise MediaStreamError
        if self._on_sent is not None and self._sending is not None:
            self._on_sent(self._sending)
        packet = await self._queue.get()
        self._sending = packet.pts
        return packet


class AudioInbox:
    """The same for audio: packets go on as they come; what to do about order and loss is the audio stage's choice."""

    def __init__(self, sink: Callable[[MediaPacket], None]) -> None:
        self._sink = sink

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        """Take a packet and pass it on."""
        data: bytes = packet._data  # type: ignore[attr-defined]  # set by the receiver, from depayload()
        if data:
            self._sink(MediaPacket(data, packet.timestamp, packet.sequence_number))
        return False, None
