from __future__ import annotations

import itertools
import math

import constriction
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codec.entropy import CLASSES, MAX_RESIDUAL, TABLES, TOTAL, RangeDecoder, RangeEncoder
from tests.codec.untrusted import a_value_or_one_line

residuals = st.one_of(st.integers(-3, 3), st.integers(-80, 80), st.integers(-MAX_RESIDUAL, MAX_RESIDUAL))
symbols = st.lists(st.tuples(st.integers(0, CLASSES - 1), residuals), max_size=80)


@given(symbols, st.integers(0, 2**32 - 1))
def test_what_is_written_is_read(written: list[tuple[int, int]], number: int) -> None:
    encoder = RangeEncoder()
    encoder.encode_bits(number, 32)
    for level, residual in written:
        encoder.encode_residual(TABLES[level], residual)
    data = encoder.finish()
    assert data[:1] != b"\xff"
    decoder = RangeDecoder(data)
    assert decoder.decode_bits(32) == number
    assert [decoder.decode_residual(TABLES[level]) for level, _ in written] == [residual for _, residual in written]
    assert decoder.exhausted()


@given(st.binary(max_size=64), st.integers(0, CLASSES - 1))
def test_any_bytes_decode_to_residuals_or_a_value_error(data: bytes, level: int) -> None:
    with a_value_or_one_line():
        decoder = RangeDecoder(data)
        for _ in range(64):
            assert abs(decoder.decode_residual(TABLES[level])) <= MAX_RESIDUAL


def test_tables_are_symmetric_complete_and_never_zero() -> None:
    for table in TABLES:
        frequencies = np.diff(table.cumulative)
        assert table.cumulative[0] == 0
        assert table.cumulative[-1] == TOTAL
        assert frequencies.min() >= 1
        assert np.array_equal(frequencies[:-1], frequencies[:-1][::-1])
    assert all(a.expected < b.expected for a, b in itertools.pairwise(TABLES))


def test_tables_are_the_laplace_distributions_they_stand_for() -> None:
    for level in range(4, CLASSES):
        scale = 2 ** ((level - 14) / 4)
        zero = TABLES[level].cumulative[TABLES[level].largest + 1] - TABLES[level].cumulative[TABLES[level].largest]
        assert zero / TOTAL == pytest.approx(1 - math.exp(-0.5 / scale), abs=4e-3)


def _draw(packets: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Packets of 48 symbols, most of them small, as a speaker's are: (classes, residuals)."""
    random = np.random.default_rng(seed)
    drawn = []
    for _ in range(packets):
        levels = random.integers(2, 15, 48)
        points = random.integers(0, TOTAL, 48)
        values = []
        for level, point in zip(levels, points, strict=True):
            table = TABLES[level]
            symbol = int(np.searchsorted(table.cumulative, point, "right")) - 1
            values.append(min(symbol, 2 * table.largest) - table.largest)
        drawn.append((levels, np.array(values)))
    return drawn


def _sizes(packets: list[tuple[np.ndarray, np.ndarray]]) -> tuple[float, float, float]:
    """Mean bytes per packet: ideal, ours, constriction's."""
    models = [
        constriction.stream.model.Categorical(np.diff(table.cumulative) / TOTAL, perfect=False) for table in TABLES
    ]
    ideal = ours = theirs = 0.0
    for levels, values in packets:
        encoder, other = RangeEncoder(), constriction.stream.queue.RangeEncoder()
        for level, value in zip(levels.tolist(), values.tolist(), strict=True):
            table = TABLES[level]
            low, high = table.cumulative[value + table.largest], table.cumulative[value + table.largest + 1]
            ideal -= math.log2((high - low) / TOTAL)
            encoder.encode_residual(table, value)
            other.encode(np.array([value + table.largest], np.int32), models[level])
        ours += len(encoder.finish())
        theirs += 4 * len(other.get_compressed())
    return ideal / 8 / len(packets), ours / len(packets), theirs / len(packets)


def test_a_packet_is_within_half_a_byte_of_ideal_and_smaller_than_from_constriction() -> None:
    ideal, ours, theirs = _sizes(_draw(200, 5))
    assert ours < ideal + 0.6
    assert ours < theirs - 1.0


def test_bits_are_what_the_coder_spends() -> None:
    for table in TABLES[::6]:
        for residual in (0, 1, -1, 5, -64, 65, 3000, -MAX_RESIDUAL):
            encoder = RangeEncoder()
            encoder.encode_residual(table, residual)
            shifts, width = encoder.position()
            spent = 8 * shifts + 32 - math.log2(width) - math.log2(256 / 255)
            assert table.bits(residual) == pytest.approx(spent, abs=0.05)
