"""The way to the meeting point: how a line is dialled, at first and after it was lost."""

from __future__ import annotations

import contextlib
import functools
import json
import types
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from app.net import reactor, signalling

CONNECT_S = 10.0
"""Longest wait for the first connection to the meeting point."""

REDIAL_S, REDIAL_PAUSE_S = 2.5, 0.5
"""Length of each try to reach the meeting point again during a call, and the pause before the next: TCP's own
repetitions come at longer and longer intervals, and a link that is back must be found within a second."""

INCOMING_MAX = 8 * signalling.MESSAGE_MAX
"""Largest WebSocket message taken from the meeting point."""


CONNECTION_MAX = 16 << 20
"""Most bytes taken over one connection to the meeting point, which repeats all messages of a call on each."""


def _is_message(payload: bytes) -> bool:
    """Whether it is an object with a type, as everything is that a mailbox server sends."""
    try:
        values = json.loads(payload)
    except (ValueError, RecursionError):
        return False
    return isinstance(values, dict) and isinstance(values.get("type"), str)


class Road:
    """The way to the meeting point: magic-wormhole's own at first, and untiring once a call depends on it.

    Args:
        url: the meeting point.
        on_nonsense: told when the meeting point sends what none would.
    """

    def __init__(self, url: str, on_nonsense: Callable[[], None]) -> None:
        self._url = url
        self._on_nonsense = on_nonsense
        self.persistent = False
        self.client: Any = None

    def as_tor_manager(self) -> Any:
        """Give what magic-wormhole takes in place of Tor, the one way it has to be given a connection."""
        from wormhole._interfaces import ITorManager
        from zope.interface import implementer

        road = self

        @implementer(ITorManager)
        class Endpoint:
            def stream_via(self, host: str, port: int, tls: bool = False) -> Any:
                return self

            def connect(self, factory: Any) -> Any:
                from twisted.internet import defer

                return defer.Deferred.fromCoroutine(road._connect(factory))

        return Endpoint()

    @contextlib.contextmanager
    def quick_retries(self) -> Iterator[None]:
        """Have magic-wormhole call again at once where a call depends on it, and not after one to sixty seconds.

        It makes the service that keeps its connection while this lasts, and asks nobody how long that should wait.
        """
        from twisted.application import internet
        from wormhole import _rendezvous

        usual = internet.backoffPolicy()

        def wait_s(attempt: int) -> float:
            return REDIAL_PAUSE_S if self.persistent else usual(attempt)

        quick = functools.partial(internet.ClientService, retryPolicy=wait_s)
        _rendezvous.internet = types.SimpleNamespace(ClientService=quick)
        try:
            yield
        finally:
            _rendezvous.internet = internet

    async def _connect(self, factory: Any) -> Any:
        from twisted.internet import defer, task

        while True:
            try:
                proxy = await self._endpoint(REDIAL_S if self.persistent else CONNECT_S).connect(factory)
            except defer.CancelledError:
                raise
            except Exception:
                if not self.persistent:
                    raise
                await task.deferLater(reactor.get(), REDIAL_PAUSE_S)
                continue
            self.client = proxy._protocol
            self._bound(self.client)
            return proxy

    def _bound(self, client: Any) -> None:
        """Let only messages through that are some, and not without end: magic-wormhole keeps all it gets."""
        client.maxMessagePayloadSize = client.maxFramePayloadSize = INCOMING_MAX
        take = client.onMessage
        taken = 0

        def take_bounded(payload: bytes, is_binary: bool) -> None:
            nonlocal taken
            taken += len(payload)
            if is_binary or taken > CONNECTION_MAX or not _is_message(payload):
                client.transport.abortConnection()
                self._on_nonsense()
            else:
                take(payload, is_binary)

        client.onMessage = take_bounded

    def _endpoint(self, timeout_s: float) -> Any:
        from twisted.internet import endpoints, ssl

        parts = urlsplit(self._url)
        tls = parts.scheme == "wss"
        assert parts.hostname is not None
        port = parts.port or (443 if tls else 80)
        bare: Any = endpoints.HostnameEndpoint(reactor.get(), parts.hostname, port, timeout=timeout_s)
        return endpoints.wrapClientTLS(ssl.optionsForClientTLS(parts.hostname), bare) if tls else bare
