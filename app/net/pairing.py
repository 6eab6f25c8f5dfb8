"""Two people find each other by a short code: magic-wormhole, held open for as long as the call lasts.

One end asks the meeting point for a number and adds two words; the other end types all that. Both derive a key from the
words (SPAKE2), so the meeting point can neither read nor change what passes, and whoever guesses has one try, which
both see. What is sent is sealed with that key.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.net import reactor, signalling
from app.net.codes import CODE_WORDS, PairingError, parse_url, tidy_code
from app.net.control import PROTOCOL
from app.net.road import CONNECT_S, Road
from codec.stream import BITSTREAM_VERSION

logger = logging.getLogger(__name__)

APP_ID = "visavis/call"
"""Numbers of other applications at the same meeting point do not mix with ours."""

VERSIONS = [signalling.VERSION, PROTOCOL, BITSTREAM_VERSION]
"""Of signalling, call control and face packets: ends that differ in one of them could not talk, and hear of it here."""

UNKNOWN_S = 3.0
"""How long the number of a code may be missing from the meeting point's list of those who wait."""

ALONE_S = 8.0
"""How long an end that has typed a code waits for the other one, whose program answers at once if it is there."""

PONG_S = 1.5
"""Longest wait for the meeting point's answer to a ping during an outage of the call; then it is called anew."""

CLOSE_S = 2.0
"""Longest wait at the end until the meeting point has taken the last message."""


@dataclass(frozen=True, slots=True)
class PairingHandlers:
    """Who is told; on Twisted's thread, none may block or raise.

    Attributes:
        on_code: the code that the other end has to type.
        on_paired: the other end is there and has typed the right code.
        on_message: a message from it; at most `signalling.MESSAGE_MAX` bytes are of any use.
        on_line: the meeting point is within reach again (True) or not (False).
        on_failed: it is over, and why.
    """

    on_code: Callable[[str], None]
    on_paired: Callable[[], None]
    on_message: Callable[[bytes], None]
    on_line: Callable[[bool], None]
    on_failed: Callable[[PairingError], None]


class Pairing:
    """One end's line to the other one. Call `host` or `join`, and `close` in the end.

    Args:
        url: the meeting point.
        handlers: who is told.

    Raises:
        ValueError: the URL is none.
    """

    def __init__(self, url: str, handlers: PairingHandlers) -> None:
        self._url = parse_url(url)
        self._handlers = handlers
        self._wormhole: Any = None
        self._road: Road | None = None
        self._is_up = False
        self._paired = False
        self._over = False
        self._checking = False
        self._kept: dict[str, bytes] = {}
        self._closed = threading.Event()

    def host(self) -> None:
        """Ask for a code; it comes to `PairingHandlers.on_code`."""
        reactor.call(self._open)
        reactor.post(lambda: self._wormhole.allocate_code(CODE_WORDS))

    def join(self, code: str) -> None:
        """Meet the end that was given this code.

        Raises:
            PairingError: it is no code.
        """
        code = tidy_code(code)
        reactor.call(self._open)
        reactor.post(lambda: self._look_for(code, self._wormhole.input_code()))

    def _open(self) -> None:
        import wormhole

        self._road = Road(self._url, self._heard_nonsense)
        with self._road.quick_retries():
            self._wormhole = wormhole.create(
                APP_ID,
                self._url,
                reactor.get(),
                versions={"visavis": VERSIONS},
                delegate=self,
                tor=self._road.as_tor_manager(),
                on_status_update=self._status_changed,
            )

    # finding the number

    def _look_for(self, code: str, helper: Any, looks: int = 0) -> None:
        """Claim a number only once it is seen in the list of those who wait, or where there is no such list."""
        if self._over:
            return
        number, words = code.split("-", 1)
        if looks == 0 or (self._is_up and looks % 10 == 0):
            helper.refresh_nameplates()
        known = {found.rstrip("-") for found in helper.get_nameplate_completions("")}
        if number in known or (looks * 0.1 >= UNKNOWN_S and not known):
            helper.choose_nameplate(number)
            helper.choose_words(words)
            reactor.get().callLater(ALONE_S, self._alone)
        elif looks * 0.1 >= UNKNOWN_S:
            self._fail(PairingError(_UNKNOWN))
        else:
            waited = looks + 1 if self._is_up else max(looks, 1)
            reactor.get().callLater(0.1, self._look_for, code, helper, waited)

    def _alone(self) -> None:
        if not self._paired:
            self._fail(PairingError(_UNKNOWN))

    # what magic-wormhole says; the names are its own

    def wormhole_got_welcome(self, welcome: dict[str, object]) -> None:
        """Nothing that a meeting point says in greeting is of use here."""

    def wormhole_got_code(self, code: str) -> None:
        """Pass the code on."""
        self._handlers.on_code(code)

    def wormhole_got_unverified_key(self, key: bytes) -> None:
        """The other end is there; whether it has the right words shows in its first sealed message."""

    def wormhole_got_verifier(self, verifier: bytes) -> None:
        """The safety string does the verifier's work, and covers the connection itself."""

    def wormhole_got_versions(self, versions: object) -> None:
        """Learn that the other end has the key too."""
        theirs = versions.get("visavis") if isinstance(versions, dict) else None
        if theirs != VERSIONS:
            self._fail(PairingError("the other end runs another version of Visavis; both must run the same"))
            return
        self._paired = True
        if self._road is not None:
            self._road.persistent = True
        self._handlers.on_paired()

    def wormhole_got_message(self, plaintext: bytes) -> None:
        """Pass a message on."""
        if not self._over:
            self._handlers.on_message(plaintext)

    def wormhole_closed(self, result: object) -> None:
        """Learn that it is over."""
        self._closed.set()
        if isinstance(result, Exception):
            self._fail(PairingError(explain(result, self._url)))

    def _fail(self, error: PairingError) -> None:
        if not self._over:
            self._over = True
            if not self._closed.is_set():
                self._wormhole.close()
            self._handlers.on_failed(error)

    def _heard_nonsense(self) -> None:
        self._fail(PairingError(f"{self._url} is no meeting point, or a broken one"))

    def _status_changed(self, status: Any) -> None:
        from wormhole._status import Connected

        is_up = isinstance(status.mailbox_connection, Connected)
        if is_up == self._is_up:
            return
        self._is_up = is_up
        if is_up:
            for message in self._kept.values():
                self._wormhole.send_message(message)
            self._kept.clear()
        self._handlers.on_line(is_up)

    # the line, from any thread

    def send(self, message: bytes, keep: str) -> None:
        """Send a message, as `app.net.negotiation.Line` has it."""
        reactor.post(self._send, message, keep)

    def _send(self, message: bytes, keep: str) -> None:
        if self._closed.is_set() or self._wormhole is None:
            return
        if self.is_open:
            self._wormhole.send_message(message)
        elif keep:
            self._kept[keep] = message

    @property
    def is_open(self) -> bool:
        """Whether the meeting point was within reach when last heard of."""
        client = self._road.client if self._road is not None else None
        return self._is_up and client is not None and client.state == client.STATE_OPEN

    def check(self) -> None:
        """Find out whether the meeting point still answers, and call it anew where it does not."""
        reactor.post(self._check)

    def _check(self) -> None:
        if self._road is None or self._checking or not self.is_open:
            return
        client, self._checking = self._road.client, True
        heard = client.trafficStats.incomingOctetsWireLevel
        client.sendPing()
        reactor.get().callLater(PONG_S, self._judge, client, heard)

    def _judge(self, client: Any, heard: int) -> None:
        self._checking = False
        if client.trafficStats.incomingOctetsWireLevel == heard and client.transport is not None:
            logger.debug("the meeting point does not answer, calling it anew")
            client.transport.abortConnection()

    def close(self) -> None:
        """Leave the meeting point, after what was sent has reached it if that takes no more than a moment."""
        if self._wormhole is None:
            return
        reactor.post(self._close)
        self._closed.wait(CLOSE_S)

    def _close(self) -> None:
        if not self._over:
            self._over = True
            if not self._closed.is_set():
                self._wormhole.close()


_UNKNOWN = "nobody waits at this code; check it, and that the other end's `visavis host` still runs"


def explain(error: Exception, url: str) -> str:
    """Put magic-wormhole's error into a line for people."""
    from wormhole import errors

    match error:
        case errors.WrongPasswordError():
            return "wrong code: this one is used up, ask for a new one (or somebody else tried to get in)"
        case errors.ServerConnectionError():
            return f"the meeting point {url} cannot be reached: {_why(error.reason)}"
        case errors.WelcomeError():
            return f"the meeting point {url} turns us away: {signalling.one_line(str(error))}"
        case errors.ServerError() if "crowded" in str(error):
            return "two others are in this call already; ask for a new code"
        case errors.ServerError() if "reclaimed" in str(error):
            return "this code is used up; ask for a new one"
        case _:
            return f"the meeting point {url} does not behave: {signalling.one_line(str(error)) or type(error).__name__}"


def _why(reason: object) -> str:
    from twisted.internet import error

    match reason:
        case error.DNSLookupError():
            return "there is no such name, or no network"
        case error.ConnectionRefusedError():
            return "nothing listens there"
        case error.TimeoutError():
            return f"no answer in {CONNECT_S:g} s"
        case _:
            return signalling.one_line(str(reason)) or type(reason).__name__
