"""What precedes a face packet's residuals. Format: BITSTREAM.md, "Face packet"."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from dataclasses import dataclass

from codec.entropy import RangeDecoder, RangeEncoder
from codec.quantise import QUALITY_MIN
from codec.transform import MOST_FRAMES

MAX_SEQ = 0xFFFFFFFF

# Probabilities in 256ths; see BITSTREAM.md, "Face packet" for what each costs.
_KEY = 4
_WIDE = 1
_NARROW_BITS = 5
_NARROW_AHEAD = 1 << (_NARROW_BITS - 1)
_OTHER_COUNT = 8
_COUNT_BITS = 3
_OTHER_QUALITY = 8
_KEY_OTHER_QUALITY = 64
_FAR_IN_ORDER = 8
_QUALITY_BITS = 5
_DISTANCE_BITS = 6

_DISTANCES = (
    72, 104, 120, 112, 96, 80, 64, 52, 44, 36, 30, 26, 22, 19, 17, 15, 12, 11, 10, 9, *(2,) * 30, *(1,) * 13
)  # fmt: skip
"""Frequency of each distance on a call, of 1024: round trips of 40 to 400 ms at 25 frames/s."""

_DISTANCE_STARTS = tuple(itertools.accumulate(_DISTANCES, initial=0))


@dataclass(frozen=True, slots=True)
class Usual:
    """What a packet's header is coded against: its reference's, or a key frame's."""

    count: int = 1
    quality: int = 0


KEY_USUAL = Usual()


def write_start(coder: RangeEncoder, first: int, distance: int | None, in_order: bool) -> None:
    """Writes whether it is a key packet, its first frame's number, and the distance to its reference.

    Args:
        coder: where to.
        first: number of the packet's first frame.
        distance: frames from the reference to it; None for a key packet.
        in_order: the receiver knows ``first`` from elsewhere.
    """
    _write_flag(coder, distance is None, _KEY)
    if distance is None:
        if not in_order:
            coder.encode_bits(first, 32)
        return
    if in_order:
        _write_flag(coder, distance != 1, _FAR_IN_ORDER)
        if distance != 1:
            coder.encode_bits(distance, _DISTANCE_BITS)
        return
    wide = distance > _NARROW_AHEAD
    _write_flag(coder, wide, _WIDE)
    coder.encode_bits(first if wide else first & ((1 << _NARROW_BITS) - 1), 32 if wide else _NARROW_BITS)
    coder.encode(_DISTANCE_STARTS[distance - 1], _DISTANCES[distance - 1], 10)


def read_start(coder: RangeDecoder, first: int | None, newest: int | None) -> tuple[int, int | None] | None:
    """Reads what :func:`write_start` wrote.

    Args:
        coder: where from.
        first: the first frame's number where it is known.
        newest: largest number of a frame decoded so far.

    Returns:
        The first frame's number and the distance to its reference, None for a key packet. None as a whole if its
        number tells nothing, because no frame was decoded so far.

    Raises:
        ValueError: no encoder wrote that.
    """
    key = _read_flag(coder, _KEY)
    if first is None:
        if key or _read_flag(coder, _WIDE):
            number = coder.decode_bits(32)
        else:
            low = coder.decode_bits(_NARROW_BITS)
            if newest is None:
                return None
            farthest = newest + _NARROW_AHEAD
            number = farthest - ((farthest - low) & ((1 << _NARROW_BITS) - 1))
    else:
        number = first
    if not 0 <= number <= MAX_SEQ:
        raise ValueError(f"a face packet of frame {number}")
    return number, None if key else _read_distance(coder, first is not None)


def write_form(coder: RangeEncoder, count: int, quality: int, usual: Usual) -> None:
    """Writes how many frames a packet holds, and its quality."""
    _write_flag(coder, count != usual.count, _OTHER_COUNT)
    if count != usual.count:
        coder.encode_bits(count, _COUNT_BITS)
    _write_flag(coder, quality != usual.quality, _rarity(usual))
    if quality != usual.quality:
        coder.encode_bits(quality - QUALITY_MIN, _QUALITY_BITS)


def read_form(coder: RangeDecoder, usual: Usual) -> tuple[int, int]:
    """Reads (count, quality).

    Raises:
        ValueError: a packet of no frames, or of more than there may be.
    """
    count = coder.decode_bits(_COUNT_BITS) if _read_flag(coder, _OTHER_COUNT) else usual.count
    if not 1 <= count <= MOST_FRAMES:
        raise ValueError(f"a face packet of {count} frames")
    other = _read_flag(coder, _rarity(usual))
    return count, coder.decode_bits(_QUALITY_BITS) + QUALITY_MIN if other else usual.quality


def _rarity(usual: Usual) -> int:
    return _KEY_OTHER_QUALITY if usual is KEY_USUAL else _OTHER_QUALITY


def _read_distance(coder: RangeDecoder, in_order: bool) -> int:
    if in_order:
        distance = coder.decode_bits(_DISTANCE_BITS) if _read_flag(coder, _FAR_IN_ORDER) else 1
        if distance == 0:
            raise ValueError("a face packet refers to itself")
        return distance
    index = bisect_right(_DISTANCE_STARTS, coder.peek(10)) - 1
    coder.consume(_DISTANCE_STARTS[index], _DISTANCES[index], 10)
    return index + 1


def _write_flag(coder: RangeEncoder, flag: bool, rarity: int) -> None:
    coder.encode(0 if flag else rarity, rarity if flag else 256 - rarity, 8)


def _read_flag(coder: RangeDecoder, rarity: int) -> bool:
    flag = coder.peek(8) < rarity
    coder.consume(0 if flag else rarity, rarity if flag else 256 - rarity, 8)
    return flag
