"""Peers that are connected and misbehave below the level of messages: dropped with a reason, and the app goes on."""

import re
import socket
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from aiortc.rtp import RtpPacket

from app.net import flood
from app.net.connection import Connection
from tests.app.net.conftest import End, wait_for
from tests.app.net.test_peer import connect


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[End, End]]:
    """One end that behaves, and one that the test makes misbehave; no machine is too slow for a flood."""
    monkeypatch.setattr(flood, "RTP_PACKETS", (300.0, 1.0))
    good, hostile = connect()
    yield good, hostile
    good.peer.close()
    hostile.peer.close()


def misbehave(hostile: End, work: Callable[[Connection], Coroutine[Any, Any, None]]) -> None:
    """Run something on the hostile end's network thread."""
    connection = hostile.peer._connection
    assert connection is not None
    hostile.peer.net.call(work(connection))


def expect_drop(good: End, reason: str) -> None:
    wait_for(lambda: good.dropped)
    assert reason in good.dropped[0]
    assert len(good.dropped) == 1
    assert good.peer._connection is None
    good.peer.send_control(b"nobody hears this, and nothing breaks")
    with pytest.raises(ConnectionError, match=reason):
        good.peer.wait_open(0)


def rtp(kind: int, sequence: int, ssrc: int) -> bytes:
    packet = RtpPacket(payload_type=kind, sequence_number=sequence, timestamp=sequence * 960, ssrc=ssrc)
    packet.payload = b"\x08rest"
    return packet.serialize()


def payload_type(connection: Connection) -> int:
    found = re.search(r"a=rtpmap:(\d+) opus", connection._connection.localDescription.sdp)
    assert found is not None
    return int(found[1])


def test_channel_that_no_call_has(ends: tuple[End, End]) -> None:
    good, hostile = ends

    async def open_channel(connection: Connection) -> None:
        connection._connection.createDataChannel("surprise")

    misbehave(hostile, open_channel)
    expect_drop(good, "opened a channel that no call has")


def test_message_without_end(ends: tuple[End, End]) -> None:
    good, hostile = ends

    async def send_monster(connection: Connection) -> None:
        sctp = connection._connection.sctp
        assert sctp is not None
        sctp._remote_max_message_size = 0
        connection.channels._control.send(bytes(4 << 20))

    misbehave(hostile, send_monster)
    expect_drop(good, "pieces of messages without end")
    assert not good.control


def test_flood_of_sound_packets(ends: tuple[End, End]) -> None:
    good, hostile = ends

    async def send_many(connection: Connection) -> None:
        kind = payload_type(connection)
        for index in range(1000):
            await connection._audio.sender.transport._send_rtp(rtp(kind, index, 1000))

    misbehave(hostile, send_many)
    expect_drop(good, "floods the call with sound or picture packets")
    assert len(good.audio) < 500


def test_more_streams_than_there_are(ends: tuple[End, End]) -> None:
    good, hostile = ends

    async def send_many(connection: Connection) -> None:
        kind = payload_type(connection)
        for index in range(50):
            await connection._audio.sender.transport._send_rtp(rtp(kind, index, 1000 + index))

    misbehave(hostile, send_many)
    expect_drop(good, "more streams than a call has")


def test_empty_and_foreign_datagrams_do_no_harm(ends: tuple[End, End]) -> None:
    """Anybody can send to the socket; aiortc would end the call over an empty datagram."""
    good, hostile = ends
    connection = good.peer._connection
    assert connection is not None
    address = connection._ice._connection._protocols[0].local_candidate
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for datagram in (b"", b"\x00", b"\x80", b"\x16" * 40, b"\x80\xc8" * 40, bytes(1400), b"\xff"):
            for _ in range(20):
                stranger.sendto(datagram, (address.host, address.port))
    hostile.peer.send_control(b"still here")
    wait_for(lambda: good.control == [b"still here"])
    assert not good.dropped
