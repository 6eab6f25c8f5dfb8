"""Whether a STUN or TURN server or a meeting point answers, before a call depends on it."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import ssl
from collections.abc import Coroutine
from typing import Any
from urllib.parse import urlsplit

from aioice import stun, turn

from app.net.ice_servers import IceServer

ANSWER_S = 5.0
"""Longest wait for an answer; a server that is slower would hold up every call."""

HEAD_MOST = 8192
"""Bytes of an HTTP answer's head that are read."""

_ADDRESS = re.compile(r"(?P<scheme>stun|turns?):(?P<host>[^:?]+):(?P<port>\d+)(?:\?transport=(?P<transport>udp|tcp))?")


class _Answer(asyncio.DatagramProtocol):
    """Waits for the answer to one STUN request."""

    def __init__(self, transaction_id: bytes) -> None:
        self.answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transaction_id = transaction_id

    def datagram_received(self, data: bytes, addr: object) -> None:
        try:
            message = stun.parse_message(data)
        except ValueError:
            return
        if message.transaction_id == self._transaction_id and not self.answered.done():
            self.answered.set_result(None)

    def error_received(self, exc: Exception) -> None:
        if not self.answered.done():
            self.answered.set_exception(exc)


def check_ice_server(server: IceServer, timeout_s: float = ANSWER_S) -> None:
    """Ask a STUN server for an address, or a TURN server for a relay; blocks for seconds at most.

    Raises:
        ConnectionError: it does not answer, or refuses, in a line.
    """
    asyncio.run(_within(_ask_ice(server), server.url, timeout_s))


def check_meeting_point(url: str, timeout_s: float = ANSWER_S) -> None:
    """Open a WebSocket to a meeting point and close it again (RFC 6455, section 4.1); blocks for seconds at most.

    Raises:
        ConnectionError: it does not answer, or is something else, in a line.
    """
    asyncio.run(_within(_ask_meeting_point(url), url, timeout_s))


async def _within(asking: Coroutine[Any, Any, None], name: str, timeout_s: float) -> None:
    try:
        await asyncio.wait_for(asking, timeout_s)
    except TimeoutError as exc:
        raise ConnectionError(f"{name} does not answer") from exc
    except stun.TransactionError as exc:
        response = getattr(exc, "response", None)
        code = response.attributes.get("ERROR-CODE") if response is not None else None
        reason = f"refuses: {code[1]} ({code[0]})" if code else "does not answer"
        raise ConnectionError(f"{name} {reason}") from exc
    except (OSError, ssl.SSLError) as exc:
        raise ConnectionError(f"{name} cannot be reached: {exc.strerror or exc}") from exc


async def _ask_ice(server: IceServer) -> None:
    match = _ADDRESS.fullmatch(server.url)
    if match is None:
        raise ConnectionError(f"{server.url} is no server")
    address = match["host"], int(match["port"])
    if server.is_turn:
        transport, _ = await turn.create_turn_endpoint(
            asyncio.DatagramProtocol,
            server_addr=address,
            username=server.username,
            password=server.password,
            ssl=match["scheme"] == "turns",
            transport=match["transport"] or ("tcp" if match["scheme"] == "turns" else "udp"),
        )
        transport.close()
        return
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    loop = asyncio.get_running_loop()
    datagrams, answer = await loop.create_datagram_endpoint(
        lambda: _Answer(request.transaction_id), remote_addr=address
    )
    try:
        datagrams.sendto(bytes(request))
        await answer.answered
    finally:
        datagrams.close()


async def _ask_meeting_point(url: str) -> None:
    parts = urlsplit(url)
    secure = parts.scheme == "wss"
    port = parts.port or (443 if secure else 80)
    context = ssl.create_default_context() if secure else None
    reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=context, limit=HEAD_MOST)
    try:
        key = base64.b64encode(os.urandom(16)).decode()
        writer.write(
            f"GET {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        head = (await reader.readline()).split()
        if len(head) < 2 or head[1] != b"101":
            raise ConnectionError(f"{url} is no meeting point")
    except ValueError as exc:  # a line beyond the limit
        raise ConnectionError(f"{url} is no meeting point") from exc
    finally:
        writer.close()
