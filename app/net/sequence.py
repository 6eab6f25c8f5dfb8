"""RTP sequence numbers, which go round in 2^16."""

from __future__ import annotations


def ahead(sequence: int, base: int) -> int:
    """Distance from ``base`` to ``sequence`` on the circle of 2^16, in -32768..32767."""
    return (sequence - base + 0x8000) % 0x10000 - 0x8000
