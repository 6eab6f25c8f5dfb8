"""Messages of the call-control channel (BITSTREAM.md, "Call control"). Any bytes in give a message or a ValueError."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

from app.net import asides
from app.net.signalling import one_line

PROTOCOL = 4
"""Version of call control; peers of different versions do not talk."""

TEXT_MAX = 240
"""Longest text in a message, bytes of UTF-8: one line for people."""

IDENTITY_MAX = 64 << 20
"""Largest identity file that is taken from a peer, bytes."""

CHUNK_MAX = 16 << 10
"""Most bytes of identity in one message."""

RENEWAL_MAX = 64 << 10
"""Largest plate or texture packet, bytes; usual ones are 200 to 1500."""

PROBE_MAX = 1000
"""Longest probe, bytes: one packet."""

SIDE_MAX = 4096
"""Largest side of an output picture, pixels."""

MESSAGE_MAX = RENEWAL_MAX + 16
"""Largest message, bytes: one that SCTP peers must accept without negotiation (64 KiB) or nearly so."""

MODES: tuple[Literal["face", "h265", "audio_only"], ...] = ("face", "h265", "audio_only")


@dataclass(frozen=True, slots=True)
class Hello:
    """First message of each side. Attributes: protocol version, and the version of the face packets it can read."""

    protocol: int
    bitstream: int


@dataclass(frozen=True, slots=True)
class IdentityOffer:
    """An identity the sender has. Attributes: SHA-256 of the file, its size in bytes, the person's name."""

    sha256: bytes
    size: int
    name: str


@dataclass(frozen=True, slots=True)
class IdentityAnswer:
    """Where to begin sending: 0 for all of it, ``size`` when the file is known; ``accept`` False when not wanted."""

    accept: bool
    offset: int


@dataclass(frozen=True, slots=True)
class IdentityChunk:
    """A stretch of the file at ``offset``."""

    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class IdentityReceived:
    """How much of the file has arrived, bytes."""

    total: int


@dataclass(frozen=True, slots=True)
class IdentityReady:
    """Whether the receiver can render from the identity it has now, and why not."""

    ok: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ModeChange:
    """The sender's rung of the ladder from now on, and why."""

    mode: Literal["face", "h265", "audio_only"]
    reason: str


@dataclass(frozen=True, slots=True)
class FaceShown:
    """The receiver showed this face frame, so H.265 may stop."""

    seq: int


@dataclass(frozen=True, slots=True)
class OutputSize:
    """What the receiver shows now, pixels: the most that an H.265 sender needs to send."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Plate:
    """A renewed background plate, valid from frame ``seq`` on."""

    seq: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class TextureChange:
    """What is added to the person's colours, valid from frame ``seq`` on."""

    seq: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class VideoClock:
    """Frame ``n`` of the camera has RTP time stamp ``origin + n * 90000 * fps_den / fps_num`` on the video track."""

    origin: int
    fps_num: int
    fps_den: int


@dataclass(frozen=True, slots=True)
class Bye:
    """The sender leaves."""

    reason: str


@dataclass(frozen=True, slots=True)
class Wire:
    """How faces may come to this side; it may change its mind.

    Attributes:
        low_wire: it reads faces that ride on sound packets (BITSTREAM.md, "Low wire").
        kbps: what the link towards it seems to carry, kbit/s, 0 where it has not been measured.
    """

    low_wire: bool
    kbps: int = 0


@dataclass(frozen=True, slots=True)
class SoundClock:
    """Frame ``seq`` was taken when the sound with this RTP time stamp was heard; frames follow at this rate."""

    seq: int
    timestamp: int
    fps_num: int
    fps_den: int


@dataclass(frozen=True, slots=True)
class Probe:
    """One of two that are sent at once: the time between them tells the rate of the link. ``size``: zero bytes."""

    size: int


Message = (
    Hello
    | IdentityOffer
    | IdentityAnswer
    | IdentityChunk
    | IdentityReceived
    | IdentityReady
    | ModeChange
    | FaceShown
    | OutputSize
    | Plate
    | TextureChange
    | VideoClock
    | Bye
    | Wire
    | SoundClock
    | Probe
    | asides.Aside
)

_HELLO = struct.Struct("!HH")
_OFFER = struct.Struct("!32sI")
_FLAG_U32 = struct.Struct("!BI")
_U32 = struct.Struct("!I")
_SIZE = struct.Struct("!HH")
_CLOCK = struct.Struct("!III")
_WIRE = struct.Struct("!BH")
_SOUND_CLOCK = struct.Struct("!IIII")


def _text(value: str) -> bytes:
    """Encode a text, cut to the longest prefix that fits."""
    return value.encode()[:TEXT_MAX].decode(errors="ignore").encode()


def pack(message: Message) -> bytes:
    """Turn a message into bytes: one byte of kind, then its fields, big-endian."""
    match message:
        case Hello():
            return b"\x01" + _HELLO.pack(message.protocol, message.bitstream)
        case IdentityOffer():
            return b"\x02" + _OFFER.pack(message.sha256, message.size) + _text(message.name)
        case IdentityAnswer():
            return b"\x03" + _FLAG_U32.pack(message.accept, message.offset)
        case IdentityChunk():
            return b"\x04" + _U32.pack(message.offset) + message.data
        case IdentityReceived():
            return b"\x05" + _U32.pack(message.total)
        case IdentityReady():
            return b"\x06" + bytes((message.ok,)) + _text(message.reason)
        case ModeChange():
            return b"\x07" + bytes((MODES.index(message.mode),)) + _text(message.reason)
        case FaceShown():
            return b"\x08" + _U32.pack(message.seq)
        case OutputSize():
            return b"\x09" + _SIZE.pack(message.width, message.height)
        case Plate():
            return b"\x0a" + _U32.pack(message.seq) + message.payload
        case VideoClock():
            return b"\x0b" + _CLOCK.pack(message.origin, message.fps_num, message.fps_den)
        case Bye():
            return b"\x0c" + _text(message.reason)
        case TextureChange():
            return b"\x0d" + _U32.pack(message.seq) + message.payload
        case Wire():
            return b"\x20" + _WIRE.pack(message.low_wire, min(message.kbps, 0xFFFF))
        case SoundClock():
            fields = (message.seq, message.timestamp, message.fps_num, message.fps_den)
            return b"\x21" + _SOUND_CLOCK.pack(*fields)
        case Probe():
            return b"\x22" + bytes(message.size)
        case _:
            return asides.pack(message)


def _read_text(body: bytes) -> str:
    if len(body) > TEXT_MAX:
        raise ValueError(f"text of {len(body)} bytes in a control message")
    return one_line(body.decode())  # UnicodeDecodeError is a ValueError


def _flag(value: int) -> bool:
    if value > 1:
        raise ValueError(f"flag of {value} in a control message")
    return value == 1


def _blob(body: bytes, limit: int) -> tuple[int, bytes]:
    (number,) = _U32.unpack_from(body)
    data = body[_U32.size :]
    if not 0 < len(data) <= limit:
        raise ValueError(f"control message carries {len(data)} bytes")
    return number, data


def _parse_offer(body: bytes) -> IdentityOffer:
    sha256, size = _OFFER.unpack_from(body)
    if not 0 < size <= IDENTITY_MAX:
        raise ValueError(f"identity of {size} bytes is offered")
    return IdentityOffer(sha256, size, _read_text(body[_OFFER.size :]))


def _parse_mode(body: bytes) -> ModeChange:
    if body[0] >= len(MODES):
        raise ValueError(f"unknown mode {body[0]}")
    return ModeChange(MODES[body[0]], _read_text(body[1:]))


def _parse_size(body: bytes) -> OutputSize:
    width, height = _SIZE.unpack(body)
    if not (0 < width <= SIDE_MAX and 0 < height <= SIDE_MAX):
        raise ValueError(f"output size of {width}x{height}")
    return OutputSize(width, height)


def _require_rate(num: int, den: int) -> None:
    if not (0 < den <= 1_000_000 and den <= num <= 240 * den):
        raise ValueError(f"clock of {num}/{den} frames per second")


def _parse_clock(body: bytes) -> VideoClock:
    origin, num, den = _CLOCK.unpack(body)
    _require_rate(num, den)
    return VideoClock(origin, num, den)


def _parse_sound_clock(body: bytes) -> SoundClock:
    seq, timestamp, num, den = _SOUND_CLOCK.unpack(body)
    _require_rate(num, den)
    return SoundClock(seq, timestamp, num, den)


def _parse_wire(body: bytes) -> Wire:
    low_wire, rate = _WIRE.unpack(body)
    return Wire(_flag(low_wire), rate)


def _parse_probe(body: bytes) -> Probe:
    if len(body) > PROBE_MAX or any(body):
        raise ValueError(f"probe of {len(body)} bytes")
    return Probe(len(body))


def parse(data: bytes) -> Message:
    """Turn bytes from a peer into a message.

    Raises:
        ValueError: unknown kind, wrong length, or a field out of range.
    """
    if not 1 < len(data) <= MESSAGE_MAX and data != b"\x0c":
        raise ValueError(f"control message of {len(data)} bytes")
    kind, body = data[0], data[1:]
    try:
        match kind:
            case 1:
                return Hello(*_HELLO.unpack(body))
            case 2:
                return _parse_offer(body)
            case 3:
                accept, offset = _FLAG_U32.unpack(body)
                return IdentityAnswer(_flag(accept), offset)
            case 4:
                return IdentityChunk(*_blob(body, CHUNK_MAX))
            case 5:
                return IdentityReceived(*_U32.unpack(body))
            case 6:
                return IdentityReady(_flag(body[0]), _read_text(body[1:]))
            case 7:
                return _parse_mode(body)
            case 8:
                return FaceShown(*_U32.unpack(body))
            case 9:
                return _parse_size(body)
            case 10:
                return Plate(*_blob(body, RENEWAL_MAX))
            case 11:
                return _parse_clock(body)
            case 12:
                return Bye(_read_text(body))
            case 13:
                return TextureChange(*_blob(body, RENEWAL_MAX))
            case 32:
                return _parse_wire(body)
            case 33:
                return _parse_sound_clock(body)
            case 34:
                return _parse_probe(body)
            case _ if kind in asides.KINDS:
                return asides.parse(kind, body)
    except struct.error as exc:
        raise ValueError(f"control message of kind {kind} has {len(body)} bytes") from exc
    raise ValueError(f"unknown control message {kind}")
