"""STUN and TURN URLs, as people write them."""

import pytest

from app.net.ice_servers import IceServer, parse_ice_server


def test_urls_are_read() -> None:
    assert parse_ice_server("stun:stun.example") == IceServer("stun:stun.example:3478")
    assert parse_ice_server("turn:me:s%40crt@10.0.0.1:99") == IceServer("turn:10.0.0.1:99", "me", "s@crt")
    assert parse_ice_server("turn:h?transport=tcp", "me", "x") == IceServer("turn:h:3478?transport=tcp", "me", "x")
    assert parse_ice_server("turns:me:x@h") == IceServer("turns:h:5349", "me", "x")
    assert parse_ice_server("turn:me:x@h").is_turn
    assert not parse_ice_server("stun:h").is_turn


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is no STUN or TURN"),
        ("http://h", "is no STUN or TURN"),
        ("stun:h:70000", "port 70000"),
        ("stun:h?transport=udp", "has no transport"),
        ("turns:a:b@h?transport=udp", "goes by TCP"),
        ("turn:h", "needs a user name"),
        ("turn:a:b@h h", "is no STUN or TURN"),
    ],
)
def test_what_is_no_server_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_ice_server(text)


def test_passwords_are_not_shown() -> None:
    assert "secret" not in repr(parse_ice_server("turn:me:secret@h"))
    with pytest.raises(ValueError, match="is no STUN or TURN") as failure:
        parse_ice_server("turn:me:secret@h:1:2")
    assert "secret" not in str(failure.value)
