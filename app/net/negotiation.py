"""How two ends come to a connection over the meeting point, and to the next one when that is lost.

The end that hosts makes the offers, the other one answers; every connection has a number, its generation, and what
belongs to an older one is ignored. Everything here runs on the net thread, `tick` ten times a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from app.net import signalling
from app.net.conduct import Allowance, Silence, patience_ns
from app.net.connection import Connection, NoRelayError
from app.net.safety import SafetyString
from app.net.trust import Trust

logger = logging.getLogger(__name__)

SILENCE_NS = 2_000_000_000
"""Nothing heard for this long is an outage: the other end sends at least every 0.4 s, so a fifth of all packets may be
lost and five lost in a row are still one in three thousand."""

KEEP_ALIVE_NS = 400_000_000
"""Quiet after which a packet is sent for the other end to hear: 29 bytes, and only where nothing else is said."""

ANSWER_NS = 12_000_000_000
"""Wait for the answer to an offer before the next one. The meeting point keeps the offer for an end that is out of
reach, and that end may wait five seconds for its TURN server."""

FAILED_NS = 1_000_000_000
"""Pause after an attempt that failed at this end, as without any network."""

ATTEMPT_NS = 20_000_000_000
"""Longest an attempt may take while packets come: ICE, DTLS and SCTP are six round trips, some repeated."""

AGAIN_NS = 3_000_000_000
"""Between two requests for another offer."""

FIRST_NS = 40_000_000_000
"""Longest wait for the first connection: after so many attempts packets do not get through."""

GIVE_UP_NS = 120_000_000_000
"""An outage of this length ends the call; a tunnel or a restarted router takes less."""

MESSAGES = (20.0, 2.0)
"""Signalling messages a peer may send at once, and each second: an attempt takes two, one every two seconds."""


class Line(Protocol):
    """The way to the other end's signalling (`app.net.pairing.Pairing`); called on the net thread."""

    def send(self, message: bytes, keep: str) -> None:
        """Send a message.

        Args:
            message: what `app.net.signalling` made.
            keep: while the meeting point cannot be reached the last message under each such name is kept; under no
                name, none.
        """

    def check(self) -> None:
        """Find out whether the meeting point can be reached, and connect anew where it cannot."""


@dataclass(frozen=True, slots=True)
class NegotiationHandlers:
    """Who is told; on the net thread.

    Attributes:
        on_state: connecting, connected, reconnecting.
        on_safety: the safety string, once.
        on_end: the call is over: why, and whether it is the other end's fault.
    """

    on_state: Callable[[str], None]
    on_safety: Callable[[SafetyString], None]
    on_end: Callable[[str, bool], None]


class Negotiation:
    """One end's side of it.

    Args:
        hosts: whether this end makes the offers.
        line: to the other end.
        build: makes a connection for the attempt of that number, and calls the function when it opens.
        attach: takes a connection into use, or None when there is none.
        own_fingerprint: SHA-256 of this end's certificate.
        relays: how many TURN servers there are to go through, 0 where the call may do without.
        handlers: who is told.
        clock_ns: monotonic clock.
    """

    def __init__(
        self,
        hosts: bool,
        line: Line,
        build: Callable[[int, Callable[[Connection], None]], Connection],
        attach: Callable[[Connection | None], None],
        own_fingerprint: bytes,
        relays: int,
        handlers: NegotiationHandlers,
        clock_ns: Callable[[], int],
    ) -> None:
        self._hosts = hosts
        self._line = line
        self._build = build
        self._attach = attach
        self._handlers = handlers
        self._clock_ns = clock_ns
        self._trust = Trust(hosts, own_fingerprint)
        self._relays = relays
        self._without_relay = 0
        self._told_safety = False
        self._allowed = Allowance(*MESSAGES)
        self._generation = 0
        self._current: Connection | None = None
        self._pending: Connection | None = None
        self._answered = False
        self._failed = False
        self._answering: signalling.Offer | None = None
        self._silence = Silence()
        self._attempt = 0
        self._attempt_ns = 0
        self._asked_ns = 0
        self._lost_ns = clock_ns()
        self._ever_connected = False
        self._over = False
        self._tasks: set[asyncio.Task[None]] = set()

    # what happens by itself

    def start(self) -> None:
        """Begin, once both ends are at the meeting point."""
        self._lost_ns = self._clock_ns()
        if self._hosts:
            self._begin_attempt()

    def tick(self) -> None:
        """Look at the clock."""
        if self._over:
            return
        now_ns = self._clock_ns()
        if self._current is not None:
            self._watch(self._current, now_ns)
        elif now_ns - self._lost_ns > (FIRST_NS if self._is_first else GIVE_UP_NS):
            self._give_up()
        elif self._failed and self._answering is not None:
            if now_ns - self._attempt_ns > FAILED_NS:
                self._begin_answer(self._answering)
        elif self._hosts:
            if self._is_hopeless(now_ns):
                self._attempt += 1
                self._begin_attempt()
        elif self._generation and self._is_forgotten(now_ns):
            self._ask_again(now_ns)

    @property
    def _is_first(self) -> bool:
        """Whether the first connection is being made; an end that waits for the first offer may wait for longer."""
        return not self._ever_connected and self._generation > 0

    def _give_up(self) -> None:
        if self._is_first:
            seconds = FIRST_NS // 1_000_000_000
            self.end(f"no packet gets through to the other end in {seconds} s; a TURN server may help", False)
        else:
            self.end(f"nothing from the other end for {GIVE_UP_NS // 1_000_000_000} s", False)

    def _watch(self, current: Connection, now_ns: int) -> None:
        if now_ns - current.tap.last_sent_ns > KEEP_ALIVE_NS:
            current.keep_alive()
        if self._silence.look(current.tap.heard_packets, now_ns) > SILENCE_NS:
            self.lose()

    def _is_hopeless(self, now_ns: int) -> bool:
        """Whether the attempt under way is to be given up for a new one."""
        pending, age_ns = self._pending, now_ns - self._attempt_ns
        if self._failed:
            return age_ns > FAILED_NS
        if pending is None or not self._answered:
            return age_ns > ANSWER_NS
        quiet_ns = now_ns - max(pending.tap.last_heard_ns, self._attempt_ns)
        return quiet_ns > patience_ns(self._attempt) or age_ns > ATTEMPT_NS

    def _is_forgotten(self, now_ns: int) -> bool:
        """Whether the hosting end seems not to know that this one needs another offer."""
        waits_for_offer = self._pending is None and now_ns - self._asked_ns > AGAIN_NS
        return waits_for_offer or now_ns - max(self._attempt_ns, self._asked_ns) > ATTEMPT_NS

    def _ask_again(self, now_ns: int) -> None:
        self._asked_ns = now_ns
        self._send(signalling.Again(self._generation))
        self._line.check()

    def lose(self) -> None:
        """Give the connection up and make another one, as after two seconds of silence."""
        if self._current is None or self._over:
            return
        self._give_up_current()
        if self._hosts:
            self._begin_attempt()
        else:
            self._ask_again(self._lost_ns)

    def _give_up_current(self) -> None:
        if self._current is not None:
            self._retire(self._current)
            self._current = None
            self._attach(None)
            self._lost_ns = self._clock_ns()
            self._attempt = 0
            self._handlers.on_state("reconnecting")

    def network_changed(self) -> None:
        """Hear that this machine's addresses are others now: what was offered leads nowhere."""
        if self._over or not self._ever_connected:
            return
        if self._current is not None:
            self.lose()
        elif self._hosts:
            self._begin_attempt()
        else:
            self._ask_again(self._clock_ns())

    def line_is_back(self) -> None:
        """Hear that the meeting point can be reached again: what was tried meanwhile has not arrived."""
        if self._hosts and not self._over and self._current is None and self._ever_connected and not self._answered:
            self._begin_attempt()

    def connection_ended(self, connection: Connection) -> None:
        """Hear that the other end closed a connection, or that its path is dead for good."""
        if connection is self._current:
            self.lose()

    # what the other end says

    def receive(self, data: bytes) -> None:
        """Take a message from the other end."""
        if self._over:
            return
        try:
            if not self._allowed.take(self._clock_ns()):
                raise ValueError("it floods the meeting point")
            self._obey(signalling.parse(data))
        except ValueError as exc:
            self.end(str(exc), True)

    def _obey(self, message: signalling.Message) -> None:
        match message:
            case signalling.Offer() if not self._hosts:
                self._offered(message)
            case signalling.Answer() if self._hosts:
                self._was_answered(message)
            case signalling.Reveal() if not self._hosts:
                self._trust.revealed(message.nonce)
                self._tell_safety()
            case signalling.Again() if self._hosts:
                if message.generation == self._generation:
                    self._asked_again()
            case signalling.Leave():
                self.end(f"the other end left: {message.reason}", False, tell=False)
            case _:
                raise ValueError("it sends what is not its part of the conversation")

    def _offered(self, offer: signalling.Offer) -> None:
        if offer.generation <= self._generation:
            return
        self._trust.offered(signalling.fingerprint(offer.sdp), offer.commitment)
        if self._generation == 0:
            self._lost_ns = self._clock_ns()
        self._generation = offer.generation
        self._give_up_current()
        self._begin_answer(offer)

    def _begin_answer(self, offer: signalling.Offer) -> None:
        self._answering = offer
        pending = self._renew_pending()
        self._attempt += 1
        self._spawn(self._answer(offer, pending), pending)

    async def _answer(self, offer: signalling.Offer, connection: Connection) -> None:
        sdp = await connection.answer(offer.sdp)
        if connection in (self._pending, self._current):
            self._send(signalling.Answer(offer.generation, sdp, self._trust.nonce))

    def _asked_again(self) -> None:
        if self._current is not None:
            self.lose()
        elif self._answered:
            self._begin_attempt()

    def _was_answered(self, answer: signalling.Answer) -> None:
        if answer.generation != self._generation or self._pending is None or self._answered:
            return
        if self._trust.answered(signalling.fingerprint(answer.sdp), answer.nonce):
            self._send(signalling.Reveal(self._trust.nonce))
        self._answered = True
        self._attempt_ns = self._clock_ns()
        self._spawn(self._pending.accept(answer.sdp), self._pending)

    def _tell_safety(self) -> None:
        """Give the string out when all of it is known and the connection proves the certificates."""
        string = self._trust.safety_string()
        if string is not None and self._current is not None and not self._told_safety:
            self._told_safety = True
            self._handlers.on_safety(string)

    # connections

    def _begin_attempt(self) -> None:
        self._generation += 1
        self._answered = False
        pending = self._renew_pending()
        self._spawn(self._offer(self._generation, pending), pending)
        if self._ever_connected:
            self._line.check()

    async def _offer(self, generation: int, connection: Connection) -> None:
        sdp = await connection.offer()
        if self._pending is connection:
            self._attempt_ns = self._clock_ns()
            self._send(signalling.Offer(generation, sdp, self._trust.commitment))

    def _opened(self, connection: Connection) -> None:
        if connection is not self._pending or self._over:
            return
        self._current, self._pending = connection, None
        self._silence = Silence()
        self._ever_connected = True
        self._attempt = 0
        self._attach(connection)
        self._handlers.on_state("connected")
        self._tell_safety()

    def _renew_pending(self) -> Connection:
        """Put a new connection in the place of the one that did not come about."""
        if self._pending is not None:
            self._retire(self._pending)
        self._attempt_ns = self._clock_ns()
        self._failed = False
        self._pending = self._build(self._attempt, self._opened)
        return self._pending

    def _retire(self, connection: Connection) -> None:
        connection.tap.close()
        self._spawn(connection.close(), connection)

    def _send(self, message: signalling.Message) -> None:
        # An offer is not kept: when the line is back there will be a new one, with the addresses of that moment.
        self._line.send(
            signalling.pack(message), "" if isinstance(message, signalling.Offer) else type(message).__name__
        )

    def _spawn(self, work: Coroutine[Any, Any, None], connection: Connection) -> None:
        task = asyncio.ensure_future(self._guard(work, connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guard(self, work: Coroutine[Any, Any, None], connection: Connection) -> None:
        """Tell a bad description from an attempt that was given up or met a network that is not there."""
        try:
            await work
        except Exception as exc:
            if connection is not self._pending:
                logger.debug("an attempt came to nothing: %s", exc)
            elif isinstance(exc, ValueError):
                self.end(str(exc), True)
            else:
                logger.debug("an attempt failed: %s", exc)
                self._failed = True
                if isinstance(exc, NoRelayError):
                    self._count_relay_failure()

    def _count_relay_failure(self) -> None:
        """Before the first connection, two rounds of all TURN servers are enough."""
        self._without_relay += 1
        if not self._ever_connected and self._without_relay >= 2 * self._relays:
            self.end("no TURN server relays for this end: is its address, user name or password wrong?", False)

    # the end

    def end(self, reason: str, is_their_fault: bool, tell: bool = True) -> None:
        """Stop, and tell the other end unless it said so itself; nothing is tried any more."""
        if self._over:
            return
        self._over = True
        if tell:
            self._send(signalling.Leave("you broke the rules of the call" if is_their_fault else reason))
        self._handlers.on_end(reason, is_their_fault)

    def leave(self, reason: str) -> None:
        """Tell the other end that this one leaves, and stop."""
        if not self._over:
            self._over = True
            self._send(signalling.Leave(reason))

    async def close(self) -> None:
        """Close what is open."""
        self._over = True
        for connection in (self._current, self._pending):
            if connection is not None:
                await connection.close()
        self._current = self._pending = None
        if self._tasks:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(asyncio.gather(*self._tasks, return_exceptions=True), 5.0)
