"""Other ways of writing a clip's numbers, to compare the face codec with: zstandard, and 16-bit floats without loss."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import zstandard
from numpy.typing import NDArray

LEVEL = 19
"""The strongest of zstandard's usual levels."""

HALVING = 4096
"""Symbols after which an adaptive model halves its counts, so that it follows a face that changes."""


def zstandard_bytes(parts: Iterable[NDArray[np.generic]]) -> int:
    """Bytes that zstandard makes of arrays, each compressed on its own, without what only a file needs.

    Integers are written in one byte where all of a part fit into it, else in two; floats as planes of bytes, the first
    byte of every number and then the second, which suits it better.
    """
    parameters = zstandard.ZstdCompressionParameters.from_level(
        LEVEL,
        write_content_size=False,
        write_checksum=False,
        write_dict_id=False,
        format=zstandard.FORMAT_ZSTD1_MAGICLESS,
    )
    coder = zstandard.ZstdCompressor(compression_params=parameters)
    return sum(len(coder.compress(_plain(np.asarray(part)))) for part in parts)


def _plain(part: NDArray[np.generic]) -> bytes:
    if part.dtype.kind == "f":
        return np.ascontiguousarray(part).view(np.uint8).reshape(-1, part.itemsize).T.tobytes()
    small = np.abs(part).max(initial=0) < 128
    return part.astype(np.int8 if small else np.int16).tobytes()


def float_bits(numbers: NDArray[np.float32]) -> float:
    """Bits of a clip's numbers as 16-bit floats, entropy-coded without loss: the lossless mode of the paper.

    An adaptive model for each number of the frame, of each byte given the one before; an ideal arithmetic coder. The
    better of two is taken: the floats themselves, or their difference from the last frame's in the order of floats.

    Args:
        numbers: float32 (T, N), a frame to a row.
    """
    words = numbers.astype(np.float16).view(np.uint16).astype(np.int64)
    ordered = np.where(words >= 0x8000, 0xFFFF - words, words + 0x8000)
    moved = np.diff(ordered, axis=0, prepend=0x8000)
    zigzag = (np.where(moved < 0, -2 * moved - 1, 2 * moved)) & 0xFFFF
    return min(_adaptive_bits(ordered), _adaptive_bits(zigzag))


def _adaptive_bits(words: NDArray[np.int64]) -> float:
    """Ideal bits of 16-bit words (T, N): for each column a model of high bytes, and two of low ones, after 0 or not."""
    bits = 0.0
    for column in words.T:
        high, low = column >> 8, column & 0xFF
        bits += _adaptive_byte_bits(high)
        bits += _adaptive_byte_bits(low[high == 0]) + _adaptive_byte_bits(low[high != 0])
    return bits


def _adaptive_byte_bits(symbols: NDArray[np.int64]) -> float:
    counts = np.full(256, 1 / 16)
    bits = 0.0
    for seen, symbol in enumerate(symbols, 1):
        bits -= float(np.log2(counts[symbol] / counts.sum()))
        counts[symbol] += 1.0
        if seen % HALVING == 0:
            counts /= 2
    return bits
