"""Where aiortc 1.16 spends more of the link than what it carries is worth, and how it is kept from that.

Everything here reaches into aiortc, and `tests/app/net/test_thrift.py` fails when that changes:

- `SackThinner`: SCTP acknowledgements, 93 bytes each, are delayed and then ride on packets that go out anyway.
- `prefer_short_records`: ciphers whose records carry eight bytes less (DTLS) and six bytes less (SRTP).
- `thin_sender_reports`, `thin_receiver_reports`: RTCP without names, and none about streams that stand still.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from aiortc import RTCDtlsTransport, RTCRtpReceiver, RTCRtpSender, RTCRtpTransceiver, RTCSctpTransport
from aiortc.rtcdtlstransport import RTCCertificate, SRTPProtectionProfile
from aiortc.rtcsctptransport import Chunk, DataChunk, ForwardTsnChunk, SackChunk, serialize_packet
from aiortc.rtp import AnyRtcpPacket, RtcpRrPacket, RtcpSrPacket
from OpenSSL import SSL

SACK_EVERY = 8
"""Small messages per SCTP acknowledgement: each costs 93 bytes on the wire, 18.6 kbps if every frame gets one."""

SACK_RIDES_AFTER_S = 0.2
"""Wait after which an acknowledgement rides on a message that goes the other way, where it costs 16 bytes."""

SACK_EVERY_WITH_GAP = 2
"""The same while a packet is missing, so that the sender's three missing reports come within a quarter second."""

SMALL_BYTES = 1000
"""A chunk of data up to this long leaves room for an acknowledgement in its packet (1200 bytes in all)."""

SACK_DELAY_S = 0.4
"""Longest wait for an acknowledgement; RFC 9260 section 6.2 forbids more than 0.5 s."""

MISORDERED_MAX = 4096
"""Packets received beyond a gap: the window of a megabyte in packets of 256 bytes."""

RTO_INITIAL_S = 1.0
"""First retransmission time-out, as RFC 9260 section 16 has it; aiortc 1.16 keeps the 3 s of its predecessor."""

CIPHERS = b"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256"
"""ChaCha20 first: its nonce is the record's number and not sent (RFC 7905), where AES-GCM sends eight bytes of it."""

CERTIFICATE_ATTRIBUTE = "_RTCDtlsTransport__local_certificate"

SRTP_SHORTEST = b"SRTP_AES128_CM_SHA1_80"
"""The profile every WebRTC end must have (RFC 8827 section 6.5): a tag of ten bytes, GCM has one of sixteen."""

SENDER_REPORT_EVERY = 2
"""Of the sender reports that aiortc makes, one a second; the round trip is measured with each that is sent."""

AUDIO_REPORT_EVERY = 2
"""Of the receiver reports on sound: what they alone tell is the round trip."""


class SackThinner:
    """Delays SCTP acknowledgements of small messages, and puts them into packets of data that leave meanwhile.

    RFC 9260 section 6.2 allows the delay, and this many packets of a hundred bytes are far from filling the sender's
    window; section 6.10 wants acknowledgements bundled with data. Streams named in ``prompt`` are acknowledged at
    once, as aiortc does.

    Args:
        sctp: the association, before it starts.
        prompt: streams whose sender waits for acknowledgements.
        on_violation: called when the other end breaks the rules.
        on_packet: told before each SCTP packet whether it carries data ("data"), or acknowledgements and the like.
    """

    def __init__(
        self,
        sctp: RTCSctpTransport,
        prompt: frozenset[int],
        on_violation: Callable[[str], None],
        on_packet: Callable[[str], None],
    ) -> None:
        self._sctp = sctp
        self._prompt = prompt
        self._on_violation = on_violation
        self._on_packet = on_packet
        self._receive = sctp._receive_data_chunk
        self._skip = sctp._receive_forward_tsn_chunk
        self._send_chunk = sctp._send_chunk
        self._waiting = 0
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self.ridden = 0
        sctp._rto = RTO_INITIAL_S
        vars(sctp)["_receive_data_chunk"] = self._receive_thinned
        vars(sctp)["_receive_forward_tsn_chunk"] = self._skip_thinned
        vars(sctp)["_send_chunk"] = self._send_bundled

    async def _receive_thinned(self, chunk: DataChunk) -> None:
        # aiortc advertises a window and takes what exceeds it: pieces of messages that never end would fill the memory.
        if self._sctp._advertised_rwnd < 0 or len(self._sctp._sack_misordered) > MISORDERED_MAX:
            self._on_violation("it sends pieces of messages without end")
            return
        # Counted before it is handed on: what the call sends in answer may carry the acknowledgement already.
        self._waiting += 1
        await self._receive(chunk)
        self._put_off(chunk.stream_id in self._prompt)

    async def _skip_thinned(self, chunk: ForwardTsnChunk) -> None:
        self._waiting += 1
        await self._skip(chunk)
        self._put_off(False)

    def _put_off(self, prompt: bool) -> None:
        """Let aiortc acknowledge now, or make it wait."""
        sctp = self._sctp
        gap = sctp._sack_misordered or sctp._sack_duplicates
        if self._waiting and (prompt or self._waiting >= (SACK_EVERY_WITH_GAP if gap else SACK_EVERY)):
            self._rest()
            return
        sctp._sack_needed = False
        if self._waiting == 0:
            return  # it rode on what was sent in answer
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SACK_DELAY_S, self._on_timer)

    async def _send_bundled(self, chunk: Chunk) -> None:
        """Take the place of aiortc's, which puts one chunk into each packet."""
        self._on_packet("data" if isinstance(chunk, DataChunk) else "sctp")
        if self._may_ride() and isinstance(chunk, DataChunk) and len(chunk.user_data) <= SMALL_BYTES:
            self._rest()
            self.ridden += 1
            await self._send_pair(_build_sack(self._sctp), chunk)
        else:
            await self._send_chunk(chunk)

    def _may_ride(self) -> bool:
        """Whether an acknowledgement has waited so long that it need not wait for more company."""
        left_s = 0.0 if self._timer is None else self._timer.when() - asyncio.get_running_loop().time()
        return self._waiting > 0 and self._timer is not None and left_s <= SACK_DELAY_S - SACK_RIDES_AFTER_S

    async def _send_pair(self, sack: SackChunk, data: DataChunk) -> None:
        sctp = self._sctp
        both = _Joined(bytes(sack), bytes(data))
        packet = serialize_packet(sctp._local_port, sctp._remote_port or 0, sctp._remote_verification_tag, both)
        await sctp.transport._send_data(packet)

    def _on_timer(self) -> None:
        self._rest()
        self._task = asyncio.ensure_future(self._send())

    async def _send(self) -> None:
        with contextlib.suppress(ConnectionError):
            await self._sctp._send_sack()

    def _rest(self) -> None:
        self._waiting = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close(self) -> None:
        """Stop the timer, when the association is about to close."""
        self._rest()


class _Joined(Chunk):
    """Two chunks where aiortc serialises one."""

    def __init__(self, *chunks: bytes) -> None:
        self._bytes = b"".join(chunk + bytes(-len(chunk) % 4) for chunk in chunks)

    def __bytes__(self) -> bytes:
        return self._bytes


def _build_sack(sctp: RTCSctpTransport) -> SackChunk:
    """Say what has arrived, as `RTCSctpTransport._send_sack` does, and take it as said."""
    sack = SackChunk()
    assert sctp._last_received_tsn is not None
    sack.cumulative_tsn = sctp._last_received_tsn
    sack.advertised_rwnd = max(0, sctp._advertised_rwnd)
    sack.duplicates = sctp._sack_duplicates[:]
    sack.gaps = _runs([(tsn - sctp._last_received_tsn) % (1 << 32) for tsn in sctp._sack_misordered])
    sctp._sack_duplicates.clear()
    sctp._sack_needed = False
    return sack


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    """Join neighbouring numbers: [3, 1, 2, 7] gives [(1, 3), (7, 7)]."""
    runs: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def prefer_short_records(dtls: RTCDtlsTransport) -> None:
    """Put the ciphers with the shortest records first, before the handshake; the other end may still choose others.

    All connections of a call have one certificate, which makes the context for each.
    """
    dtls._srtp_profiles = sorted(dtls._srtp_profiles, key=lambda profile: profile.openssl_profile != SRTP_SHORTEST)
    certificate: RTCCertificate = getattr(dtls, CERTIFICATE_ATTRIBUTE)
    if "_create_ssl_context" in vars(certificate):
        return
    create = certificate._create_ssl_context

    def create_short(srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        context = create(srtp_profiles)
        context.set_cipher_list(CIPHERS)
        return context

    vars(certificate)["_create_ssl_context"] = create_short


def thin_sender_reports(sender: RTCRtpSender) -> None:
    """Send a bare sender report every other second, and none while nothing is sent.

    Names (SDES) are for conferences of strangers; here there are two ends, which negotiated their streams.
    """
    send = sender._send_rtcp
    last_count, turn = 0, 0

    async def send_thinned(packets: list[AnyRtcpPacket]) -> None:
        nonlocal last_count, turn
        report = packets[0]
        if isinstance(report, RtcpSrPacket):
            if report.sender_info.packet_count == last_count:
                return
            turn += 1
            if turn % SENDER_REPORT_EVERY:
                return
            last_count = report.sender_info.packet_count
            packets = [report]
        await send(packets)

    vars(sender)["_send_rtcp"] = send_thinned


def thin_receiver_reports(receiver: RTCRtpReceiver, every: int) -> None:
    """Send every so many-th receiver report, and none that says what the last one said."""
    send = receiver._send_rtcp
    said: list[tuple[int, int]] = []
    turn = 0

    async def send_thinned(packet: AnyRtcpPacket) -> None:
        nonlocal turn
        if isinstance(packet, RtcpRrPacket):
            turn += 1
            if turn % every:
                return
            news = [(report.ssrc, report.highest_sequence) for report in packet.reports]
            if news == said:
                return
            said[:] = news
        await send(packet)

    vars(receiver)["_send_rtcp"] = send_thinned


def thin_reports(audio: RTCRtpTransceiver, video: RTCRtpTransceiver) -> None:
    """Thin the reports of both streams; what they say of sound stands in bundles too."""
    for transceiver, every in ((audio, AUDIO_REPORT_EVERY), (video, 1)):
        thin_sender_reports(transceiver.sender)
        thin_receiver_reports(transceiver.receiver, every)
