"""The meeting point: takes what it should, lets go of what it should not, and can be closed."""

import base64
import contextlib
import json
import os
import socket
import time

import pytest

from app.net import reactor, rendezvous
from app.net.rendezvous import Address, MeetingPoint, reachable_urls
from tests.app.net.conftest import LineEnd, pair, wait_for


class RawClient:
    """A WebSocket client that may send anything (RFC 6455)."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 10)
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            b"GET /v1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n" % key.encode()
        )
        assert b"101" in self._socket.recv(4096)

    def send(self, payload: bytes, opcode: int = 1) -> None:
        size = len(payload)
        head = bytes((0x80 | opcode,))
        head += bytes((0x80 | size,)) if size < 126 else bytes((0x80 | 127,)) + size.to_bytes(8, "big")
        self._socket.sendall(head + bytes(4) + payload)

    def is_closed_within(self, seconds: float) -> bool:
        """Whether the server hangs up."""
        end = time.monotonic() + seconds
        self._socket.settimeout(0.2)
        while time.monotonic() < end:
            try:
                if not self._socket.recv(65536):
                    return True
            except TimeoutError:
                continue
            except OSError:
                return True
        return False

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def point() -> object:
    point = MeetingPoint(Address("127.0.0.1", 0))
    yield point
    point.close()


@pytest.mark.parametrize(
    "payload",
    [b"not json", b"[]", b'"x"', json.dumps({"type": "bind", "appid": {}, "side": []}).encode(), b"{" * 5000],
)
def test_client_that_talks_nonsense_is_let_go_and_others_are_served(point: MeetingPoint, payload: bytes) -> None:
    client = RawClient(point.port)
    client.send(payload)
    with contextlib.suppress(ConnectionError):  # the meeting point may have hung up already
        client.send(json.dumps({"type": "allocate"}).encode())
    ends = LineEnd(f"ws://127.0.0.1:{point.port}"), LineEnd(f"ws://127.0.0.1:{point.port}")
    pair(*ends)
    for end in ends:
        end.pairing.close()
    client.close()


def test_too_long_and_binary_messages_end_the_connection(point: MeetingPoint) -> None:
    long, binary = RawClient(point.port), RawClient(point.port)
    long.send(b" " * (rendezvous.FRAME_MAX + 1))
    binary.send(b"x", opcode=2)
    assert long.is_closed_within(10)
    assert binary.is_closed_within(10)


def test_too_many_commands_end_the_connection(point: MeetingPoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendezvous, "COMMANDS_MAX", 20)
    client = RawClient(point.port)
    for index in range(20):
        client.send(json.dumps({"type": "ping", "ping": index}).encode())
    assert not client.is_closed_within(0.5)
    client.send(json.dumps({"type": "ping", "ping": 20}).encode())
    assert client.is_closed_within(10)


def test_memory_is_not_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendezvous, "STORED_BYTES", (1000.0, 1.0))
    point = MeetingPoint(Address("127.0.0.1", 0))
    client = RawClient(point.port)
    client.send(json.dumps({"type": "ping", "ping": "x" * 2000}).encode())
    assert client.is_closed_within(10)
    point.close()


def test_too_many_clients_are_refused(point: MeetingPoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendezvous, "CONNECTIONS_MAX", 2)
    clients = [RawClient(point.port) for _ in range(2)]
    with pytest.raises((AssertionError, OSError)):
        RawClient(point.port)
    for client in clients:
        client.close()


def test_port_in_use_is_said(point: MeetingPoint) -> None:
    with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1 port {point.port}"):
        MeetingPoint(Address("127.0.0.1", point.port))


def test_numbers_that_nobody_waits_at_are_free_again(point: MeetingPoint, monkeypatch: pytest.MonkeyPatch) -> None:
    client = RawClient(point.port)
    client.send(json.dumps({"type": "bind", "appid": "some", "side": "one"}).encode())
    client.send(json.dumps({"type": "allocate"}).encode())

    def taken() -> set[str]:
        numbers: set[str] = reactor.call(lambda: point._service.get_app("some").get_nameplate_ids())
        return numbers

    wait_for(taken)
    client.close()
    reactor.call(point._throw_away_unused)
    assert taken()
    monkeypatch.setattr(rendezvous, "UNUSED_S", -60.0)
    reactor.call(point._throw_away_unused)
    assert not taken()


def test_urls_name_an_address_that_others_can_use() -> None:
    assert reachable_urls("10.0.0.5", 4000) == ["ws://10.0.0.5:4000"]
    assert reachable_urls("::1", 4000) == ["ws://[::1]:4000"]
    urls = reachable_urls("0.0.0.0", 99)
    assert urls
    assert all(url.startswith("ws://") and url.endswith(":99") and "0.0.0.0" not in url for url in urls)
