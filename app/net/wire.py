"""Where packets leave and enter a peer: every datagram is counted here, and the emulated link lies just outside.

It sits between ICE and the socket, so STUN checks, the DTLS handshake, SRTP, RTCP and SCTP are all counted and all
meet the link.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aioice import Candidate, Connection, TransportPolicy
from aioice.ice import StunProtocol

from app.net.conduct import Allowance
from app.net.emulator import WIRE_OVERHEAD, LinkEmulator

LOOPBACK = "127.0.0.1"

DATAGRAMS = (20_000.0, 8000.0)
"""Datagrams taken from a socket at once, and each second, whoever sent them: what is beyond falls before it costs more
than being counted. An identity on a fast network comes with a few thousand a second."""

STUN_TIMEOUT_S, TURN_TIMEOUT_S = 2, 5
"""Longest wait for servers; where they cannot be reached a call on the LAN waits no longer than this. TURN over TLS
takes six round trips."""


@dataclass(frozen=True, slots=True)
class WireCounts:
    """What one peer put on the wire and took from it, since it started.

    Attributes:
        sent_packets: datagrams handed to the network, lost on the emulated link or not.
        sent_bytes: their UDP payloads plus 28 bytes each.
        received_packets: datagrams that arrived.
        received_bytes: their UDP payloads plus 28 bytes each.
    """

    sent_packets: int = 0
    sent_bytes: int = 0
    received_packets: int = 0
    received_bytes: int = 0


RTCP_TYPES = range(192, 224)
"""Second byte of an RTCP packet (RFC 5761 section 4)."""

APPLICATION_DATA = 23
"""Content type of a DTLS record that carries data, and not the handshake (RFC 6347)."""


class WireMeter:
    """Counts datagrams; written by the network thread, read by any.

    What is sent is also told apart by kind: ``stun``, ``dtls`` (the handshake), ``data`` and ``sctp`` (messages, and
    what SCTP says of itself), ``audio``, ``video``, ``rtcp`` and ``other``.
    """

    def __init__(self) -> None:
        self._sent = (0, 0)
        self._received = (0, 0)
        self._kinds: dict[str, tuple[int, int]] = {}
        self._streams: dict[int, str] = {}
        self._sctp_kind = "sctp"

    def name_stream(self, ssrc: int, kind: str) -> None:
        """Say what an RTP stream of this end carries."""
        self._streams[ssrc] = kind

    def expect_sctp(self, kind: str) -> None:
        """Say what the DTLS record that is sent next carries."""
        self._sctp_kind = kind

    def _kind(self, datagram: bytes) -> str:
        first = datagram[0] if datagram else 255
        if first < 4:
            return "stun"
        if 20 <= first < 64:
            return self._sctp_kind if first == APPLICATION_DATA else "dtls"
        if 128 <= first < 192 and len(datagram) >= 12:
            if datagram[1] in RTCP_TYPES:
                return "rtcp"
            return self._streams.get(int.from_bytes(datagram[8:12], "big"), "other")
        return "other"

    def count_sent(self, datagram: bytes) -> None:
        """Add one datagram that was sent."""
        packets, total = self._sent
        size = len(datagram) + WIRE_OVERHEAD
        self._sent = (packets + 1, total + size)
        kind = self._kind(datagram)
        packets, total = self._kinds.get(kind, (0, 0))
        self._kinds[kind] = (packets + 1, total + size)

    def count_received(self, payload_bytes: int) -> None:
        """Add one datagram that arrived."""
        packets, total = self._received
        self._received = (packets + 1, total + payload_bytes + WIRE_OVERHEAD)

    def counts(self) -> WireCounts:
        """Give the totals so far."""
        return WireCounts(*self._sent, *self._received)

    def sent_by_kind(self) -> dict[str, tuple[int, int]]:
        """Give packets and bytes sent so far by kind, each packet with 28 bytes of headers."""
        return dict(self._kinds)


class Tap:
    """Stands between one ICE connection and its sockets.

    Args:
        meter: counts both directions.
        emulator: the link of the sending direction, or None for the real one alone.
        clock_ns: monotonic clock.

    Attributes:
        on_sent: told every datagram that leaves, and when.
        last_sent_ns: when one left last.
        last_heard_ns: when one came last.
        heard_packets: how many came.
    """

    def __init__(self, meter: WireMeter, emulator: LinkEmulator | None, clock_ns: Callable[[], int]) -> None:
        self._meter = meter
        self._emulator = emulator
        self._clock_ns = clock_ns
        self._closed = False
        self._allowance = Allowance(*DATAGRAMS)
        self.on_sent: Callable[[bytes, int], None] = lambda datagram, now_ns: None
        self.last_sent_ns = 0
        self.last_heard_ns = 0
        self.heard_packets = 0

    def install(self, connection: Connection, loopback: bool) -> None:
        """Take the place, before candidates are gathered.

        Args:
            connection: aioice's connection.
            loopback: gather the loopback address alone: both peers are on this machine, which may have no network.
        """
        gather = connection.get_component_candidates

        async def gather_tapped(component: int, addresses: list[str], timeout: int = 5) -> list[Candidate]:
            only_relayed = connection._transport_policy is TransportPolicy.RELAY
            if not only_relayed and (loopback or not addresses):
                addresses = [LOOPBACK]
            timeout_s = TURN_TIMEOUT_S if connection.turn_server else STUN_TIMEOUT_S
            candidates = await gather(component, addresses, timeout_s)
            for protocol in connection._protocols:
                self._wrap(protocol)
            return candidates

        vars(connection)["get_component_candidates"] = gather_tapped

    def _wrap(self, protocol: StunProtocol) -> None:
        receive = protocol.datagram_received

        def datagram_received(data: bytes | str, addr: tuple[Any, ...]) -> None:
            # aiortc looks at the first byte of every datagram: an empty one, from anybody, would end the call.
            if self._closed or not data or not self._allowance.take(self._clock_ns()):
                return
            self._meter.count_received(len(data))
            self.last_heard_ns = self._clock_ns()
            self.heard_packets += 1
            receive(data, addr)

        vars(protocol)["transport"] = TappedTransport(protocol.transport, self)
        vars(protocol)["datagram_received"] = datagram_received

    def send(self, data: bytes, deliver: Callable[[bytes], None]) -> None:
        """Pass a datagram on, now or when the emulated link lets it through, or not at all."""
        self._meter.count_sent(data)
        now_ns = self.last_sent_ns = self._clock_ns()
        self.on_sent(data, now_ns)
        if self._emulator is None:
            deliver(data)
            return
        arrival_ns = self._emulator.admit(len(data), now_ns)
        if arrival_ns is None:
            return
        if arrival_ns <= now_ns:
            deliver(data)
        else:
            asyncio.get_running_loop().call_later((arrival_ns - now_ns) / 1e9, self._deliver_late, data, deliver)

    def _deliver_late(self, data: bytes, deliver: Callable[[bytes], None]) -> None:
        if not self._closed:
            deliver(data)

    def close(self) -> None:
        """Let nothing through any more that comes in or is still on the emulated link."""
        self._closed = True


class TappedTransport:
    """A datagram transport that sends through a tap.

    Everything else (``close``, ``get_extra_info``, ...) is the wrapped transport's.
    """

    def __init__(self, transport: asyncio.DatagramTransport, tap: Tap) -> None:
        self._transport = transport
        self._tap = tap

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def sendto(self, data: bytes, addr: tuple[str, int]) -> None:
        """Send a datagram."""
        self._tap.send(data, lambda late: self._deliver(late, addr))

    def _deliver(self, data: bytes, addr: tuple[str, int]) -> None:
        is_closing = getattr(self._transport, "is_closing", None)  # aioice's TURN transport has none, and needs none
        if is_closing is None or not is_closing():
            self._transport.sendto(data, addr)
