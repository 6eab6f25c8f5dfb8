"""Feedback on the picture's packets: over a real connection, and the places in aiortc that it is added to."""

import inspect
import struct
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from aiortc import RTCDtlsTransport, RTCRtpReceiver, RTCRtpSender
from aiortc.rtp import RtcpPsfbPacket, RtcpRrPacket, pack_remb_fci
from hypothesis import given
from hypothesis import strategies as st

from app.net.connection import Connection
from app.net.emulator import LinkConditions
from app.net.h265_rtp import START_CODE, is_key
from app.net.video_feedback import full_intra_requests, split_compound
from tests.app.net.conftest import End, wait_for

KEY = START_CODE + bytes((19 << 1, 1)) + b"\x55" * 3000
PICTURE = START_CODE + bytes((1 << 1, 1)) + b"\x55" * 500

FIR = bytes.fromhex("84ce0006 00000007 00000000 00000001 05000000 00000002 09000000".replace(" ", ""))
"""Full intra requests to the streams 1 and 2, as RFC 5104 section 4.3.1 has them: no stream in the header."""


def connect(first: End, second: End) -> None:
    first.peer.accept_answer(second.peer.create_answer(first.peer.create_offer()))
    for end in (first, second):
        end.peer.wait_open(20.0)


@pytest.fixture
def ends() -> Iterator[tuple[End, End]]:
    first, second = End().start(), End().start()
    connect(first, second)
    yield first, second
    for end in (first, second):
        end.peer.close()


def connection_of(end: End) -> Connection:
    connection = end.peer._connection
    assert connection is not None
    return connection


def on_net(end: End, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    end.peer.net.call(work())


def send_rtcp(end: End, packet: bytes) -> None:
    on_net(end, lambda: connection_of(end)._audio.receiver.transport._send_rtp(packet))


def test_golden_full_intra_request() -> None:
    assert list(full_intra_requests(FIR)) == [(1, 5), (2, 9)]
    assert list(split_compound(FIR)) == [FIR]


def test_picture_loss_and_full_intra_requests_reach_the_encoder(ends: tuple[End, End]) -> None:
    first, second = ends
    first.peer.send_video(KEY, 0)
    wait_for(lambda: second.video)
    second.peer.request_key()
    wait_for(lambda: len(first.key_requests) == 1)
    ssrc = connection_of(first)._video.sender._ssrc
    request = struct.pack("!BBHLLLB3x", 0x84, 206, 4, 7, 0, ssrc, 1)
    for packet in (request, request, struct.pack("!BBHLLLB3x", 0x84, 206, 4, 7, 0, ssrc ^ 1, 2)):
        send_rtcp(second, packet)
    send_rtcp(second, struct.pack("!BBHLLLB3x", 0x84, 206, 4, 7, 0, ssrc, 3))
    wait_for(lambda: len(first.key_requests) == 3)  # the repeated one and the one to another stream count for nothing


def test_arrivals_are_reported_and_open_the_way_again(ends: tuple[End, End]) -> None:
    first, second = ends
    for index in range(6):
        first.peer.send_video(KEY, index * 3600)
    wait_for(lambda: len(second.video) == 6)
    controller = connection_of(first)._video_out.controller
    wait_for(lambda: controller._last_report_ns is not None and controller.in_flight.bytes == 0)
    wait_for(lambda: first.peer.video_room.is_open)
    assert controller.round_trip_ms > 0


def test_remote_bound_is_heard(ends: tuple[End, End]) -> None:
    first, second = ends
    sender = connection_of(first)._video.sender
    before = first.peer.video_room.kbps
    remb = RtcpPsfbPacket(fmt=15, ssrc=7, media_ssrc=0, fci=pack_remb_fci(30_000, [sender._ssrc]))
    send_rtcp(second, bytes(remb))
    wait_for(lambda: connection_of(first)._video_out.controller.kbps < before)


def test_lost_packets_are_asked_for_and_sent_again() -> None:
    first, second = End().start(LinkConditions(loss=0.2), seed=4), End().start(LinkConditions(), seed=5)
    try:
        connect(first, second)
        inbox = connection_of(second)._video_inbox.buffer
        index = 0
        while not (inbox.recovered and len(second.video) >= 10):
            first.peer.send_video(KEY if index % 10 == 0 else PICTURE, index * 3600)
            index += 1
            time.sleep(0.01)
            assert index < 3000
        assert is_key(second.video[0].data)
    finally:
        for end in (first, second):
            end.peer.close()


@given(st.binary(max_size=120))
def test_any_bytes_split_into_packets_that_fit(data: bytes) -> None:
    packets = list(split_compound(data))
    assert b"".join(packets) == data[: sum(map(len, packets))]
    for packet in packets:
        assert all(0 <= ssrc < 1 << 32 for ssrc, _ in full_intra_requests(packet))


def test_compound_packets_are_split() -> None:
    report = bytes(RtcpRrPacket(ssrc=1))
    assert list(split_compound(report + FIR + b"\x80")) == [report, FIR]


def test_aiortc_still_has_the_places_that_are_replaced() -> None:
    for owner, name, call in (
        (RTCDtlsTransport, "_handle_rtcp_data", "await self._handle_rtcp_data(data)"),
        (RTCRtpSender, "_retransmit", "await self._retransmit(seq)"),
        (RTCRtpSender, "_send_keyframe", "self._send_keyframe()"),
    ):
        assert callable(getattr(owner, name))
        assert call in inspect.getsource(owner)
    assert "receiver._handle_rtp_packet(packet, arrival_time_ms=" in inspect.getsource(RTCDtlsTransport)
    assert list(inspect.signature(RTCRtpReceiver._handle_rtp_packet).parameters) == [
        "self",
        "packet",
        "arrival_time_ms",
    ]
