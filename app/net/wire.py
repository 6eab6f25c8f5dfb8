"""Where packets leave and enter a peer: every datagram is counted here, and the emulated link lies just outside.

It sits between ICE and the socket, so STUN checks, the DTLS handshake, SRTP, RTCP and SCTP are all counted and all
meet the link.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aioice import Candidate, Connection
from aioice.ice import StunProtocol

from app.net.emulator import WIRE_OVERHEAD, LinkEmulator

LOOPBACK = "127.0.0.1"


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


class WireMeter:
    """Counts datagrams; written by the network thread, read by any."""

    def __init__(self) -> None:
        self._sent = (0, 0)
        self._received = (0, 0)

    def count_sent(self, payload_bytes: int) -> None:
        """Add one datagram that was sent."""
        packets, total = self._sent
        self._sent = (packets + 1, total + payload_bytes + WIRE_OVERHEAD)

    def count_received(self, payload_bytes: int) -> None:
        """Add one datagram that arrived."""
        packets, total = self._received
        self._received = (packets + 1, total + payload_bytes + WIRE_OVERHEAD)

    def counts(self) -> WireCounts:
        """Give the totals so far."""
        return WireCounts(*self._sent, *self._received)


class TappedTransport:
    """A datagram transport that counts what is sent and passes it through the emulated link.

    Everything else (``close``, ``get_extra_info``, ...) is the wrapped transport's.
    """

    def __init__(
        self,
        transport: asyncio.DatagramTransport,
        meter: WireMeter,
        emulator: LinkEmulator | None,
        clock_ns: Callable[[], int],
    ) -> None:
        self._transport = transport
        self._meter = meter
        self._emulator = emulator
        self._clock_ns = clock_ns
        self._loop = asyncio.get_running_loop()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def sendto(self, data: bytes, addr: tuple[str, int]) -> None:
        """Send a datagram, now or when the emulated link lets it through, or not at all."""
        self._meter.count_sent(len(data))
        if self._emulator is None:
            self._transport.sendto(data, addr)
            return
        now_ns = self._clock_ns()
        arrival_ns = self._emulator.admit(len(data), now_ns)
        if arrival_ns is None:
            return
        if arrival_ns <= now_ns:
            self._transport.sendto(data, addr)
        else:
            self._loop.call_later((arrival_ns - now_ns) / 1e9, self._deliver, data, addr)

    def _deliver(self, data: bytes, addr: tuple[str, int]) -> None:
        if not self._transport.is_closing():
            self._transport.sendto(data, addr)


def tap_connection(
    connection: Connection,
    meter: WireMeter,
    emulator: LinkEmulator | None,
    clock_ns: Callable[[], int],
    loopback: bool,
) -> None:
    """Put the meter and the emulated link under an ICE connection, before it gathers candidates.

    Args:
        connection: aioice's connection.
        meter: counts both directions.
        emulator: the link of the sending direction, or None for the real one alone.
        clock_ns: monotonic clock.
        loopback: gather the loopback address alone: both peers are on this machine, which may have no network.
    """
    gather = connection.get_component_candidates

    async def gather_tapped(component: int, addresses: list[str], timeout: int = 5) -> list[Candidate]:
        candidates = await gather(component, [LOOPBACK] if loopback else addresses, timeout)
        for protocol in connection._protocols:
            _tap_protocol(protocol, meter, emulator, clock_ns)
        return candidates

    vars(connection)["get_component_candidates"] = gather_tapped


def _tap_protocol(
    protocol: StunProtocol, meter: WireMeter, emulator: LinkEmulator | None, clock_ns: Callable[[], int]
) -> None:
    receive = protocol.datagram_received

    def datagram_received(data: bytes | str, addr: tuple[Any, ...]) -> None:
        meter.count_received(len(data))
        receive(data, addr)

    tapped = TappedTransport(protocol.transport, meter, emulator, clock_ns)
    vars(protocol)["transport"] = tapped
    vars(protocol)["datagram_received"] = datagram_received
