"""The place in aiortc where pictures come in, and how it asks for what is missing."""

import asyncio

from aiortc import RTCPeerConnection
from aiortc.rtp import RtpPacket

from app.net.media import MediaPacket
from app.net.video_inbox import JITTER_ATTRIBUTE, NACK_ATTRIBUTE, NoNacks, VideoInbox, install_inbox


def key(data: bytes) -> bool:
    return data.startswith(b"K")


def rtp(sequence: int, data: bytes) -> RtpPacket:
    packet = RtpPacket(payload_type=109, sequence_number=sequence, timestamp=7, ssrc=9, marker=1)
    packet._data = data  # type: ignore[attr-defined]
    return packet


class Voice:
    """Remembers what was asked."""

    def __init__(self) -> None:
        self.packets: list[tuple[int, list[int]]] = []
        self.keys: list[int] = []

    async def _send_rtcp_nack(self, media_ssrc: int, lost: list[int]) -> None:
        self.packets.append((media_ssrc, lost))

    async def _send_rtcp_pli(self, media_ssrc: int) -> None:
        self.keys.append(media_ssrc)


def test_inbox_asks_by_itself_and_goes_on_without_further_packets() -> None:
    async def run() -> None:
        voice, units, now_ns = Voice(), list[MediaPacket](), 0
        inbox = VideoInbox(units.append, key, voice, lambda: now_ns)
        assert inbox.add(rtp(1, b"K")) == (False, None)
        inbox.add(rtp(3, b"d"))
        await asyncio.sleep(0)
        assert (voice.packets, voice.keys) == ([(9, [2])], [])
        now_ns = 10_000_000_000  # all patience has an end, which a timer finds
        timer = inbox._timer
        assert timer is not None
        timer.cancel()
        inbox._look()
        await asyncio.sleep(0)
        assert voice.keys == [9]
        assert [unit.data for unit in units] == [b"K"]
        inbox.add(rtp(4, b"K"))
        assert [unit.data for unit in units] == [b"K", b"K"]
        inbox.close()
        inbox.request_key()
        await asyncio.sleep(0)
        assert voice.keys == [9]

    asyncio.run(run())


def test_nothing_is_asked_of_a_stream_that_is_not_known() -> None:
    async def run() -> None:
        voice = Voice()
        inbox = VideoInbox(lambda unit: None, key, voice, lambda: 0)
        inbox.request_key()
        await asyncio.sleep(0)
        assert voice.keys == []

    asyncio.run(run())


def test_aiortc_still_keeps_its_buffers_where_they_are_replaced() -> None:
    async def run() -> None:
        connection = RTCPeerConnection()
        receiver = connection.addTransceiver("video").receiver
        inbox = VideoInbox(lambda unit: None, key, receiver, lambda: 0)
        before = {name: getattr(receiver, name) for name in (JITTER_ATTRIBUTE, NACK_ATTRIBUTE)}
        assert type(before[JITTER_ATTRIBUTE]).__name__ == "JitterBuffer"
        assert type(before[NACK_ATTRIBUTE]).__name__ == "NackGenerator"
        install_inbox(receiver, inbox)
        assert getattr(receiver, JITTER_ATTRIBUTE) is inbox
        assert isinstance(getattr(receiver, NACK_ATTRIBUTE), NoNacks)
        await connection.close()

    asyncio.run(run())
