"""Signalling messages: what goes in comes out, and no bytes do harm."""

import base64
import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.net import signalling
from app.net.signalling import Again, Answer, Leave, Offer, Reveal, fingerprint, one_line, pack, parse

FINGERPRINT = ":".join(f"{byte:02X}" for byte in range(32))
SDP = f"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\na=fingerprint:sha-256 {FINGERPRINT}\r\n"
NONCE = bytes(range(32))

MESSAGES = [Offer(1, SDP, NONCE), Answer(7, SDP, NONCE), Reveal(NONCE), Again(3), Leave("hung up")]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_messages_come_back(message: signalling.Message) -> None:
    assert parse(pack(message)) == message


def test_bytes_on_the_line_stay_what_they_are() -> None:
    assert pack(Again(3)) == b'{"kind": "again", "generation": 3}'
    assert pack(Reveal(NONCE)) == b'{"kind": "reveal", "nonce": "%s"}' % NONCE.hex().encode()
    assert pack(Leave("hung up")) == b'{"kind": "leave", "reason": "hung up"}'
    offer = json.loads(pack(Offer(1, SDP, NONCE)))
    assert list(offer) == ["kind", "generation", "sdp", "commitment"]
    assert zlib.decompress(base64.b64decode(offer["sdp"])).decode() == SDP


def test_offer_of_a_real_call_is_small() -> None:
    lines = [f"a=candidate:{index} 1 udp 1 192.168.1.{index} 50000 typ host\r\n" for index in range(20)]
    assert len(pack(Offer(1, SDP + "".join(lines), NONCE))) < 2000


@given(st.binary(max_size=400))
def test_no_bytes_are_a_message_by_chance(data: bytes) -> None:
    with pytest.raises(ValueError, match="signalling message"):
        parse(data)


VALUES: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just([])
)


@given(
    st.sampled_from(["offer", "answer", "reveal", "again", "leave", "other"]),
    st.dictionaries(st.sampled_from(["generation", "sdp", "nonce", "commitment", "reason", "x"]), VALUES, max_size=4),
)
def test_no_values_do_harm(kind: str, values: dict[str, Any]) -> None:
    try:
        message = parse(json.dumps({"kind": kind, **values}).encode())
    except ValueError:
        return
    assert type(message).__name__.lower() == kind


@given(st.sampled_from(MESSAGES), st.integers(0, 2000), st.integers(1, 255))
def test_damaged_messages_do_no_harm(message: signalling.Message, place: int, flip: int) -> None:
    data = bytearray(pack(message))
    data[place % len(data)] ^= flip
    try:
        parse(bytes(data))
    except ValueError:
        return


def packed(sdp: bytes) -> str:
    return base64.b64encode(zlib.compress(sdp)).decode()


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"kind": "again", "generation": 0}, "impossible generation"),
        ({"kind": "again", "generation": 1 << 40}, "impossible generation"),
        ({"kind": "again", "generation": True}, "other values"),
        ({"kind": "again", "generation": 1, "more": 1}, "other values"),
        ({"kind": "again"}, "other values"),
        ({"kind": "reveal", "nonce": "00"}, "no nonce"),
        ({"kind": 5}, "unknown kind"),
        ({"kind": "offer", "generation": 1, "commitment": "00" * 32, "sdp": "!"}, "no session description"),
        ({"kind": "offer", "generation": 1, "commitment": "00" * 32, "sdp": packed(b"\xff")}, "no session description"),
        ({"kind": "offer", "generation": 1, "commitment": "00" * 32, "sdp": packed(b"a" * 10**7)}, "too long"),
        ({"kind": "offer", "generation": 1, "commitment": "00" * 32, "sdp": packed(b"a\n" * 900)}, "too many"),
        ({"kind": "offer", "generation": 1, "commitment": "00" * 32, "sdp": packed(b"v=0\r\n")}, "0 certificates"),
    ],
)
def test_what_is_wrong_is_named(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse(json.dumps(values).encode())


def test_deep_and_long_messages_are_refused() -> None:
    with pytest.raises(ValueError, match="is not JSON"):
        parse(b"[" * 16000)
    with pytest.raises(ValueError, match="of 20000 bytes"):
        parse(b" " * 20000)
    with pytest.raises(ValueError, match="signalling message of"):
        pack(Offer(1, SDP + "".join(f"a={index * 7919:x}\r\n" for index in range(9000)), NONCE))
    for address in ("somewhere.local", "localhost", "1.2.3", ""):
        with pytest.raises(ValueError, match="without an address"):
            parse(pack(Offer(1, f"{SDP}a=candidate:1 1 udp 1 {address} 5 typ host\r\n", NONCE)))
    candidates = SDP + "a=candidate:1 1 udp 1 1.2.3.4 5 typ host\r\n" * 65
    with pytest.raises(ValueError, match="too many candidates"):
        parse(pack(Offer(1, candidates, NONCE)))


def test_certificate_is_read() -> None:
    assert fingerprint(SDP) == bytes(range(32))
    assert fingerprint(SDP + SDP.lower().replace("sha-256", "SHA-256")) == bytes(range(32))
    for sdp in ("", SDP + SDP.replace("00:01", "01:00"), SDP.replace("1F", "1G")):
        with pytest.raises(ValueError, match="certificates"):
            fingerprint(sdp)


def test_foreign_texts_are_one_harmless_line() -> None:
    assert one_line("a\x1b[2Jb\nc\u202ed") == "a [2Jb c d"
    assert len(one_line("x" * 9999)) == signalling.REASON_MAX
