"""Call-control messages: every one survives, and any bytes give one or a ValueError."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.net import asides, control
from app.net.control import pack, parse

EXAMPLES = [
    control.Hello(1, 3),
    control.IdentityOffer(bytes(range(32)), 700_000, "Zoë"),
    control.IdentityAnswer(True, 4096),
    control.IdentityAnswer(False, 0),
    control.IdentityChunk(8192, b"abc"),
    control.IdentityReceived(12_000),
    control.IdentityReady(False, "no room"),
    control.IdentityReady(True, ""),
    control.ModeChange("face", "why not"),
    control.ModeChange("audio_only", ""),
    control.FaceShown(77),
    control.OutputSize(512, 288),
    control.Plate(5, b"\x00" * 1500),
    control.TextureChange(6, b"\x00" * 300),
    control.VideoClock(0xFFFFFFFF, 30000, 1001),
    control.Wire(True, 300),
    control.Probe(400),
    control.SoundClock(12, 0xFFFFFFFF, 30000, 1001),
    asides.AskStill(0xFFFF),
    asides.Still(7, 20_000),
    asides.Still(7, 0, "the camera is off"),
    asides.StillPiece(7, 2048, b"abc"),
    asides.StillReceived(7, 20_000),
    asides.Chat(1, "Schön, dich zu sehen 👋"),
    asides.ChatReceived(0xFFFFFFFF),
    control.Bye("enough"),
    control.Bye(""),
]


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda message: type(message).__name__)
def test_message_survives(message: control.Message) -> None:
    assert parse(pack(message)) == message


def test_golden_bytes() -> None:
    assert pack(control.Hello(1, 2)).hex() == "0100010002"
    assert pack(control.IdentityChunk(258, b"\xaa")).hex() == "0400000102aa"
    assert pack(control.OutputSize(256, 512)).hex() == "0901000200"
    assert pack(control.VideoClock(1, 25, 1)).hex() == "0b000000010000001900000001"
    assert pack(control.Wire(True, 258)).hex() == "20010102"
    assert pack(control.Probe(2)).hex() == "220000"
    assert pack(asides.AskStill(258)).hex() == "300102"
    assert pack(asides.Still(1, 0, "no")).hex() == "310001000000006e6f"
    assert pack(asides.StillPiece(1, 2, b"\xaa")).hex() == "32000100000002aa"
    assert pack(asides.StillReceived(1, 2)).hex() == "33000100000002"
    assert pack(asides.Chat(1, "hi")).hex() == "34000000016869"
    assert pack(asides.ChatReceived(1)).hex() == "3500000001"
    assert pack(control.SoundClock(1, 2, 25, 1)).hex() == "2100000001000000020000001900000001"


@given(st.binary(max_size=300))
def test_any_bytes_give_a_message_or_a_value_error(data: bytes) -> None:
    try:
        message = parse(data)
    except ValueError:
        return
    assert parse(pack(message)) == message


@given(st.sampled_from(EXAMPLES), st.data())
def test_damaged_messages_do_no_harm(message: control.Message, data: st.DataObject) -> None:
    raw = bytearray(pack(message))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    del raw[data.draw(st.integers(1, len(raw))) :]
    try:
        parse(bytes(raw))
    except ValueError:
        return


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\x01",
        b"\x0d\x01",
        b"\x01\x00",
        pack(control.Hello(1, 1)) + b"\x00",
        b"\x02" + bytes(32) + b"\xff\xff\xff\xff" + b"4 GB",
        b"\x02" + bytes(36),
        b"\x02" + bytes(32) + b"\x00\x00\x00\x01" + b"x" * 300,
        b"\x03\x02\x00\x00\x00\x00",
        b"\x20\x02\x00\x00",
        b"\x20\x01",
        b"\x22\x01",
        b"\x22" + bytes(control.PROBE_MAX + 1),
        b"\x21" + bytes(16),
        b"\x04\x00\x00\x00\x00",
        b"\x04\x00\x00\x00\x00" + b"x" * (control.CHUNK_MAX + 1),
        b"\x06\x01\xff\xfe",
        b"\x07\x03why",
        b"\x09\x00\x00\x01\x00",
        b"\x09\xff\xff\x01\x00",
        b"\x0a\x00\x00\x00\x00" + b"x" * (control.RENEWAL_MAX + 1),
        b"\x0d\x00\x00\x00\x00" + b"x" * (control.RENEWAL_MAX + 1),
        b"\x0d\x00\x00\x00\x00",
        b"\x0b" + bytes(12),
        b"\x0b" + b"\x00\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x01",
        b"\x0c" + b"x" * 300,
        b"\x0a" + bytes(1 << 20),
        b"\x30\x00",
        b"\x31\x00\x00\x00\x01\x00\x01",
        b"\x31\x00\x00\x00\x00\x00\x01why",
        b"\x32" + bytes(6),
        b"\x32" + bytes(6 + asides.PIECE_MAX + 1),
        b"\x32\x00\x00\x00\x00\xff\xff" + bytes(9),
        b"\x33\x00\x00\x00\x01\x00\x01",
        b"\x34\x00\x00\x00",
        b"\x34" + bytes(4) + b"x" * (asides.CHAT_MAX + 1),
        b"\x34" + bytes(4) + b"\xff\xfe",
        b"\x35\x00",
    ],
)
def test_hostile_message_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - that it is one, whatever it says
        parse(data)


def test_long_text_is_cut_at_a_character() -> None:
    message = parse(pack(control.Bye("é" * 500)))
    assert message == control.Bye("é" * (control.TEXT_MAX // 2))


def test_texts_cannot_move_the_cursor_of_a_terminal() -> None:
    assert parse(b"\x0c" + b"bye\x1b[2J\nnow") == control.Bye("bye [2J now")
