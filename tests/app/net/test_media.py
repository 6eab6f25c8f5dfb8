"""Access units out of packets: loss, disorder and holes, and the places in aiortc this stands in for."""

import asyncio
import random

import pytest
from aiortc import RTCPeerConnection
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RtpPacket
from hypothesis import given
from hypothesis import strategies as st

from app.net.media import (
    GAP_WAIT_NS,
    JITTER_ATTRIBUTE,
    NACK_ATTRIBUTE,
    QUEUE_LIMIT,
    VIDEO_CLOCK,
    WINDOW,
    AccessUnits,
    AudioInbox,
    MediaPacket,
    MissingPackets,
    PacketTrack,
    VideoInbox,
    install_inbox,
)

MS = 1_000_000


def key(data: bytes) -> bool:
    return data.startswith(b"K")


def packets(units: list[bytes], first: int = 65530, size: int = 2) -> list[tuple[int, int, bool, bytes]]:
    """(sequence, timestamp, marker, data) of the units' packets of ``size`` bytes."""
    out = []
    sequence = first
    for index, unit in enumerate(units):
        parts = [unit[at : at + size] for at in range(0, len(unit), size)]
        for part in parts:
            out.append((sequence, index * 3600, part is parts[-1], part))
            sequence = (sequence + 1) % 0x10000
    return out


UNITS = [b"K0ab", b"d1", b"d2cd", b"d3", b"K4efgh", b"d5"]


def test_whole_units_come_at_their_marker_across_the_wrap() -> None:
    assembler = AccessUnits(key)
    got = [unit for packet in packets(UNITS) for unit in assembler.add(*packet, 0)]
    assert [unit.data for unit in got] == UNITS
    assert [unit.timestamp for unit in got] == [index * 3600 for index in range(6)]
    assert not assembler.key_wanted


def test_disorder_is_put_right() -> None:
    assembler = AccessUnits(key)
    stream = packets(UNITS)
    head, tail = stream[:1], stream[1:]
    random.Random(5).shuffle(tail)
    got = [unit for packet in head + tail for unit in assembler.add(*packet, 0)]
    assert [unit.data for unit in got] == UNITS


@pytest.mark.parametrize("lost", [2, 3, 4])
def test_a_hole_is_waited_for_then_skipped_to_the_next_key(lost: int) -> None:
    assembler = AccessUnits(key)
    stream = packets(UNITS * 3)
    got, wanted = [], False
    for index, packet in enumerate(stream):
        if index != lost:
            got += assembler.add(*packet, index * 40 * MS)
            wanted |= assembler.key_wanted
    assert wanted
    assert assembler.skipped_gaps == 1
    after = [unit.data for unit in got]
    broken_at = {2: 1, 3: 2, 4: 2}[lost]
    assert after[:broken_at] == UNITS[:broken_at]
    assert after[broken_at].startswith(b"K")


def test_a_repeated_packet_in_time_mends_the_hole() -> None:
    assembler = AccessUnits(key)
    stream = packets(UNITS)
    got = []
    for packet in stream[:3] + stream[4:] + stream[3:4]:
        got += assembler.add(*packet, GAP_WAIT_NS // 2)
    assert [unit.data for unit in got] == UNITS
    assert not assembler.key_wanted


def test_nothing_is_given_out_before_a_key() -> None:
    assembler = AccessUnits(key)
    got = [unit for packet in packets([b"d0", b"d1", b"K2", b"d3"]) for unit in assembler.add(*packet, 0)]
    assert [unit.data for unit in got] == [b"K2", b"d3"]
    assert assembler.key_wanted


def test_memory_is_bounded_behind_a_hole() -> None:
    assembler = AccessUnits(key)
    assembler.add(0, 0, True, b"K", 0)
    for sequence in range(2, 5000):
        assembler.add(sequence, sequence, False, b"x", 0)
        assert len(assembler._held) <= WINDOW


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.booleans(), st.integers(0, 400)), max_size=200))
def test_any_packets_give_units_in_order(arrivals: list[tuple[int, bool, int]]) -> None:
    assembler, now_ns = AccessUnits(lambda data: True), 0
    for sequence, marker, wait_ms in arrivals:
        now_ns += wait_ms * MS
        for unit in assembler.add(sequence, 0, marker, b"x", now_ns):
            assert unit.data
        assert len(assembler._held) <= WINDOW


def rtp(sequence: int, data: bytes = b"x", marker: int = 1) -> RtpPacket:
    packet = RtpPacket(payload_type=109, sequence_number=sequence, timestamp=7, ssrc=9, marker=marker)
    packet._data = data  # type: ignore[attr-defined]
    return packet


def test_missing_packets_are_asked_for_once() -> None:
    missing = MissingPackets()
    arrivals = (65534, 65535, 1, 2, 0, 5, 6, 40, 41)
    asked = [sorted(missing.missing) for sequence in arrivals if missing.add(rtp(sequence))]
    assert asked == [[0], [3, 4]]


def test_video_inbox_asks_for_a_key_no_more_than_twice_a_second() -> None:
    now = [0]
    units: list[MediaPacket] = []
    inbox = VideoInbox(units.append, key, lambda: now[0])
    asked = 0
    for index in range(50):
        now[0] = index * 40 * MS
        flag, frame = inbox.add(rtp(index, b"d"))
        asked += flag
        assert frame is None
    assert asked == 4
    assert inbox.ssrc == 9
    inbox.add(rtp(50, b"K"))
    assert [unit.data for unit in units] == [b"K"]


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


def test_aiortc_still_keeps_its_buffers_where_they_are_replaced() -> None:
    async def run() -> None:
        connection = RTCPeerConnection()
        receiver = connection.addTransceiver("video").receiver
        inbox = VideoInbox(lambda unit: None, key, lambda: 0)
        before = {name: getattr(receiver, name) for name in (JITTER_ATTRIBUTE, NACK_ATTRIBUTE)}
        assert type(before[JITTER_ATTRIBUTE]).__name__ == "JitterBuffer"
        assert type(before[NACK_ATTRIBUTE]).__name__ == "NackGenerator"
        install_inbox(receiver, inbox)
        assert getattr(receiver, JITTER_ATTRIBUTE) is inbox
        assert isinstance(getattr(receiver, NACK_ATTRIBUTE), MissingPackets)
        await connection.close()

    asyncio.run(run())
