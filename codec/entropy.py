"""A byte-flushing range coder and its frozen probability tables. Format: BITSTREAM.md, "Range coder".

No float decides a probability. Residuals follow discretised two-sided geometric (Laplace) distributions, one per
*class*; a class is a quarter octave of scale, so one step of quality is exactly one class.

The coder is pure Python on purpose: a frame is 56 symbols (a tenth of a millisecond), and Python's integers carry by
themselves. ``constriction`` would emit 32-bit words, 2 bytes more per packet (tests/codec/test_entropy.py measures it).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

TOTAL_BITS = 15
TOTAL = 1 << TOTAL_BITS
"""Frequencies of a table sum to this; the coder's range never falls under 2^24, so 2^9 times it."""

CLASSES = 40
"""Scale classes: Laplace scales of 2^((c - 14) / 4) steps, 0.09 to 76 steps."""

LARGEST = 64
"""Largest residual magnitude inside a table; larger ones escape."""

ESCAPE_BITS = 17
"""Most bits of an escaped magnitude: a bound on what hostile bytes can make a decoder read."""

MAX_RESIDUAL = 1 << 16
"""Largest residual magnitude that is ever coded."""

EXPECTED_BITS = 14
"""Fraction bits of a table's mean magnitude; the smallest class's is 2^-8."""

FIRST_RANGE = 0xFF << 24
"""The coder's first range leaves out the top 1/256: a face packet never begins with 0xFF, other messages may."""

_BOTTOM = 1 << 24

_OCCURRENCE = (
    229, 563, 1200, 2268, 3874, 6075, 8869, 12192, 15933, 19953, 24109, 28267, 32314, 36162, 39750, 43041, 46019,
    48681, 51039, 53111, 54917, 56484, 57835, 58997, 59992, 60842, 61565, 62181, 62703, 63145, 63520, 63836, 64104,
    64329, 64520, 64681, 64816, 64930, 65026, 65107,
)  # fmt: skip
"""Probability * 65536 that a residual of a class is not zero: exp(-1 / (2 s)), frozen."""

_CONTINUATION = (
    1, 5, 22, 79, 229, 563, 1200, 2268, 3874, 6075, 8869, 12192, 15933, 19953, 24109, 28267, 32314, 36162, 39750,
    43041, 46019, 48681, 51039, 53111, 54917, 56484, 57835, 58997, 59992, 60842, 61565, 62181, 62703, 63145, 63520,
    63836, 64104, 64329, 64520, 64681,
)  # fmt: skip
"""Probability * 65536 that a magnitude goes on to the next: exp(-1 / s), frozen."""


@dataclass(frozen=True, slots=True)
class ResidualTable:
    """One class's frequencies.

    Attributes:
        largest: magnitudes up to this are symbols of the table.
        cumulative: 2 * largest + 3 ascending integers from 0 to TOTAL; symbol ``k + largest`` for residual k, the last
            one is the escape.
        expected: mean magnitude of a residual, times 2^14.
        escape_order: Exp-Golomb order of what exceeds ``largest``.
    """

    largest: int
    cumulative: tuple[int, ...]
    expected: int
    escape_order: int

    def bits(self, residual: int) -> float:
        """Information that a residual holds, for measuring."""
        largest, cumulative = self.largest, self.cumulative
        symbol = min(abs(residual), largest + 1) + largest
        bits = TOTAL_BITS - math.log2(cumulative[symbol + 1] - cumulative[symbol])
        if abs(residual) <= largest:
            return bits
        length = (abs(residual) - largest - 1 + (1 << self.escape_order)).bit_length()
        return bits + 2 * length - self.escape_order


def _residual_table(occurrence: int, continuation: int) -> ResidualTable:
    """Spreads TOTAL over residuals by integer arithmetic alone (BITSTREAM.md, "Residual tables")."""
    tail = occurrence << 16  # probability of reaching a magnitude, times 2^32
    sides: list[int] = []
    while len(sides) < LARGEST and (tail >> 21 or not sides):
        going_on = tail * continuation >> 16
        sides.append(max((tail - going_on) >> 18, 1))  # half the mass on each side, times 2^15
        tail = going_on
    escape = max(tail >> 17, 1)
    middle = TOTAL - 2 * sum(sides) - escape
    frequencies = [*reversed(sides), middle, *sides, escape]
    cumulative = [0]
    for frequency in frequencies:
        cumulative.append(cumulative[-1] + frequency)
    largest = len(sides)
    beyond = escape * (largest + 1 + continuation // (65536 - continuation))
    expected = (2 * sum(k * side for k, side in enumerate(sides, 1)) + beyond) >> (TOTAL_BITS - EXPECTED_BITS)
    return ResidualTable(largest, tuple(cumulative), expected, max((largest // 4).bit_length() - 1, 0))


TABLES = tuple(_residual_table(*pair) for pair in zip(_OCCURRENCE, _CONTINUATION, strict=True))
"""The residual table of each class."""


class RangeEncoder:
    """Writes symbols into the fewest whole bytes; bytes past the end read as zero."""

    __slots__ = ("_low", "_range", "_shifts")

    def __init__(self) -> None:
        self._low = 0
        self._range = FIRST_RANGE
        self._shifts = 0

    def encode(self, start: int, frequency: int, total_bits: int) -> None:
        """Narrows the range to ``[start, start + frequency)`` of ``2^total_bits``, total_bits at most 16."""
        unit = self._range >> total_bits
        self._low += unit * start
        self._range = unit * frequency
        while self._range < _BOTTOM:
            self._low <<= 8
            self._range <<= 8
            self._shifts += 1

    def encode_bits(self, value: int, bits: int) -> None:
        """Writes ``bits`` equiprobable bits, the most significant sixteen first."""
        while bits > 16:
            bits -= 16
            self.encode(value >> bits & 0xFFFF, 1, 16)
        self.encode(value & ((1 << bits) - 1), 1, bits)

    def encode_residual(self, table: ResidualTable, residual: int) -> None:
        """Writes one residual of magnitude at most ``MAX_RESIDUAL``."""
        largest, cumulative = table.largest, table.cumulative
        if -largest <= residual <= largest:
            start = cumulative[residual + largest]
            self.encode(start, cumulative[residual + largest + 1] - start, TOTAL_BITS)
            return
        self.encode(cumulative[-2], TOTAL - cumulative[-2], TOTAL_BITS)
        self.encode_bits(int(residual < 0), 1)
        excess = abs(residual) - largest - 1 + (1 << table.escape_order)
        length = excess.bit_length()
        for _ in range(length - 1 - table.escape_order):
            self.encode_bits(1, 1)
        self.encode_bits(0, 1)
        self.encode_bits(excess - (1 << (length - 1)), length - 1)

    def position(self) -> tuple[int, int]:
        """How far the writing is: (bytes shifted out, range left), for counting fractional bits."""
        return self._shifts, self._range

    def finish(self) -> bytes:
        """The shortest bytes that decode to what was written."""
        length = self._shifts + 4
        for dropped in range(8 * length, -1, -8):
            value = -(-self._low >> dropped) << dropped
            if value < self._low + self._range:
                return value.to_bytes(length, "big").rstrip(b"\x00")
        raise AssertionError("the range is never empty")


class RangeDecoder:
    """Reads symbols from bytes of anybody.

    Args:
        data: what a :class:`RangeEncoder` wrote, or anything else: every byte string decodes to some symbols.

    Raises:
        ValueError: if the first byte is 0xFF, which no face packet begins with.
    """

    __slots__ = ("_code", "_data", "_position", "_range")

    def __init__(self, data: bytes) -> None:
        if data[:1] == b"\xff":
            raise ValueError("not a face packet")
        self._data = data
        self._code = int.from_bytes(data[:4].ljust(4, b"\x00"), "big")
        self._range = FIRST_RANGE
        self._position = 4

    def peek(self, total_bits: int) -> int:
        """Where the next symbol lies in ``[0, 2^total_bits)``."""
        return min(self._code // (self._range >> total_bits), (1 << total_bits) - 1)

    def consume(self, start: int, frequency: int, total_bits: int) -> None:
        """Narrows the range to the symbol that was found at ``peek``."""
        unit = self._range >> total_bits
        self._code -= unit * start
        self._range = unit * frequency
        while self._range < _BOTTOM:
            byte = self._data[self._position] if self._position < len(self._data) else 0
            # Hostile bytes may point past the last symbol; the mask keeps the number small whatever they are.
            self._code = (self._code << 8 | byte) & 0xFFFFFFFF
            self._range <<= 8
            self._position += 1

    def decode_bits(self, bits: int) -> int:
        """Reads ``bits`` equiprobable bits."""
        value = 0
        while bits > 0:
            chunk = min(bits, 16)
            digit = self.peek(chunk)
            self.consume(digit, 1, chunk)
            value = value << chunk | digit
            bits -= chunk
        return value

    def decode_residual(self, table: ResidualTable) -> int:
        """Reads one residual.

        Raises:
            ValueError: if an escaped magnitude exceeds ``MAX_RESIDUAL``.
        """
        cumulative = table.cumulative
        symbol = bisect_right(cumulative, self.peek(TOTAL_BITS)) - 1
        self.consume(cumulative[symbol], cumulative[symbol + 1] - cumulative[symbol], TOTAL_BITS)
        if symbol <= 2 * table.largest:
            return symbol - table.largest
        negative = self.decode_bits(1)
        length = table.escape_order
        while self.decode_bits(1):
            length += 1
            if length > ESCAPE_BITS:
                raise ValueError("a residual exceeds what a face packet may hold")
        magnitude = table.largest + 1 + self.decode_bits(length) + (1 << length) - (1 << table.escape_order)
        if magnitude > MAX_RESIDUAL:
            raise ValueError("a residual exceeds what a face packet may hold")
        return -magnitude if negative else magnitude

    def exhausted(self) -> bool:
        """Whether all bytes were needed: what follows the last symbol would have been left out by an encoder."""
        return self._position >= len(self._data)
