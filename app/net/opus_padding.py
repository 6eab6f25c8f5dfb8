"""Opus padding (RFC 6716 section 3.2.5) as a place for other bytes: any Opus decoder plays the packet and skips them.

Pure functions on bytes from anybody. In low-wire mode a bundle rides here: two bytes more than its own, where a packet
of its own costs ninety.
"""

from __future__ import annotations

CODE_MASK, CODE_ONE, CODE_EQUAL, CODE_UNEQUAL, CODE_ANY = 3, 0, 1, 2, 3
"""How the first byte's last two bits say which frames follow."""

VARIABLE, PADDED = 0x80, 0x40
"""Flags of the second byte of a packet of any number of frames."""

RIDER_MAX = 1000
"""Most bytes that ride on a packet, so that both fit a datagram of 1200 bytes with speech at 24 kbit/s."""

_FULL = 255
"""A padding length byte that stands for 254 bytes and another length byte."""


def add_rider(packet: bytes, rider: bytes) -> bytes:
    """Put bytes into a packet's padding.

    Args:
        packet: an Opus packet without padding.
        rider: 1 to 1000 bytes.

    Raises:
        ValueError: the packet is empty or padded, or the rider is empty or too long.
    """
    if not packet or not 0 < len(rider) <= RIDER_MAX:
        raise ValueError(f"{len(rider)} bytes cannot ride on a packet of {len(packet)}")
    head, frames = packet[0], packet[1:]
    code = head & CODE_MASK
    if code == CODE_ONE:
        count = 1
    elif code == CODE_EQUAL:
        count = 2
    elif code == CODE_UNEQUAL:
        count = 2 | VARIABLE
    else:
        if not frames or frames[0] & PADDED:
            raise ValueError("an Opus packet that is padded or cut off takes no rider")
        count, frames = frames[0], frames[1:]
    full, rest = divmod(len(rider) - 1, _FULL - 1)
    lengths = bytes([_FULL] * full + [rest + 1])
    return bytes((head | CODE_ANY, count | PADDED)) + lengths + frames + rider


def split_rider(packet: bytes) -> tuple[bytes, bytes]:
    """Give an Opus packet without its padding, and the padding; the latter is empty where there is none.

    Raises:
        ValueError: the padding is longer than the packet.
    """
    if len(packet) < 2 or packet[0] & CODE_MASK != CODE_ANY or not packet[1] & PADDED:
        return packet, b""
    at, length = 2, 0
    while True:
        if at >= len(packet):
            raise ValueError("Opus padding is cut off")
        byte = packet[at]
        at += 1
        length += byte - 1 if byte == _FULL else byte
        if byte != _FULL:
            break
    if at + length > len(packet):
        raise ValueError(f"Opus padding of {length} bytes in a packet of {len(packet)}")
    end = len(packet) - length
    return _shorten(packet[0], packet[1] & ~PADDED, packet[at:end]), packet[end:]


def _shorten(head: int, count: int, frames: bytes) -> bytes:
    """Write a packet the shortest way, as an encoder does: a receiver tells silence by its length."""
    short = {1: CODE_ONE, 2: CODE_EQUAL, 2 | VARIABLE: CODE_UNEQUAL}.get(count)
    if short is not None:
        return bytes((head & ~CODE_MASK | short,)) + frames
    return bytes((head, count)) + frames
