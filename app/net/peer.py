"""One end of a call, seen from the stages: a thread of its own around aiortc, and plain bytes in and out.

Everything of aiortc happens on the ``net`` thread's asyncio loop. Stages call from theirs; what arrives is handed to
`PeerHandlers` on the net thread, so handlers only put things into mailboxes. A call that lost its path gets another
`Connection`; stages see no more of it than that nothing leaves meanwhile.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from aioice.ice import get_host_addresses
from aiortc import RTCCertificate

from app.net import h265_rtp
from app.net.congestion import VideoRoom
from app.net.connection import Connection, LinkReport, PeerHandlers, Route
from app.net.emulator import LinkConditions, LinkEmulator
from app.net.ice_servers import IceServer
from app.net.negotiation import Line, Negotiation, NegotiationHandlers
from app.net.net_thread import NetThread
from app.net.safety import SafetyString
from app.net.wire import WireCounts, WireMeter
from app.net.wire_plan import WireMode, WirePlan, WirePlanner

__all__ = ["LinkReport", "Peer", "PeerHandlers", "PeerOptions"]

CONTROL_WAITING_MAX = 4 << 20
"""Bytes of control messages that may wait for the link; beyond it the other end takes nothing any more."""

EARLY_MAX = 8
"""Messages that wait while this end is still getting ready; the other one sends an offer every few seconds."""

TICK_S = 0.1
"""Between two looks at the clock: an outage is noticed within this time of its two seconds."""

TICKS_PER_NETWORK_LOOK = 10
"""Between two looks at this machine's addresses, which cost half a millisecond."""


@dataclass(frozen=True, slots=True)
class PeerOptions:
    """How a peer reaches the other one.

    Attributes:
        ice_servers: STUN and TURN servers; none means this machine's own addresses alone.
        relay_only: go through a TURN server alone, so that the other end does not learn this machine's address.
        loopback: use the loopback address alone.
        conditions: emulated link in the sending direction.
        seed: seed of its chance.
        wire: whether faces may ride on sound packets.
        most_kbps: most that is sent, with packet headers; 0 for no limit.
    """

    ice_servers: tuple[IceServer, ...] = ()
    relay_only: bool = False
    loopback: bool = False
    conditions: LinkConditions = field(default_factory=LinkConditions)
    seed: int = 0
    wire: WireMode = "auto"
    most_kbps: int = 0

    def __post_init__(self) -> None:
        if self.relay_only and not any(server.is_turn for server in self.ice_servers):
            raise ValueError("going through a relay alone needs a TURN server in the settings or from --ice-server")


class Peer:
    """A WebRTC peer with one audio track, one H.265 track and two data channels.

    Call `start`; then either `meet`, and it connects and reconnects by itself, or exchange descriptions by hand for one
    connection. `wait_open`, and `close` in the end; `close` may be called at any point after `start`, from any thread
    but the net thread.
    """

    def __init__(self, options: PeerOptions, handlers: PeerHandlers) -> None:
        h265_rtp.register()
        self._options = options
        self._handlers = handlers
        self.net = NetThread()
        self._meter = WireMeter()
        conditions = options.conditions
        self.link = None if conditions.is_perfect else LinkEmulator(conditions, options.seed)
        self._certificate = RTCCertificate.generateCertificate()
        self._open = threading.Event()
        self._ended: str | None = None
        self._face_in_flight = 0
        self._state = "new"
        self._connection: Connection | None = None
        self._negotiation: Negotiation | None = None
        self._early: list[bytes] = []
        self._ticking: asyncio.Task[None] | None = None
        self._discarding: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the net thread."""
        self.net.start()

    def _build(self, attempt: int, on_open: Callable[[Connection], None]) -> Connection:
        """Make a connection; with several servers each attempt begins with another one, for ICE asks but one."""
        servers = self._options.ice_servers
        turn = attempt % len(servers) if servers else 0
        route = Route(
            servers[turn:] + servers[:turn],
            self._options.relay_only,
            self._options.loopback,
            self._certificate,
            self._meter,
            self.link,
            self._options.wire,
            self._options.most_kbps,
        )

        def state_changed(state: str) -> None:
            self._state_changed(connection, state)

        connection = Connection(route, self._handlers, lambda: on_open(connection), state_changed, self._violated)
        return connection

    def _state_changed(self, connection: Connection, state: str) -> None:
        if self._negotiation is None:
            self._tell_state(state)
        elif state in ("failed", "closed"):
            self._negotiation.connection_ended(connection)

    def _tell_state(self, state: str) -> None:
        self._state = state
        self._handlers.on_state(state)

    # signalling by hand, for one connection

    def create_offer(self) -> str:
        """Give the SDP that the other end answers."""
        return self.net.call(self._offer())

    def create_answer(self, offer: str) -> str:
        """Take the other end's offer and give the answer.

        Raises:
            ValueError: the offer is not one.
        """
        return self.net.call(self._answer(offer))

    def accept_answer(self, answer: str) -> None:
        """Take the answer to this peer's offer.

        Raises:
            ValueError: the answer is not one.
        """
        self.net.call(self._accept(answer))

    async def _offer(self) -> str:
        return await self._only_connection().offer()

    async def _answer(self, offer: str) -> str:
        return await self._only_connection().answer(offer)

    async def _accept(self, answer: str) -> None:
        await self._only_connection().accept(answer)

    def _only_connection(self) -> Connection:
        if self._connection is None:
            self._connection = self._build(0, lambda connection: self._open.set())
        return self._connection

    # signalling over a line, for a call

    def meet(
        self, hosts: bool, line: Line, on_safety: Callable[[SafetyString], None], on_end: Callable[[str, bool], None]
    ) -> None:
        """Connect over an open line, and again whenever the connection is lost.

        Args:
            hosts: whether this end makes the offers.
            line: to the other end; what comes from it goes to `signal`.
            on_safety: told the safety string, on the net thread.
            on_end: told why the call is over and whether the other end is to blame, on the net thread.
        """
        self.net.call(self._meet(hosts, line, on_safety, on_end))

    async def _meet(
        self, hosts: bool, line: Line, on_safety: Callable[[SafetyString], None], on_end: Callable[[str, bool], None]
    ) -> None:
        def ended(reason: str, is_their_fault: bool) -> None:
            self._ended = reason
            self._discard()
            on_end(reason, is_their_fault)
            self._open.set()

        handlers = NegotiationHandlers(self._tell_state, on_safety, ended)
        digest = next(found.value for found in self._certificate.getFingerprints() if found.algorithm == "sha-256")
        own = bytes.fromhex(digest.replace(":", ""))
        relays = sum(server.is_turn for server in self._options.ice_servers) if self._options.relay_only else 0
        self._negotiation = Negotiation(
            hosts, line, self._build, self._attach, own, relays, handlers, time.monotonic_ns
        )
        self._tell_state("connecting")
        self._negotiation.start()
        for message in self._early:
            self._negotiation.receive(message)
        self._early.clear()
        self._ticking = asyncio.ensure_future(self._tick(self._negotiation))

    async def _tick(self, negotiation: Negotiation) -> None:
        addresses: frozenset[str] | None = None
        count = 0
        while True:
            await asyncio.sleep(TICK_S)
            negotiation.tick()
            count += 1
            if count % TICKS_PER_NETWORK_LOOK == 0 and not self._options.loopback:
                before, addresses = addresses, frozenset(get_host_addresses(True, True))
                if before is not None and not before <= addresses:
                    negotiation.network_changed()

    def _attach(self, connection: Connection | None) -> None:
        """Take a connection into use; what was on its way over the one before is gone."""
        self._connection = connection
        if connection is not None:
            self._open.set()

    def signal(self, message: bytes) -> None:
        """Take a message that came over the line; what comes before `meet` waits for it."""
        self.net.post(self._signal, message)

    def _signal(self, message: bytes) -> None:
        if self._negotiation is not None:
            self._negotiation.receive(message)
        elif len(self._early) < EARLY_MAX:
            self._early.append(message)

    def line_is_back(self) -> None:
        """Hear that the line was down and is up again."""
        self.net.post(self._with_negotiation, Negotiation.line_is_back)

    def leave(self, reason: str) -> None:
        """Tell the other end over the line that this one leaves; it would take silence for an outage."""
        self.net.post(self._with_negotiation, lambda negotiation: negotiation.leave(reason))

    def drop(self, reason: str) -> None:
        """End the call because the other end breaks its rules."""
        self.net.post(self._violated, reason)

    def _with_negotiation(self, work: Callable[[Negotiation], None]) -> None:
        if self._negotiation is not None:
            work(self._negotiation)

    def _violated(self, reason: str) -> None:
        if self._ended is not None:
            return
        self._ended = reason
        self._discard()
        if self._negotiation is not None:
            self._negotiation.end(reason, True)
        self._handlers.on_dropped(reason)

    def _discard(self) -> None:
        """Close the connection because the call is over."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.tap.close()
            self._discarding = asyncio.ensure_future(connection.close())

    @property
    def is_open(self) -> bool:
        """Whether media and data can flow now."""
        return self._connection is not None and self._open.is_set()

    def wait_open(self, timeout_s: float) -> None:
        """Wait until media and data can flow.

        Raises:
            ConnectionError: they cannot within ``timeout_s``, or the call has ended before.
        """
        if not self._open.wait(timeout_s):
            raise ConnectionError(f"the other end did not connect within {timeout_s:g} s (state: {self._state})")
        if self._ended is not None:
            raise ConnectionError(self._ended)

    # sending, from any thread

    @property
    def face_ready(self) -> bool:
        """Whether a face packet would leave soon. A frame is dropped before it is encoded when not."""
        connection = self._connection
        return connection is not None and self._face_in_flight == 0 and connection.face_ready

    @property
    def frames_together(self) -> int:
        """Faces that one packet is to hold now."""
        connection = self._connection
        return 1 if connection is None else connection.faces.frames_together

    @property
    def plan(self) -> WirePlan:
        """How much of the link the call takes now."""
        connection = self._connection
        if connection is not None:
            return connection.faces.plan
        return WirePlanner(self._options.wire, most_kbps=self._options.most_kbps).plan()

    def allow_low_wire(self, allowed: bool, kbps: int = 0) -> None:
        """Take word of whether the other end reads faces from sound packets, and what the link towards it carries."""

        def tell(connection: Connection) -> None:
            connection.faces.allow_low_wire(allowed, kbps)
            connection.measured(kbps)

        self.net.post(self._with_connection, tell)

    def send_face(self, payload: bytes) -> None:
        """Send a face packet, as a message or on a sound packet as the plan says."""
        self._face_in_flight += 1
        self.net.post(self._send_face, payload)

    def _send_face(self, payload: bytes) -> None:
        self._face_in_flight = 0
        if self._connection is not None:
            self._connection.faces.send_face(payload)

    def _send_control(self, payload: bytes) -> None:
        if self._connection is not None:
            self._connection.channels.send_control(payload)

    def send_feedback(self, payload: bytes) -> None:
        """Send an acknowledgement of a face packet; it may be lost."""
        self.net.post(self._with_connection, lambda connection: connection.faces.send_feedback(payload))

    def send_control(self, payload: bytes) -> None:
        """Send a control message, reliably and in order within one connection; what a lost one held is lost.

        Raises:
            ConnectionError: the other end has taken nothing for so long that megabytes are waiting.
        """
        connection = self._connection
        if connection is not None and connection.control_waiting > CONTROL_WAITING_MAX:
            raise ConnectionError("the other end takes no more control messages")
        self.net.post(self._send_control, payload)

    def send_video(self, access_unit: bytes, timestamp: int) -> None:
        """Send an H.265 access unit. While none is sent the video track costs its RTCP reports alone.

        Args:
            access_unit: Annex B; the first one, and the first after a pause, is a key picture.
            timestamp: units of 1/90000 s since frame 0, increasing.
        """
        self.net.post(self._with_connection, lambda connection: connection.send_video(access_unit, timestamp))

    @property
    def video_room(self) -> VideoRoom:
        """What pictures may take of the link now. A picture is dropped before it is encoded while there is no room."""
        connection = self._connection
        return VideoRoom(is_open=False) if connection is None else connection.video_room

    def send_audio(self, packet: bytes, timestamp: int, silent: bool = False) -> None:
        """Send an Opus packet.

        Args:
            packet: Opus without padding.
            timestamp: samples at 48 kHz since the start.
            silent: nothing is to be heard in it; it is sent only when something rides on it.
        """
        self.net.post(self._with_connection, lambda connection: connection.send_audio(packet, timestamp, silent))

    def request_key(self) -> None:
        """Ask the other end for an IDR picture: the decoder cannot go on without."""
        self.net.post(self._with_connection, Connection.request_key)

    def _with_connection(self, work: Callable[[Connection], None]) -> None:
        if self._connection is not None:
            work(self._connection)

    def counts(self) -> WireCounts:
        """Give what went over the wire so far."""
        return self._meter.counts()

    def sent_by_kind(self) -> dict[str, tuple[int, int]]:
        """Give packets and bytes sent so far, by kind (see `WireMeter`)."""
        return self._meter.sent_by_kind()

    # the end

    def close(self) -> None:
        """Close the connection and end the net thread."""
        self.net.close(self._shut)

    async def _shut(self) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
        if self._negotiation is not None:
            await self._negotiation.close()
        if self._connection is not None:
            await self._connection.close()
