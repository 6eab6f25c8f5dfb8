"""Servers that answer, refuse, say something else, or nothing: real sockets on the loopback address."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from aioice import stun

from app.net.ice_servers import IceServer, parse_ice_server
from app.net.rendezvous import Address, MeetingPoint
from app.net.server_check import check_ice_server, check_meeting_point
from tests.app.net.test_turn import TurnServer, turn  # noqa: F401 - a fixture


@pytest.fixture
def stun_server() -> Iterator[IceServer]:
    """Answers every binding request, after one that has nothing to do with it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(10)

        def answer() -> None:
            data, address = server.recvfrom(1500)
            request = stun.parse_message(data)
            server.sendto(b"chatter", address)
            server.sendto(bytes(stun.Message(stun.Method.BINDING, stun.Class.RESPONSE)), address)
            reply = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, transaction_id=request.transaction_id)
            server.sendto(bytes(reply), address)

        thread = threading.Thread(target=answer)
        thread.start()
        yield IceServer(f"stun:127.0.0.1:{server.getsockname()[1]}")
        thread.join()


def test_a_stun_server_that_answers(stun_server: IceServer) -> None:
    check_ice_server(stun_server)


def test_one_that_says_nothing() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionError, match="does not answer"):
            check_ice_server(IceServer(f"stun:127.0.0.1:{silent.getsockname()[1]}"), 0.3)


def test_a_name_that_nobody_has() -> None:
    with pytest.raises(ConnectionError, match=r"nobody\.invalid"):
        check_ice_server(parse_ice_server("stun:nobody.invalid"))


def test_a_turn_server_that_relays(turn: TurnServer) -> None:  # noqa: F811
    for transport in ("udp", "tcp"):
        check_ice_server(IceServer(turn.url(transport), "me", "secret"))


def test_a_turn_server_that_refuses(turn: TurnServer) -> None:  # noqa: F811
    with pytest.raises(ConnectionError, match="refuses"):
        check_ice_server(IceServer(turn.url("udp"), "me", "wrong"))


def test_a_meeting_point_that_answers() -> None:
    point = MeetingPoint(Address("127.0.0.1", 0))
    try:
        check_meeting_point(f"ws://127.0.0.1:{point.port}/v1")
    finally:
        point.close()


@pytest.mark.parametrize("says", [b"HTTP/1.1 404 Not Found\r\n\r\n", b"", b"x" * 20_000, b"\r\n"])
def test_something_else_is_no_meeting_point(says: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(says)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(ConnectionError):
            check_meeting_point(f"ws://127.0.0.1:{server.getsockname()[1]}/v1")
        thread.join()


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ConnectionError, match="cannot be reached"):
        check_meeting_point(f"ws://127.0.0.1:{port}/v1")
