"""Packets in and out of aiortc's tracks."""

import asyncio

import pytest
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RtpPacket

from app.net.media import QUEUE_LIMIT, VIDEO_CLOCK, AudioInbox, MediaPacket, PacketTrack


def rtp(sequence: int, data: bytes) -> RtpPacket:
    packet = RtpPacket(payload_type=109, sequence_number=sequence, timestamp=7, ssrc=9, marker=1)
    packet._data = data  # type: ignore[attr-defined]
    return packet


def test_audio_inbox_passes_packets_on() -> None:
    heard: list[MediaPacket] = []
    inbox = AudioInbox(heard.append)
    for sequence in (3, 5, 4):
        assert inbox.add(rtp(sequence, b"opus")) == (False, None)
    inbox.add(rtp(6, b""))
    assert [packet.sequence for packet in heard] == [3, 5, 4]


def test_track_drops_what_the_network_thread_does_not_take_and_tells_what_was_sent() -> None:
    async def run() -> None:
        sent: list[int] = []
        track = PacketTrack("video", VIDEO_CLOCK, sent.append)
        for index in range(QUEUE_LIMIT + 3):
            track.push(b"x", index)
        assert track.dropped == 3
        assert [(await track.recv()).pts for _ in range(3)] == [0, 1, 2]
        assert sent == [0, 1]
        track.stop()
        with pytest.raises(MediaStreamError):
            await track.recv()

    asyncio.run(run())
