"""The meeting point: a magic-wormhole mailbox server, in this process.

It hands sealed messages from one end to the other. It sees which addresses meet at which number, when, and how long
their messages are; it cannot read or change those without guessing the code's words at the first try.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any

from app.net import reactor
from app.net.conduct import Allowance
from app.net.signalling import MESSAGE_MAX

logger = logging.getLogger(__name__)

PORT = 4000
"""Where magic-wormhole's own servers listen too."""

PATH = "/v1"

FRAME_MAX = 4 * MESSAGE_MAX
"""Largest WebSocket message taken: a sealed message of the largest size in hexadecimal, and what is around it."""

CONNECTIONS_MAX = 2000
"""Most clients at once; each takes some 50 kB."""

COMMANDS_MAX = 5000
"""Most commands of one connection: an evening of reconnecting takes a few hundred, and mailboxes live in memory."""

STORED_BYTES = (128e6, 150e3)
"""Bytes of commands taken from all clients together, at once and each second: what comes in is kept in memory until its
mailbox is thrown away, so no more than this and eleven minutes of it can ever be there."""

PRUNE_EVERY_S = 300.0
UNUSED_S = 660.0
"""Mailboxes that nobody has listened to for this long are thrown away, as on the public servers."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a meeting point listens: a numeric address or a name, and a port; 0 takes any free one."""

    host: str = "0.0.0.0"
    port: int = PORT


class MeetingPoint:
    """A running mailbox server. Everything it knows is in memory and gone with it.

    Args:
        address: where to listen.

    Raises:
        OSError: it cannot listen there.
    """

    def __init__(self, address: Address) -> None:
        self._listening: Any = None
        self._service: Any = None
        self._prune: Any = None
        self.port: int = reactor.call(lambda: self._listen(address))

    def _listen(self, address: Address) -> int:
        from twisted.internet import error, task
        from twisted.protocols.policies import WrappingFactory
        from wormhole_mailbox_server.database import create_channel_db
        from wormhole_mailbox_server.server import make_server
        from wormhole_mailbox_server.web import make_web_server

        server = make_server(create_channel_db(":memory:"))
        site = make_web_server(server, False, {"maxMessagePayloadSize": FRAME_MAX, "maxFramePayloadSize": FRAME_MAX})
        _limit_commands(site)
        site = _limit_connections(WrappingFactory, site)
        try:
            self._listening = reactor.get().listenTCP(address.port, site, interface=address.host)
        except error.CannotListenError as exc:
            raise OSError(f"cannot listen on {address.host} port {address.port}: {exc.socketError}") from exc
        server.startService()
        self._service = server
        self._prune = task.LoopingCall(self._throw_away_unused)
        self._prune.start(PRUNE_EVERY_S, now=False)
        port: int = self._listening.getHost().port
        return port

    def _throw_away_unused(self) -> None:
        now_s = time.time()
        try:
            self._service.prune_all_apps(now_s, now_s - UNUSED_S)
        except Exception:  # one mailbox in disorder must not keep the others for ever
            logger.exception("the meeting point could not tidy up")

    def close(self) -> None:
        """Stop listening and forget everything."""
        reactor.call(self._close)

    def _close(self) -> None:
        self._prune.stop()
        self._listening.stopListening()
        self._service.stopService()


def _limit_commands(site: Any) -> None:
    """Close the connection of a client that sends more commands than any call needs."""
    from wormhole_mailbox_server.server_websocket import WebSocketServer

    stored = Allowance(*STORED_BYTES)

    class BoundedServer(WebSocketServer):  # type: ignore[misc]  # the package has no types
        _commands = 0

        def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803  # autobahn's names
            self._commands += 1
            too_much = self._commands > COMMANDS_MAX or not stored.take(time.monotonic_ns(), len(payload))
            if isBinary or too_much:
                self.dropConnection(abort=True)
                return
            try:
                super().onMessage(payload, isBinary)
            except Exception as exc:  # whatever a hostile client's command trips over ends that client alone
                logger.debug("a client was dropped: %s", exc)
                self.dropConnection(abort=True)

    site.resource.children[b"v1"]._factory.protocol = BoundedServer


def _limit_connections(wrapping: Any, site: Any) -> Any:
    """Refuse clients beyond the limit."""

    class Door(wrapping):  # type: ignore[misc]  # the class comes in as a value: Twisted is not imported before
        def buildProtocol(self, addr: Any) -> Any:  # noqa: N802  # Twisted's name
            return super().buildProtocol(addr) if len(self.protocols) < CONNECTIONS_MAX else None

    return Door(site)


def reachable_urls(host: str, port: int) -> list[str]:
    """Give the URLs under which others reach a meeting point that listens on an address; the machine's own, for all."""
    if host not in ("0.0.0.0", "::"):
        hosts = [host]
    else:
        from aioice.ice import get_host_addresses

        hosts = get_host_addresses(True, False) or ["127.0.0.1"]
    return [f"ws://[{name}]:{port}" if ":" in name else f"ws://{name}:{port}" for name in hosts]
