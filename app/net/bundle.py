"""Several small things in one message: face packets, acknowledgements of them, and word of how the link does.

The format is in BITSTREAM.md, "Bundle". A bundle is a *face* message, or rides on an Opus packet. Any bytes in give a
list of items or a ValueError.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

FACE_MAX = 0xFFF
"""Longest face packet in a bundle, bytes."""

SHORT_MOST = 0xBF
LONG_FROM, LONG_TO = 0xC0, 0xCF
ACKNOWLEDGEMENT, NOTE = 0xE0, 0xE1

ACKNOWLEDGEMENT_BYTES = 4

ITEMS_MAX = 64
"""Most items in a bundle: two seconds of frames, which no sender holds back."""

_NOTE = struct.Struct("!BH")


@dataclass(frozen=True, slots=True)
class Face:
    """A face packet."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The four bytes that `codec.face.FaceEncoder.acknowledge` takes."""

    data: bytes


@dataclass(frozen=True, slots=True)
class LinkNote:
    """What the other end sees of the link towards it.

    Attributes:
        loss: share of sound packets lost over the last second or so, 0..1 in steps of 1/255.
        queueing_ms: how much later than the quickest they come, at least: the queue on the way.
    """

    loss: float
    queueing_ms: int


Item = Face | Acknowledgement | LinkNote


def pack_item(item: Item) -> bytes:
    """Turn an item into bytes.

    Raises:
        ValueError: a face packet is empty or too long, or an acknowledgement is not of four bytes.
    """
    match item:
        case Face(payload):
            size = len(payload)
            if not 0 < size <= FACE_MAX:
                raise ValueError(f"a face packet of {size} bytes does not go into a bundle")
            head = bytes((size,)) if size <= SHORT_MOST else bytes((LONG_FROM | size >> 8, size & 0xFF))
            return head + payload
        case Acknowledgement(data):
            if len(data) != ACKNOWLEDGEMENT_BYTES:
                raise ValueError(f"an acknowledgement of {len(data)} bytes")
            return bytes((ACKNOWLEDGEMENT,)) + data
        case LinkNote(loss, queueing_ms):
            share = round(min(max(loss, 0.0), 1.0) * 255)
            return bytes((NOTE,)) + _NOTE.pack(share, min(max(queueing_ms, 0), 0xFFFF))


def parse_bundle(data: bytes) -> list[Item]:
    """Turn a message from a peer into items.

    Raises:
        ValueError: it is no bundle.
    """
    items: list[Item] = []
    at = 0
    while at < len(data):
        item, at = _parse_item(data, at)
        items.append(item)
        if len(items) > ITEMS_MAX:
            raise ValueError(f"a bundle of more than {ITEMS_MAX} items")
    return items


def _parse_item(data: bytes, at: int) -> tuple[Item, int]:
    """Read the item at a place: (item, place behind it)."""
    head = data[at]
    at += 1
    if head == ACKNOWLEDGEMENT:
        return Acknowledgement(_take(data, at, ACKNOWLEDGEMENT_BYTES)), at + ACKNOWLEDGEMENT_BYTES
    if head == NOTE:
        share, queueing_ms = _NOTE.unpack(_take(data, at, _NOTE.size))
        return LinkNote(share / 255, queueing_ms), at + _NOTE.size
    if head <= SHORT_MOST:
        size = head
    elif LONG_FROM <= head <= LONG_TO:
        size = (head & 0x0F) << 8 | _take(data, at, 1)[0]
        at += 1
    else:
        raise ValueError(f"unknown item {head} in a bundle")
    if size == 0:
        raise ValueError("an empty face packet in a bundle")
    return Face(_take(data, at, size)), at + size


def _take(data: bytes, at: int, size: int) -> bytes:
    if at + size > len(data):
        raise ValueError(f"a bundle of {len(data)} bytes ends within an item")
    return data[at : at + size]
