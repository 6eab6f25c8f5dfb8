"""Face packets: one frame's numbers in a few bytes. Format: BITSTREAM.md, "Face packet".

A packet refers to the last frame that the receiver acknowledged, so every packet that arrives decodes, whatever was
lost before. Without a usable reference it is a key frame. Both ends continue from the dequantised values, and an
acknowledgement carries a digest of them: a reference that differs in any bit is never used.
"""

from __future__ import annotations

import itertools
import math
import struct
from bisect import bisect_right
from dataclasses import dataclass

from codec.entropy import TABLES, RangeDecoder, RangeEncoder
from codec.layout import Layout
from codec.predict import MAX_DISTANCE, FrameState, code_inter, code_key
from codec.quantise import LAGRANGES, PLAIN, QUALITY_MIN, from_fixed, nearest_residual, scale_of, to_fixed
from codec.statistics import FaceTables
from codec.types import CodedFace, FaceCode

RING = MAX_DISTANCE + 1
"""Frames that the encoder remembers: 2.5 s at 25 frames/s, after which a link counts as broken anyway."""

KEPT = 2 * RING
"""Frames that the decoder remembers: the encoder's ring, as seen by a packet that is up to a ring late."""

MAX_PACKET = 4096
"""Largest face packet in bytes; a key frame takes about 50, the most extreme values some 500."""

MAX_SEQ = 0xFFFFFFFF

KEY_TRIAL_BYTES = 16
"""From this size on a key frame is tried too: at a cut it takes two thirds, and starts the adaptation afresh."""

BIT_WORTH = 0.12
"""Squared steps that a bit is worth when the encoder chooses among its trials: 3 % fewer bytes at equal error."""

ACKNOWLEDGEMENT_BYTES = 4

# Header probabilities, in 256ths; see BITSTREAM.md, "Face packet" for what each costs.
_KEY = 4
_WIDE = 1
_NARROW_BITS = 5
_NARROW_AHEAD = 1 << (_NARROW_BITS - 1)
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

_ACKNOWLEDGEMENT = struct.Struct("<HH")


class MissingReference(ValueError):  # noqa: N818 - a condition that loss makes normal, not a fault
    """A packet refers to a frame that the decoder does not hold; the next acknowledged one mends it."""


@dataclass(frozen=True, slots=True)
class DecodedFace:
    """What one face packet said.

    Attributes:
        seq: frame number.
        reference_seq: the frame it was predicted from, None for a key frame.
        quality: quality it was coded at.
        code: the frame's numbers, bit for bit those that the encoder continues from.
        acknowledgement: 4 bytes to send back, for :meth:`FaceEncoder.acknowledge`.
    """

    seq: int
    reference_seq: int | None
    quality: int
    code: FaceCode
    acknowledgement: bytes


class FaceEncoder:
    """Codes the frames of one person for one receiver.

    Args:
        tables: the person's tables; the receiver must hold the same.
        layout: if given, what the caller's codes look like; it must be the tables' own.

    Raises:
        ValueError: the layout is another, or the tables' mixing has no inverse.
    """

    def __init__(self, tables: FaceTables, layout: Layout | None = None) -> None:
        if layout is not None and layout != tables.layout:
            raise ValueError("the tables were trained for another layout")
        self.tables = tables
        self.layout = tables.layout
        self.bits_by_group = dict.fromkeys(("header", *tables.layout.groups, "rounding"), 0.0)
        self._unmixing = tables.unmixing()
        self._prediction = tables.prediction()
        self._ring: dict[int, FrameState] = {}
        self._reference: FrameState | None = None
        self._newest = -1

    @property
    def reference_seq(self) -> int | None:
        """The newest acknowledged frame, None before the first acknowledgement."""
        return self._reference.seq if self._reference else None

    def encode(self, code: FaceCode, seq: int, quality: int = 0, in_order: bool = False) -> CodedFace:
        """Codes one frame.

        Args:
            code: the frame's numbers.
            seq: frame number, larger than any before, below 2^32.
            quality: steps are stretched by 2^(quality / 4); -8 to 23.
            in_order: the frame's number need not be in the packet, because the receiver knows it from elsewhere (a
                file's records, a message of several frames).

        Raises:
            ValueError: if the code does not fit the layout, or a number is out of range.
        """
        if not self._newest < seq <= MAX_SEQ:
            raise ValueError(f"frame number {seq} does not follow {self._newest}")
        scale = scale_of(quality)
        target = to_fixed(self.layout.pack(code), self.tables.steps, self._unmixing)
        reference = self._reference
        if reference is not None and seq - reference.seq > MAX_DISTANCE:
            reference = None
        trials = (self._try(target, seq, quality, reference, in_order, thrift) for thrift in range(len(LAGRANGES)))
        best = min(trials, key=lambda trial: _cost(trial, target, scale))
        if reference is not None and len(best.payload) >= KEY_TRIAL_BYTES:
            key = self._try(target, seq, quality, None, in_order, PLAIN)
            reference, best = (None, key) if len(key.payload) < len(best.payload) else (reference, best)
        self._count(best)
        self._newest = seq
        self._ring[seq] = best.state
        for old in [key for key in self._ring if key <= seq - RING]:
            del self._ring[old]
        return CodedFace(seq, reference.seq if reference else None, best.payload)

    def _try(
        self, target: list[int], seq: int, quality: int, reference: FrameState | None, in_order: bool, thrift: int
    ) -> _Trial:
        """Codes a frame without remembering it."""
        coder, scale = RangeEncoder(), scale_of(quality)
        _write_header(coder, seq, quality, reference, in_order)
        starts = (0, *self._prediction.group_ends[:-1])
        marks: list[float] = []

        def write(index: int, predicted: int, level: int) -> int:
            while len(marks) < len(starts) and index >= starts[len(marks)]:
                marks.append(_position_bits(coder))
            residual = nearest_residual(target[index] - predicted, scale, level, thrift)
            coder.encode_residual(TABLES[level], residual)
            return residual

        if reference is None:
            state = code_key(self._prediction, seq, quality, scale, write)
        else:
            state = code_inter(self._prediction, reference, seq - reference.seq, quality, scale, write)
        marks += [_position_bits(coder)] * (len(starts) + 1 - len(marks))
        return _Trial(coder.finish(), state, marks)

    def reconstruction(self, seq: int) -> FaceCode:
        """The numbers that the receiver gets for a frame of the ring.

        Raises:
            ValueError: if the frame is not in the ring.
        """
        if seq not in self._ring:
            raise ValueError(f"frame {seq} is not among the last {RING}")
        return self.layout.unpack(from_fixed(self._ring[seq].values, self.tables.steps, self.tables.mixing))

    def acknowledge(self, received: int | bytes) -> bool:
        """Notes that the receiver holds a frame, so that later packets may refer to it.

        Args:
            received: the 4 bytes of :attr:`DecodedFace.acknowledgement` as they came back over the network, or a
                frame number where both ends are in one program (files).

        Returns:
            Whether it became the reference: not if it is older than the present one, unknown, malformed, or its
            digest says that the receiver holds something else.
        """
        state = self._ring.get(received) if isinstance(received, int) else self._find(received)
        if state is None or (self._reference is not None and state.seq <= self._reference.seq):
            return False
        self._reference = state
        return True

    def _find(self, message: bytes) -> FrameState | None:
        if len(message) != ACKNOWLEDGEMENT_BYTES:
            return None
        low, digest = _ACKNOWLEDGEMENT.unpack(message)
        seq = self._newest - ((self._newest - low) & 0xFFFF)
        state = self._ring.get(seq)
        return state if state is not None and state.digest() == digest else None

    def reset(self) -> None:
        """Forgets every acknowledgement: the next frame is a key frame. For a cut, or a receiver that came anew."""
        self._reference = None
        self._ring.clear()

    def _count(self, trial: _Trial) -> None:
        names = ("header", *self.layout.groups)
        for name, (before, after) in zip(names, itertools.pairwise([0.0, *trial.marks]), strict=True):
            self.bits_by_group[name] += after - before
        self.bits_by_group["rounding"] += 8 * len(trial.payload) - trial.marks[-1]


class FaceDecoder:
    """Decodes face packets from anybody, lost, doubled or out of order.

    Args:
        tables: the sender's tables, from the identity.
        layout: if given, what the caller expects; it must be the tables' own.
    """

    def __init__(self, tables: FaceTables, layout: Layout | None = None) -> None:
        if layout is not None and layout != tables.layout:
            raise ValueError("the tables were trained for another layout")
        self.tables = tables
        self.layout = tables.layout
        self._prediction = tables.prediction()
        self._ring: dict[int, FrameState] = {}
        self._newest: int | None = None

    def decode(self, payload: bytes, seq: int | None = None) -> DecodedFace:
        """Decodes one packet.

        Args:
            payload: the packet, from anybody.
            seq: the frame's number, where the packet was coded ``in_order`` and does not tell it.

        Raises:
            MissingReference: if the packet refers to a frame that was never decoded; nothing is wrong with it.
            ValueError: if it is no face packet.
        """
        if len(payload) > MAX_PACKET:
            raise ValueError(f"a face packet of {len(payload)} bytes exceeds {MAX_PACKET}")
        coder = RangeDecoder(payload)
        number, distance, quality = self._read_header(coder, seq)
        scale = scale_of(quality)

        def read(index: int, predicted: int, level: int) -> int:
            return coder.decode_residual(TABLES[level])

        if distance is None:
            state = code_key(self._prediction, number, quality, scale, read)
        else:
            state = code_inter(self._prediction, self._ring[number - distance], distance, quality, scale, read)
        if not coder.exhausted():
            raise ValueError("a face packet is longer than its content")
        self._keep(state, distance is None)
        code = self.layout.unpack(from_fixed(state.values, self.tables.steps, self.tables.mixing))
        acknowledgement = _ACKNOWLEDGEMENT.pack(number & 0xFFFF, state.digest())
        return DecodedFace(number, None if distance is None else number - distance, quality, code, acknowledgement)

    def reset(self) -> None:
        """Forgets all frames: nothing but a key frame decodes next."""
        self._ring.clear()
        self._newest = None

    def _keep(self, state: FrameState, key: bool) -> None:
        if key and self._newest is not None and state.seq <= self._newest - KEPT:
            self.reset()  # the sender started anew
        self._newest = state.seq if self._newest is None else max(self._newest, state.seq)
        self._ring[state.seq] = state
        for old in [kept for kept in self._ring if kept <= self._newest - KEPT]:
            del self._ring[old]

    def _read_header(self, coder: RangeDecoder, seq: int | None) -> tuple[int, int | None, int]:
        """Reads (frame number, distance or None, quality); mirrors :func:`_write_header`."""
        key = _read_flag(coder, _KEY)
        number = seq if seq is not None else self._read_number(coder, key)
        if not 0 <= number <= MAX_SEQ:
            raise ValueError(f"a face packet of frame {number}")
        if key:
            return number, None, _read_quality(coder, 0, _KEY_OTHER_QUALITY)
        distance = _read_distance(coder, seq is not None)
        reference = self._ring.get(number - distance)
        if reference is None:
            raise MissingReference(f"frame {number} refers to frame {number - distance}, which never arrived")
        return number, distance, _read_quality(coder, reference.quality, _OTHER_QUALITY)

    def _read_number(self, coder: RangeDecoder, key: bool) -> int:
        if key or _read_flag(coder, _WIDE):
            return coder.decode_bits(32)
        low = coder.decode_bits(_NARROW_BITS)
        if self._newest is None:
            raise MissingReference("a packet refers to a frame before the first that arrived")
        farthest = self._newest + _NARROW_AHEAD
        return farthest - ((farthest - low) & ((1 << _NARROW_BITS) - 1))


@dataclass(frozen=True, slots=True)
class _Trial:
    """One way to code a frame: its packet, what both ends would remember, and bits written before each group's end."""

    payload: bytes
    state: FrameState
    marks: list[float]


def _cost(trial: _Trial, target: list[int], scale: int) -> float:
    """Squared error in steps plus what the packet's whole bytes are worth: so that rounding to bytes is put to use."""
    error = sum((value - wanted) ** 2 for value, wanted in zip(trial.state.values, target, strict=True))
    return error / scale**2 + BIT_WORTH * 8 * len(trial.payload)


def _position_bits(coder: RangeEncoder) -> float:
    shifts, width = coder.position()
    return 8 * shifts + 32 - math.log2(width)


def _write_header(coder: RangeEncoder, seq: int, quality: int, reference: FrameState | None, in_order: bool) -> None:
    _write_flag(coder, reference is None, _KEY)
    if reference is None:
        if not in_order:
            coder.encode_bits(seq, 32)
        _write_quality(coder, quality, 0, _KEY_OTHER_QUALITY)
        return
    distance = seq - reference.seq
    if not in_order:
        wide = distance > _NARROW_AHEAD
        _write_flag(coder, wide, _WIDE)
        coder.encode_bits(seq if wide else seq & ((1 << _NARROW_BITS) - 1), 32 if wide else _NARROW_BITS)
    if in_order:
        _write_flag(coder, distance != 1, _FAR_IN_ORDER)
        if distance != 1:
            coder.encode_bits(distance, _DISTANCE_BITS)
    else:
        coder.encode(_DISTANCE_STARTS[distance - 1], _DISTANCES[distance - 1], 10)
    _write_quality(coder, quality, reference.quality, _OTHER_QUALITY)


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


def _write_quality(coder: RangeEncoder, quality: int, usual: int, rarity: int) -> None:
    _write_flag(coder, quality != usual, rarity)
    if quality != usual:
        coder.encode_bits(quality - QUALITY_MIN, _QUALITY_BITS)


def _read_quality(coder: RangeDecoder, usual: int, rarity: int) -> int:
    return coder.decode_bits(_QUALITY_BITS) + QUALITY_MIN if _read_flag(coder, rarity) else usual
