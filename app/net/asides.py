"""Messages of call control beside picture and sound: chat, and stills of the other end's camera (BITSTREAM.md)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from app.net.signalling import printable

CHAT_MAX = 2000
"""Longest chat message, bytes of UTF-8: some paragraphs."""

REFUSAL_MAX = 240
"""Longest reason for there being no still, bytes of UTF-8."""

STILL_MAX = 64 << 10
"""Largest still, bytes: one of 512 x 512 pixels takes about 20,000."""

PIECE_MAX = 2048
"""Most bytes of a still in one message: two SCTP packets, so that other messages do not wait long behind it."""


@dataclass(frozen=True, slots=True)
class AskStill:
    """Show me one picture of your camera, as it is. ``number`` tells answers apart."""

    number: int


@dataclass(frozen=True, slots=True)
class Still:
    """The answer: pieces of ``size`` bytes in all will follow, or none (0) and why."""

    number: int
    size: int
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class StillPiece:
    """A stretch of the still at ``offset``."""

    number: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class StillReceived:
    """How much of the still has arrived, bytes."""

    number: int
    total: int


@dataclass(frozen=True, slots=True)
class Chat:
    """A line for the other person. Numbers rise by one from 1; one that came already is not shown again."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class ChatReceived:
    """This one, and all before it, have been shown."""

    number: int


Aside = AskStill | Still | StillPiece | StillReceived | Chat | ChatReceived

KINDS = (48, 49, 50, 51, 52, 53)
"""First bytes of these messages."""

_NUMBER = struct.Struct("!H")
_NUMBER_SIZE = struct.Struct("!HI")
_U32 = struct.Struct("!I")


def cut_text(value: str, most: int) -> bytes:
    """Encode a text, cut to the longest prefix of at most so many bytes."""
    return value.encode(errors="replace")[:most].decode(errors="ignore").encode()


def pack(message: Aside) -> bytes:
    """Turn a message into bytes: one byte of kind, then its fields, big-endian."""
    match message:
        case AskStill():
            return b"\x30" + _NUMBER.pack(message.number)
        case Still():
            refusal = b"" if message.size else cut_text(message.refusal, REFUSAL_MAX)
            return b"\x31" + _NUMBER_SIZE.pack(message.number, message.size) + refusal
        case StillPiece():
            return b"\x32" + _NUMBER_SIZE.pack(message.number, message.offset) + message.data
        case StillReceived():
            return b"\x33" + _NUMBER_SIZE.pack(message.number, message.total)
        case Chat():
            return b"\x34" + _U32.pack(message.number) + cut_text(message.text, CHAT_MAX)
        case ChatReceived():
            return b"\x35" + _U32.pack(message.number)


def parse(kind: int, body: bytes) -> Aside:
    """Turn the body of a message of one of `KINDS` into it.

    Raises:
        ValueError: wrong length, or a field out of range.
        struct.error: it is too short.
    """
    match kind:
        case 48:
            return AskStill(*_NUMBER.unpack(body))
        case 49:
            return _parse_still(body)
        case 50:
            return _parse_piece(body)
        case 51:
            number, total = _NUMBER_SIZE.unpack(body)
            return StillReceived(number, _within_still(total))
        case 52:
            (number,) = _U32.unpack_from(body)
            return Chat(number, _read_text(body[_U32.size :], CHAT_MAX))
        case 53:
            return ChatReceived(*_U32.unpack(body))
    raise ValueError(f"unknown control message {kind}")


def _parse_still(body: bytes) -> Still:
    number, size = _NUMBER_SIZE.unpack_from(body)
    refusal = body[_NUMBER_SIZE.size :]
    if size and refusal:
        raise ValueError("a still that is refused and sent")
    return Still(number, _within_still(size), _read_text(refusal, REFUSAL_MAX))


def _parse_piece(body: bytes) -> StillPiece:
    number, offset = _NUMBER_SIZE.unpack_from(body)
    data = body[_NUMBER_SIZE.size :]
    if not 0 < len(data) <= PIECE_MAX:
        raise ValueError(f"a piece of a still with {len(data)} bytes")
    _within_still(offset + len(data))
    return StillPiece(number, offset, data)


def _within_still(size: int) -> int:
    if size > STILL_MAX:
        raise ValueError(f"a still of {size} bytes")
    return size


def _read_text(body: bytes, most: int) -> str:
    if len(body) > most:
        raise ValueError(f"text of {len(body)} bytes in a control message")
    return printable(body.decode())  # UnicodeDecodeError is a ValueError
