"""What two ends tell each other over the meeting point. Any bytes in give a message or a ValueError.

A message is one JSON object with exactly the keys of its kind. Session descriptions travel deflated in base64: four
kilobytes become one, and a mailbox server repeats them all to an end that comes back.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import re
import zlib
from dataclasses import dataclass
from typing import Any

VERSION = 1
"""Of these messages; ends of different versions do not talk."""

MESSAGE_MAX = 16 << 10
"""Largest message, bytes; an offer with twenty candidates takes 3 kB."""

SDP_MAX = 32 << 10
"""Largest session description after inflating, bytes; aiortc's own are 3 to 6 kB."""

SDP_LINES_MAX = 400
SDP_LINE_MAX = 1024
CANDIDATES_MAX = 64
"""Most ICE candidates: each is paired with each of ours, and every pair gets packets sent to it."""

GENERATION_MAX = 1 << 31

NONCE_BYTES = 32
"""Of the safety string's random parts, and of the commitment to one."""

REASON_MAX = 240
"""Longest reason, characters: one line for people."""

_FINGERPRINT = re.compile(r"^a=fingerprint:sha-256 ((?:[0-9A-F]{2}:){31}[0-9A-F]{2})$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Offer:
    """A session description to be answered.

    Attributes:
        generation: counts the connections of this call from 1.
        sdp: the session description.
        commitment: SHA-256 of the offering end's nonce (see `app.net.safety`), the same in every generation.
    """

    generation: int
    sdp: str
    commitment: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to the offer of that generation, and the answering end's nonce."""

    generation: int
    sdp: str
    nonce: bytes


@dataclass(frozen=True, slots=True)
class Reveal:
    """The nonce that the offering end had committed itself to."""

    nonce: bytes


@dataclass(frozen=True, slots=True)
class Again:
    """The answering end lost the connection of that generation and wants another offer."""

    generation: int


@dataclass(frozen=True, slots=True)
class Leave:
    """The end leaves, or drops the other one, and why."""

    reason: str


Message = Offer | Answer | Reveal | Again | Leave

_KEYS: dict[str, dict[str, type]] = {
    "offer": {"generation": int, "sdp": str, "commitment": str},
    "answer": {"generation": int, "sdp": str, "nonce": str},
    "reveal": {"nonce": str},
    "again": {"generation": int},
    "leave": {"reason": str},
}


def pack(message: Message) -> bytes:
    """Turn a message into bytes.

    Raises:
        ValueError: its session description is too long.
    """
    match message:
        case Offer():
            sdp, commitment = _deflate(message.sdp), message.commitment.hex()
            values: dict[str, Any] = {"generation": message.generation, "sdp": sdp, "commitment": commitment}
        case Answer():
            values = {"generation": message.generation, "sdp": _deflate(message.sdp), "nonce": message.nonce.hex()}
        case Reveal():
            values = {"nonce": message.nonce.hex()}
        case Again():
            values = {"generation": message.generation}
        case Leave():
            values = {"reason": message.reason[:REASON_MAX]}
    data = json.dumps({"kind": type(message).__name__.lower(), **values}).encode()
    if len(data) > MESSAGE_MAX:
        raise ValueError(f"signalling message of {len(data)} bytes")
    return data


def parse(data: bytes) -> Message:
    """Turn bytes from the other end into a message.

    Raises:
        ValueError: too long, not JSON, or not one of the messages.
    """
    if len(data) > MESSAGE_MAX:
        raise ValueError(f"signalling message of {len(data)} bytes")
    try:
        values = json.loads(data)
    except (ValueError, RecursionError) as exc:
        raise ValueError("signalling message is not JSON") from exc
    if not isinstance(values, dict):
        raise ValueError("signalling message is no object")
    kind = values.pop("kind", None)
    wanted = _KEYS.get(kind) if isinstance(kind, str) else None
    if wanted is None:
        raise ValueError("signalling message of unknown kind")
    if values.keys() != wanted.keys() or any(type(values[key]) is not wanted[key] for key in wanted):
        raise ValueError(f"signalling message {kind!r} has other values than it should")
    match kind:
        case "offer":
            return Offer(_generation(values), _inflate(values["sdp"]), _nonce(values["commitment"]))
        case "answer":
            return Answer(_generation(values), _inflate(values["sdp"]), _nonce(values["nonce"]))
        case "reveal":
            return Reveal(_nonce(values["nonce"]))
        case "again":
            return Again(_generation(values))
        case _:
            return Leave(one_line(values["reason"]))


def one_line(text: str) -> str:
    """Make a foreign text fit to be shown: one line, not too long, nothing that moves a terminal's cursor."""
    return printable(text[:REASON_MAX])


def printable(text: str) -> str:
    """Take from a text what could move a cursor, or turn the direction of text."""
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()


def fingerprint(sdp: str) -> bytes:
    """Give the SHA-256 fingerprint of the certificate that a session description announces: 32 bytes.

    Raises:
        ValueError: there is none, or there are several.
    """
    found = {match[1].upper() for line in sdp.splitlines() if (match := _FINGERPRINT.match(line.strip()))}
    if len(found) != 1:
        raise ValueError(f"session description has {len(found)} certificates")
    return bytes.fromhex(found.pop().replace(":", ""))


def _generation(values: dict[str, Any]) -> int:
    generation: int = values["generation"]
    if not 0 < generation < GENERATION_MAX:
        raise ValueError("signalling message of an impossible generation")
    return generation


def _nonce(text: str) -> bytes:
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise ValueError("signalling message carries no nonce where it should")
    return bytes.fromhex(text)


def _deflate(sdp: str) -> str:
    return base64.b64encode(zlib.compress(sdp.encode(), 9)).decode()


def _inflate(text: str) -> str:
    try:
        packed = base64.b64decode(text, validate=True)
        inflater = zlib.decompressobj()
        sdp = inflater.decompress(packed, SDP_MAX).decode("ascii")
    except (binascii.Error, zlib.error, UnicodeDecodeError) as exc:
        raise ValueError("signalling message carries no session description where it should") from exc
    if not inflater.eof or inflater.unused_data:
        raise ValueError("session description is cut off or too long")
    check_sdp(sdp)
    return sdp


def check_sdp(sdp: str) -> None:
    """Refuse a session description that is out of all proportion, before it is taken apart.

    Raises:
        ValueError: too many lines or candidates, a line too long, or a candidate without a numeric address: names
            would be looked up.
    """
    lines = sdp.splitlines()
    if len(lines) > SDP_LINES_MAX or any(len(line) > SDP_LINE_MAX for line in lines):
        raise ValueError("session description has too many or too long lines")
    candidates = [line.split() for line in lines if line.startswith("a=candidate:")]
    if len(candidates) > CANDIDATES_MAX:
        raise ValueError("session description has too many candidates")
    for candidate in candidates:
        if len(candidate) < 8 or not _is_address(candidate[4]):
            raise ValueError("session description has a candidate without an address")
    fingerprint(sdp)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
