"""Two peers with real ICE, DTLS, SRTP and SCTP on the loopback address."""

import asyncio
import logging
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from aiortc import RTCPeerConnection

from app.net.connection import CERTIFICATES_ATTRIBUTE, LAST_TIMESTAMP_ATTRIBUTE
from app.net.emulator import LinkConditions
from app.net.feature_channel import ACK_EVERY, AckPacer
from app.net.peer import Peer, PeerOptions
from app.net.thrift import SACK_EVERY
from app.net.wire_plan import WireMode
from codec.h265 import H265Decoder, H265Encoder
from tests.app.net.conftest import PERFECT, End, wait_for


def connect(conditions: LinkConditions = PERFECT, wire: WireMode = "auto") -> tuple[End, End]:
    first, second = End().start(conditions, 1, wire), End().start(conditions, 2, wire)
    first.peer.accept_answer(second.peer.create_answer(first.peer.create_offer()))
    first.peer.wait_open(20)
    second.peer.wait_open(20)
    return first, second


@pytest.fixture
def ends() -> Iterator[tuple[End, End]]:
    before = set(threading.enumerate())
    first, second = connect()
    try:
        yield first, second
    finally:
        first.peer.close()
        second.peer.close()
    assert set(threading.enumerate()) <= before


def test_messages_cross_and_the_wire_is_metered(ends: tuple[End, End]) -> None:
    first, second = ends
    for index in range(20):
        wait_for(lambda: first.peer.face_ready)
        first.peer.send_face(bytes((index,)) * 10)
    second.peer.send_feedback(b"ack!")
    first.peer.send_control(b"one")
    first.peer.send_control(b"two" * 5000)
    wait_for(lambda: len(second.face) == 20 and len(second.control) == 2 and len(first.feedback) == 1)
    assert second.face == [bytes((index,)) * 10 for index in range(20)]
    assert second.control == [b"one", b"two" * 5000]
    wait_for(lambda: first.peer.counts().sent_bytes == second.peer.counts().received_bytes)
    wait_for(lambda: second.peer.counts().sent_packets == first.peer.counts().received_packets)
    counts = first.peer.counts()
    assert counts.sent_bytes > 20 * 93 + 15_000


def test_face_packets_are_acknowledged_by_the_handful(ends: tuple[End, End]) -> None:
    first, second = ends
    first.peer.allow_low_wire(False, 500)
    before = second.peer.counts().sent_packets
    for index in range(40):
        wait_for(lambda: first.peer.face_ready)
        first.peer.send_face(bytes(12))
        wait_for(lambda expected=index + 1: len(second.face) == expected)  # type: ignore[misc]
    sent = second.peer.counts().sent_packets - before
    assert sent <= 40 // SACK_EVERY + 4  # the rest is RTCP


def test_pictures_cross_with_their_clock(ends: tuple[End, End]) -> None:
    first, second = ends
    rng = np.random.default_rng(2)
    encoder, decoder = H265Encoder(256, 256, 25, 320), H265Decoder()
    pictures = [rng.integers(0, 256, (256, 256, 3), np.uint8) for _ in range(5)]
    for index, picture in enumerate(pictures):
        (unit,) = encoder.encode(picture)
        assert index > 0 or len(unit) > 3000  # several packets
        first.peer.send_video(unit, index * 3600)
        wait_for(lambda expected=index + 1: len(second.video) == expected)  # type: ignore[misc]
    encoder.close()
    wait_for(lambda: len(first.clocks) == 1)
    assert [(unit.timestamp - first.clocks[0]) % (1 << 32) for unit in second.video] == [0, 3600, 7200, 10800, 14400]
    decoded = [picture for unit in second.video for picture in decoder.decode(unit.data)]
    assert [picture.shape for picture in decoded] == [(256, 256, 3)] * 5
    second.peer.request_key()
    wait_for(lambda: bool(first.key_requests))


def test_sound_crosses_both_ways_and_is_reported(ends: tuple[End, End]) -> None:
    first, second = ends
    for index in range(5):
        first.peer.send_audio(b"\x08" + bytes((index,)) * 40, index * 1920)
        second.peer.send_audio(b"\x08" + bytes((index,)) * 30, index * 1920)
    wait_for(lambda: len(first.audio) == len(second.audio) == 5)
    assert [packet.data[1] for packet in second.audio] == [0, 1, 2, 3, 4]
    assert np.diff([packet.timestamp for packet in second.audio]).tolist() == [1920] * 4
    wait_for(lambda: bool(first.reports) and bool(second.reports))
    assert first.reports[0].audio_loss == 0


def test_idle_tracks_cost_their_reports_alone(ends: tuple[End, End]) -> None:
    first, _ = ends
    before = first.peer.counts()
    time.sleep(1.5)
    after = first.peer.counts()
    assert after.sent_packets - before.sent_packets < 15
    assert after.sent_bytes - before.sent_bytes < 2000


def test_offer_names_what_is_meant_and_nothing_else() -> None:
    end = End().start()
    offer = end.peer.create_offer()
    end.peer.close()
    assert "H265/90000" in offer
    assert "opus/48000" in offer
    assert "127.0.0.1" in offer
    for unwanted in ("VP8", "H264", "PCMU", "extmap"):
        assert unwanted not in offer


@pytest.mark.parametrize("sdp", ["", "nonsense", "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n", "v=0\r\n" * 1000])
def test_nonsense_from_signalling_is_a_value_error(sdp: str) -> None:
    end = End().start()
    try:
        with pytest.raises(ValueError, match="offer"):
            end.peer.create_answer(sdp)
    finally:
        end.peer.close()


def test_nobody_there_is_a_connection_error_and_closing_is_safe_at_any_point() -> None:
    end = End().start()
    end.peer.create_offer()
    with pytest.raises(ConnectionError, match="did not connect"):
        end.peer.wait_open(0.2)
    end.peer.close()
    end.peer.close()
    end.peer.send_face(b"x")
    Peer(PeerOptions(), end.peer._handlers).close()


def test_a_lossy_link_loses_packets_but_not_the_call() -> None:
    first, second = connect(LinkConditions(loss=0.05, delay_ms=10))
    try:
        for index in range(150):
            if first.peer.face_ready:
                first.peer.send_face(index.to_bytes(2, "big"))
            if index % 10 == 0:
                first.peer.send_control(index.to_bytes(2, "big"))
            time.sleep(0.01)
        wait_for(lambda: len(second.control) == 15)
        assert [int.from_bytes(message, "big") for message in second.control] == list(range(0, 150, 10))
        assert 20 < len(second.face) < 150, "some are lost, and some find the link busy on a slow machine"
        assert first.peer.counts().sent_packets > second.peer.counts().received_packets
    finally:
        first.peer.close()
        second.peer.close()


def test_aiortc_still_has_what_is_reached_into() -> None:
    async def run() -> None:
        connection = RTCPeerConnection()
        assert len(getattr(connection, CERTIFICATES_ATTRIBUTE)) == 1
        transceiver = connection.addTransceiver("video")
        assert isinstance(getattr(transceiver.sender, LAST_TIMESTAMP_ATTRIBUTE), int)
        assert callable(transceiver.sender._send_keyframe)
        assert callable(transceiver.receiver._send_rtcp_pli)
        ice = transceiver.receiver.transport.transport._connection
        assert asyncio.iscoroutinefunction(ice.get_component_candidates)
        assert ice._protocols == []
        await connection.close()

    asyncio.run(run())


def test_sound_carries_faces_where_both_ends_allow_it() -> None:
    """Low wire: no message at all while sound packets go, silent ones too."""
    first, second = connect(wire="low")
    try:
        first.peer.allow_low_wire(True)
        wait_for(lambda: first.peer.plan.low_wire)
        for index in range(10):
            first.peer.send_face(bytes((index,)) * 10)
            first.peer.send_face(bytes((index,)) * 11)
            first.peer.send_feedback(bytes((index,)) * 4)
            first.peer.send_audio(b"\x08" + bytes(40) if index % 2 else b"\x08", index * 2880, index % 2 == 0)
            wait_for(lambda expected=2 * index + 2: len(second.face) == expected)  # type: ignore[misc]
        assert second.face == [bytes((index,)) * size for index in range(10) for size in (10, 11)]
        assert [packet.data for packet in second.audio] == [b"\x08", b"\x08" + bytes(40)] * 5
        assert second.feedback == [bytes((index,)) * 4 for index in range(10)]
        kinds = first.peer.sent_by_kind()
        assert kinds["audio"][0] == 10
        assert "data" not in kinds
        first.peer.send_face(b"no sound comes")
        wait_for(lambda: second.face[-1] == b"no sound comes")
        assert first.peer.sent_by_kind()["data"][0] == 1
    finally:
        first.peer.close()
        second.peer.close()


def test_silent_sound_is_not_sent_and_others_see_no_faces_on_it(ends: tuple[End, End]) -> None:
    first, second = ends
    first.peer.allow_low_wire(False, 500)
    for index in range(6):
        first.peer.send_face(bytes((index,)) * 10)
        first.peer.send_audio(b"\x08", index * 2880, True)
        first.peer.send_audio(b"\x08" + bytes(30), index * 2880, False)
        wait_for(lambda expected=index + 1: len(second.face) == len(second.audio) == expected)  # type: ignore[misc]
        assert first.peer.frames_together == 1
    first.peer.send_audio(b"\x08", 0, True)
    wait_for(lambda: first.peer.frames_together == 2)
    assert {packet.data for packet in second.audio} == {b"\x08" + bytes(30)}
    kinds = first.peer.sent_by_kind()
    assert kinds["audio"][0] == 6
    assert sum(size for _, size in kinds.values()) == first.peer.counts().sent_bytes
    assert sum(packets for packets, _ in kinds.values()) == first.peer.counts().sent_packets


def test_acknowledgements_are_paced() -> None:
    pacer = AckPacer()
    now_ns, due = 0, []
    for index in range(13):
        due.append(pacer.due(index in (0, 6), 1, now_ns))
        now_ns += 40_000_000
    assert [index for index, flag in enumerate(due) if flag] == [0, ACK_EVERY, 6, 6 + ACK_EVERY]
    assert pacer.due(False, 1, now_ns + 10_000_000_000)


@pytest.fixture(autouse=True)
def quiet_task_errors(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing that asyncio or aiortc calls an error happens unseen."""
    yield
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert not errors
