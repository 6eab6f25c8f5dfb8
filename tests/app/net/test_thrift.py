"""What is saved inside aiortc: real associations over real DTLS, and a guard against other versions of aiortc."""

import asyncio
import itertools
from collections.abc import Callable

import pytest
from aiortc import RTCPeerConnection
from aiortc.rtcsctptransport import DataChunk, RTCSctpTransport, SackChunk, parse_packet, serialize_packet
from aiortc.rtp import RtcpReceiverInfo, RtcpRrPacket, RtcpSenderInfo, RtcpSrPacket
from hypothesis import given
from hypothesis import strategies as st

from app.net import thrift


def test_aiortc_still_has_what_is_reached_into() -> None:
    async def run() -> None:
        connection = RTCPeerConnection()
        transceiver = connection.addTransceiver("audio")
        connection.createDataChannel("x", negotiated=True, id=0)
        sctp = connection.sctp
        assert isinstance(sctp, RTCSctpTransport)
        for name in ("_receive_data_chunk", "_receive_forward_tsn_chunk", "_send_chunk", "_send_sack"):
            assert asyncio.iscoroutinefunction(getattr(sctp, name)), name
        for name in ("_sack_needed", "_sack_misordered", "_sack_duplicates", "_rto", "_advertised_rwnd"):
            assert hasattr(sctp, name), name
        for name in ("_last_received_tsn", "_local_port", "_remote_port", "_remote_verification_tag"):
            assert hasattr(sctp, name), name
        dtls = sctp.transport
        assert asyncio.iscoroutinefunction(dtls._send_data)
        assert thrift.SRTP_SHORTEST in {profile.openssl_profile for profile in dtls._srtp_profiles}
        assert callable(getattr(dtls, thrift.CERTIFICATE_ATTRIBUTE)._create_ssl_context)
        assert asyncio.iscoroutinefunction(transceiver.sender._send_rtcp)
        assert asyncio.iscoroutinefunction(transceiver.receiver._send_rtcp)
        await connection.close()

    asyncio.run(run())


def _no_violation(reason: str) -> None:
    raise AssertionError(reason)


class End:
    """A connection with two channels, and the association below them."""

    def __init__(self, on_packet: Callable[[str], None]) -> None:
        self.connection = RTCPeerConnection()
        self.connection.createDataChannel("control", negotiated=True, id=0)
        self.face = self.connection.createDataChannel("face", negotiated=True, id=2, ordered=False, maxRetransmits=0)
        assert self.connection.sctp is not None
        self.sctp = self.connection.sctp
        thrift.prefer_short_records(self.sctp.transport)
        self.thinner = thrift.SackThinner(self.sctp, frozenset((0,)), _no_violation, on_packet)


async def join(first: RTCPeerConnection, second: RTCPeerConnection) -> None:
    await first.setLocalDescription(await first.createOffer())
    await second.setRemoteDescription(first.localDescription)
    await second.setLocalDescription(await second.createAnswer())
    await first.setRemoteDescription(second.localDescription)


async def talk(both_ways: bool) -> tuple[list[str], int, str, str]:
    """Send forty small messages: what the second end sent, how many acknowledgements rode on it, and the ciphers."""
    sent: list[str] = []
    first, second = End(lambda kind: None), End(sent.append)
    await join(first.connection, second.connection)
    while first.face.readyState != "open" or second.face.readyState != "open":
        await asyncio.sleep(0.01)
    arrived: list[bytes] = []
    second.face.on("message", arrived.append)
    sent.clear()
    for index in range(40):
        first.face.send(bytes((index,)))
        if both_ways:
            second.face.send(bytes((index,)))
        await asyncio.sleep(0.03 if both_ways else 0.001)
        while len(arrived) <= index:
            await asyncio.sleep(0.001)
    ssl = first.sctp.transport._ssl
    assert ssl is not None
    ciphers = str(ssl.get_cipher_name()), ssl.get_selected_srtp_profile().decode()
    for end in (first, second):
        end.thinner.close()
        await end.connection.close()
    return sent, second.thinner.ridden, *ciphers


def test_one_way_messages_are_acknowledged_by_the_handful_and_ciphers_are_the_short_ones() -> None:
    sent, ridden, cipher, profile = asyncio.run(talk(both_ways=False))
    assert sent.count("data") == 0
    assert 40 // thrift.SACK_EVERY <= sent.count("sctp") <= 40 // thrift.SACK_EVERY + 2  # two: the delay ran out
    assert ridden == 0
    assert "CHACHA20" in cipher
    assert profile.encode() == thrift.SRTP_SHORTEST


def test_acknowledgements_ride_on_messages_that_go_anyway() -> None:
    sent, ridden, _, _ = asyncio.run(talk(both_ways=True))
    assert sent.count("data") == 40
    assert sent.count("sctp") <= 3
    assert ridden >= 3


@given(st.sets(st.integers(1, 60), max_size=20))
def test_gaps_are_runs(numbers: set[int]) -> None:
    runs = thrift._runs(list(numbers))
    assert {n for first, last in runs for n in range(first, last + 1)} == numbers
    assert all(last + 1 < first for (_, last), (first, _) in itertools.pairwise(runs))


def test_two_chunks_in_one_packet_are_read_by_aiortc() -> None:
    sack, data = SackChunk(), DataChunk()
    sack.cumulative_tsn, data.tsn, data.user_data = 7, 8, b"abcde"
    packet = serialize_packet(5000, 5000, 99, thrift._Joined(bytes(sack), bytes(data)))
    _, _, tag, chunks = parse_packet(packet)
    assert tag == 99
    assert isinstance(chunks[0], SackChunk)
    assert chunks[0].cumulative_tsn == 7
    assert isinstance(chunks[1], DataChunk)
    assert chunks[1].user_data == b"abcde"


class Reporter:
    def __init__(self) -> None:
        self.sent: list[object] = []

    async def _send_rtcp(self, packets: object) -> None:
        self.sent.append(packets)


@pytest.mark.parametrize("counts", [[0, 0, 0], [1, 2, 3, 4, 5, 6], [5, 5, 5, 5]])
def test_sender_reports_are_bare_and_rare(counts: list[int]) -> None:
    reporter = Reporter()
    thrift.thin_sender_reports(reporter)  # type: ignore[arg-type]

    async def run() -> None:
        for count in counts:
            report = RtcpSrPacket(ssrc=1, sender_info=RtcpSenderInfo(0, 0, count, 0))
            await reporter._send_rtcp([report, "names"])

    asyncio.run(run())
    expected = {0: 0, 1: 3, 5: 1}[counts[0]]
    assert len(reporter.sent) == expected
    assert all(len(packets) == 1 for packets in reporter.sent)  # type: ignore[arg-type]


def test_receiver_reports_need_news_and_other_packets_pass() -> None:
    reporter = Reporter()
    thrift.thin_receiver_reports(reporter, 1)  # type: ignore[arg-type]

    async def run() -> None:
        for highest in (1, 1, 2, 2, 2):
            await reporter._send_rtcp(RtcpRrPacket(ssrc=1, reports=[RtcpReceiverInfo(2, 0, 0, highest, 0, 0, 0)]))
        await reporter._send_rtcp("picture loss")

    asyncio.run(run())
    assert len(reporter.sent) == 3
    assert reporter.sent[-1] == "picture loss"
