"""Two lines to a real mailbox server on the loopback address."""

import base64
import contextlib
import hashlib
import inspect
import socket

import pytest

from app.net import reactor
from app.net.road import INCOMING_MAX
from tests.app.net.conftest import LineEnd, pair, wait_for


def test_messages_cross_both_ways_in_order(lines: tuple[LineEnd, LineEnd]) -> None:
    first, second = lines
    pair(first, second)
    for index in range(5):
        first.pairing.send(b"to you %d" % index, "")
        second.pairing.send(b"to me %d" % index, "")
    wait_for(lambda: len(first.messages) == len(second.messages) == 5)
    assert second.messages == [b"to you %d" % index for index in range(5)]
    assert first.messages == [b"to me %d" % index for index in range(5)]
    assert not first.failures
    assert not second.failures


def test_wrong_words_end_both_sides_with_a_clear_line(lines: tuple[LineEnd, LineEnd]) -> None:
    first, second = lines
    first.pairing.host()
    wait_for(lambda: first.codes)
    number = first.codes[0].split("-")[0]
    second.pairing.join(f"{number}-wrong-words")
    wait_for(lambda: first.failures and second.failures)
    for end in lines:
        assert "wrong code" in str(end.failures[0])
        assert not end.paired


def test_third_one_finds_nobody(
    lines: tuple[LineEnd, LineEnd], meeting_point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.net.pairing.UNKNOWN_S", 0.2)
    monkeypatch.setattr("app.net.pairing.ALONE_S", 0.3)
    code = pair(*lines)
    third = LineEnd(meeting_point)
    third.pairing.join(code)
    wait_for(lambda: third.failures)
    third.pairing.close()
    assert "nobody waits" in str(third.failures[0])
    assert not lines[0].failures


def test_unknown_code_is_said_to_be_unknown(lines: tuple[LineEnd, LineEnd], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.net.pairing.UNKNOWN_S", 0.3)
    first, second = lines
    first.pairing.host()
    wait_for(lambda: first.codes)
    second.pairing.join("987654-some-words")
    wait_for(lambda: second.failures)
    assert "nobody waits at this code" in str(second.failures[0])
    assert not first.failures


def test_code_of_somebody_who_left_is_unknown_after_a_while(
    meeting_point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.net.pairing.UNKNOWN_S", 0.2)
    monkeypatch.setattr("app.net.pairing.ALONE_S", 0.3)
    alone = LineEnd(meeting_point)
    alone.pairing.join("987655-some-words")
    wait_for(lambda: alone.failures)
    alone.pairing.close()
    assert "nobody waits" in str(alone.failures[0])


def test_nothing_listening_is_said() -> None:
    end = LineEnd("ws://127.0.0.1:9")
    end.pairing.host()
    wait_for(lambda: end.failures)
    end.pairing.close()
    assert str(end.failures[0]) == "the meeting point ws://127.0.0.1:9/v1 cannot be reached: nothing listens there"


def test_other_version_is_said(lines: tuple[LineEnd, LineEnd], monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = lines
    monkeypatch.setattr("app.net.pairing.VERSIONS", [1, 1, 1])
    first.pairing.host()
    wait_for(lambda: first.codes)
    monkeypatch.undo()
    second.pairing.join(first.codes[0])
    wait_for(lambda: second.failures)
    assert "another version" in str(second.failures[0])
    assert not second.paired


@pytest.mark.parametrize(
    "frame",
    [
        b"\x81\x05hello",
        b"\x82\x01x",
        b"\x81\x02[]",
        b'\x81\x0b{"type": 5}',
        b"\x81\x7f" + (1 << 40).to_bytes(8, "big"),
        b'\x81\x12{"type":"claimed"}',
        b"\xff\xff\xff",
    ],
)
def test_broken_meeting_point_does_no_harm(frame: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        end = LineEnd(f"ws://127.0.0.1:{server.getsockname()[1]}")
        end.pairing.host()
        connection, _ = server.accept()
        with connection:
            request = connection.recv(4096).decode()
            key = next(line.split()[1] for line in request.splitlines() if line.startswith("Sec-WebSocket-Key"))
            digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
            accept = base64.b64encode(digest)
            connection.sendall(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: %s\r\n\r\n%s" % (accept, frame)
            )
            wait_for(lambda: end.lines)
            with contextlib.suppress(OSError):  # where it has hung up already
                connection.shutdown(socket.SHUT_WR)
            server.close()
            wait_for(lambda: end.failures or not end.pairing.is_open)
    end.pairing.close()
    assert not end.codes
    assert not end.paired


def test_nonsense_from_the_meeting_point_is_told(monkeypatch: pytest.MonkeyPatch, meeting_point: str) -> None:
    monkeypatch.setattr("app.net.road.CONNECTION_MAX", 10)
    end = LineEnd(meeting_point)
    end.pairing.host()
    wait_for(lambda: end.failures)
    end.pairing.close()
    assert str(end.failures[0]) == f"{meeting_point}/v1 is no meeting point, or a broken one"


def test_closing_is_safe_at_any_point(meeting_point: str) -> None:
    LineEnd(meeting_point).pairing.close()
    end = LineEnd(meeting_point)
    end.pairing.host()
    end.pairing.close()
    end.pairing.send(b"x", "")
    end.pairing.check()
    end.pairing.close()
    assert not end.failures


def test_dead_line_is_called_anew_and_keeps_the_last_of_each_kind(lines: tuple[LineEnd, LineEnd]) -> None:
    first, second = lines
    pair(first, second)
    road = first.pairing._road
    assert road is not None
    client = road.client
    reactor.call(lambda: client.transport.abortConnection())
    wait_for(lambda: not first.pairing.is_open)
    for keep, message in (("a", b"a1"), ("a", b"a2"), ("", b"gone"), ("b", b"b1")):
        first.pairing.send(message, keep)
    wait_for(lambda: len(second.messages) == 2)
    assert road.client is not client
    assert first.lines == [True, False, True]
    assert second.messages == [b"a2", b"b1"]


def test_magic_wormhole_still_makes_its_service_where_it_is_looked_for() -> None:
    def look() -> bool:
        from twisted.application import internet
        from wormhole import _rendezvous

        return bool(_rendezvous.internet is internet) and "internet.ClientService(" in inspect.getsource(_rendezvous)

    assert reactor.call(look)


def test_line_that_answers_is_left_alone(lines: tuple[LineEnd, LineEnd], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.net.pairing.PONG_S", 0.3)
    first, second = lines
    pair(first, second)
    assert first.pairing._road is not None
    client = first.pairing._road.client
    first.pairing.check()
    wait_for(lambda: first.pairing._checking)
    wait_for(lambda: not first.pairing._checking)
    assert first.pairing._road.client is client
    assert client.maxMessagePayloadSize == INCOMING_MAX
    first.pairing.send(b"still here", "")
    wait_for(lambda: second.messages == [b"still here"])


def test_url_is_checked_first() -> None:
    with pytest.raises(ValueError, match="is no meeting point"):
        LineEnd("nowhere")
