"""What the two ends say to each other about the picture's packets, over RTCP: network thread only.

Everything that aiortc 1.16 does not know is added from outside, at places that `tests/app/net/test_video_feedback.py`
watches: the transport's RTCP intake (arrival reports of RFC 8888, full intra requests that name their stream where
RFC 5104 wants it, REMB), the sender's repetitions, and the receiver's RTP intake, for arrivals.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
import time
from collections.abc import Callable, Iterator

from aiortc import RTCDtlsTransport, RTCRtpReceiver, RTCRtpSender
from aiortc.rtp import RTCP_PSFB_APP, RTCP_PSFB_FIR, RtpPacket, unpack_remb_fci

from app.net.arrival_report import CCFB, RTPFB, ArrivalLog, ReportReader
from app.net.conduct import Allowance
from app.net.congestion import CongestionController, VideoRoom
from app.net.emulator import WIRE_OVERHEAD
from app.net.repeats import Repeats

PSFB = 206
"""Payload type of payload-specific feedback (RFC 4585 section 6.3)."""

RTP_OVERHEAD = WIRE_OVERHEAD + 12 + 10
"""Bytes around a payload: IP and UDP, RTP's header, SRTP's tag."""

REFRESH_S = 0.1
"""While no picture may be sent: between two looks whether one may now, should no report come any more."""

REPORTS = (60.0, 40.0)
"""Arrival reports read at once, and each second; twenty come."""


def split_compound(data: bytes) -> Iterator[bytes]:
    """Give the packets of a compound RTCP packet (RFC 3550 section 6.1); what is cut short or no RTCP ends it."""
    at = 0
    while at + 4 <= len(data):
        size = 4 * (struct.unpack_from("!H", data, at + 2)[0] + 1)
        if data[at] >> 6 != 2 or at + size > len(data):
            return
        yield data[at : at + size]
        at += size


def full_intra_requests(packet: bytes) -> Iterator[tuple[int, int]]:
    """Give the streams that a FIR message asks about, each with the number of the request (RFC 5104 section 4.3.1)."""
    for at in range(12, len(packet) - 7, 8):
        ssrc, number = struct.unpack_from("!LB", packet, at)
        yield ssrc, number


class SendingSide:
    """Knows what was sent and hears what became of it.

    Args:
        sender: of the pictures.
        transport: that brings RTCP.
        on_key_request: told that the other end needs a key picture.
    """

    def __init__(self, sender: RTCRtpSender, transport: RTCDtlsTransport, on_key_request: Callable[[], None]) -> None:
        self.controller = CongestionController()
        self.room: VideoRoom = self.controller.room(time.monotonic_ns())
        self._streams = (sender._ssrc, sender._rtx_ssrc)
        self._on_key_request = on_key_request
        self._reader = ReportReader()
        self._fir_number: int | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._reports = Allowance(*REPORTS)
        self._repeats = Repeats()
        self._repeating: asyncio.Task[None] | None = None
        self._closed = False
        # A picture loss indication reaches the sender stage, which has the encoder, instead of aiortc's flag.
        vars(sender)["_send_keyframe"] = on_key_request
        self._retransmit = sender._retransmit
        vars(sender)["_retransmit"] = self._repeat
        self._pass_on = transport._handle_rtcp_data
        vars(transport)["_handle_rtcp_data"] = self._take_rtcp

    def sent(self, datagram: bytes, now_ns: int) -> None:
        """Look at a datagram that leaves, and tell this sender's RTP from the rest."""
        size = len(datagram) + WIRE_OVERHEAD
        if len(datagram) >= 12 and datagram[0] >> 6 == 2:
            stream = int.from_bytes(datagram[8:12], "big")
            if stream in self._streams:
                self.controller.sent(stream, int.from_bytes(datagram[2:4], "big"), size, now_ns)
                self._refresh()
                return
        self.controller.sent_beside(size)

    def _refresh(self) -> None:
        """Let the sender stage, in a thread of its own, see what room there is."""
        self.room = self.controller.room(time.monotonic_ns())
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self.room.is_open and not self._closed:
            self._timer = asyncio.get_running_loop().call_later(REFRESH_S, self._refresh)

    async def _repeat(self, sequence: int) -> None:
        """Take the place of aiortc's, which sends again at once whatever anybody asks for."""
        self._repeats.ask(sequence, time.monotonic_ns(), self.controller.repeat_after_ns())
        await self._send_repeats()

    async def _send_repeats(self) -> None:
        while self.controller.may_repeat(now_ns := time.monotonic_ns()):
            sequence = self._repeats.take(now_ns)
            if sequence is None:
                return
            with contextlib.suppress(ConnectionError):
                await self._retransmit(sequence)

    async def _take_rtcp(self, data: bytes) -> None:
        rest = b"".join(packet for packet in split_compound(data) if not self._is_own(packet))
        if rest:
            await self._pass_on(rest)

    def _is_own(self, packet: bytes) -> bool:
        """Take what is not for aiortc."""
        form, kind = packet[0] & 0x1F, packet[1]
        if (kind, form) == (RTPFB, CCFB):
            self._take_report(packet, time.monotonic_ns())
            return True
        if (kind, form) == (PSFB, RTCP_PSFB_FIR):
            for stream, number in full_intra_requests(packet):
                if stream in self._streams and number != self._fir_number:
                    self._fir_number = number  # the same number again is the same request, repeated for safety
                    self._on_key_request()
            return True
        if (kind, form) == (PSFB, RTCP_PSFB_APP) and len(packet) >= 12:
            with contextlib.suppress(ValueError):
                bitrate, streams = unpack_remb_fci(packet[12:])
                if self._streams[0] in streams:
                    self.controller.remote_bound(bitrate / 1000)
            return True
        return False

    def _take_report(self, packet: bytes, now_ns: int) -> None:
        if self._reports.take(now_ns):
            with contextlib.suppress(ValueError):
                self.controller.feedback(self._reader.read(packet), now_ns)
                self._refresh()
                if self._repeats.are_waiting and (self._repeating is None or self._repeating.done()):
                    self._repeating = asyncio.ensure_future(self._send_repeats())

    def close(self) -> None:
        """Stop looking."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._repeating is not None:
            self._repeating.cancel()


class ReceivingSide:
    """Notes what arrives and reports it, where the other end reads such reports.

    Args:
        receiver: of the pictures.
        transport: that carries RTCP.
        ssrc: of this end.
        is_wanted: whether reports were negotiated.
    """

    def __init__(
        self, receiver: RTCRtpReceiver, transport: RTCDtlsTransport, ssrc: int, is_wanted: Callable[[], bool]
    ) -> None:
        self._transport = transport
        self._is_wanted = is_wanted
        self._log = ArrivalLog(ssrc)
        self._timer: asyncio.TimerHandle | None = None
        self._sending: asyncio.Task[None] | None = None
        self._closed = False
        self._pass_on = receiver._handle_rtp_packet
        vars(receiver)["_handle_rtp_packet"] = self._take_rtp

    async def _take_rtp(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        if self._is_wanted() and not self._closed:
            now_ns = time.monotonic_ns()
            size = len(packet.payload) + packet.padding_size + RTP_OVERHEAD
            self._log.add(packet.ssrc, packet.sequence_number, size, now_ns)
            due_ns = self._log.due_ns()
            if due_ns is not None:
                self._schedule(max(due_ns - now_ns, 0) / 1e9)
        await self._pass_on(packet, arrival_time_ms)

    def _schedule(self, delay_s: float) -> None:
        loop = asyncio.get_running_loop()
        if self._timer is None or self._timer.when() > loop.time() + delay_s:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = loop.call_later(delay_s, self._report)

    def _report(self) -> None:
        self._timer = None
        self._sending = asyncio.ensure_future(self._send(self._log.report(time.monotonic_ns())))

    async def _send(self, report: bytes) -> None:
        with contextlib.suppress(ConnectionError):
            await self._transport._send_rtp(report)

    def close(self) -> None:
        """Report nothing more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._sending is not None:
            self._sending.cancel()
