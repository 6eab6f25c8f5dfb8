"""The quantiser that makes a picture as large as it may be."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codec.h265_rate import QP_FALL, QP_LEAST, QP_MOST, QP_PER_OCTAVE, Complexity, ComplexityMeter, QuantiserControl

PIXELS = 256 * 256


def test_complexity_tells_detail_from_change() -> None:
    meter = ComplexityMeter()
    flat = np.full((64, 64), 100, np.uint8)
    stripes = np.tile(np.array([90, 110], np.uint8), (64, 32))
    assert meter.measure(flat) == Complexity(0.0, 0.0)
    assert meter.measure(flat + np.uint8(8)) == Complexity(0.0, 8.0)
    measured = meter.measure(stripes)
    assert measured.detail == pytest.approx(20.0)
    assert measured.change == pytest.approx(8.0)  # finer than the blocks that change is measured in
    assert meter.measure(np.zeros((32, 32), np.uint8)).change == 0.0


def test_more_bits_or_less_to_code_give_a_finer_quantiser() -> None:
    def choose(bits: float, detail: float) -> int:
        return QuantiserControl(PIXELS).choose(bits, Complexity(detail, 0.0), True)

    assert choose(50_000, 5.0) < choose(20_000, 5.0) < choose(20_000, 10.0)


def test_the_quantiser_settles_where_pictures_have_the_size_that_is_wanted() -> None:
    control = QuantiserControl(PIXELS)
    control.choose(30_000, Complexity(5.0, 0.0), True)
    control.coded(30_000)
    sizes = []
    for _ in range(60):
        qp = control.choose(6000, Complexity(5.0, 1.0), False)
        sizes.append(round(200 + PIXELS * 0.5 * 2 ** (-(qp - 20) / QP_PER_OCTAVE)))
        control.coded(sizes[-1])
    assert all(0.75 * 6000 < size <= 1.1 * 6000 for size in sizes[-20:])


def test_it_falls_slowly_and_rises_at_once() -> None:
    control = QuantiserControl(PIXELS)
    control.choose(2_000, Complexity(9.0, 0.0), True)
    control.coded(2_000)
    coarse = control.qp
    assert coarse is not None
    assert control.choose(1e6, Complexity(9.0, 0.1), False) == coarse - QP_FALL
    assert control.choose(300, Complexity(9.0, 20.0), False) == QP_MOST


@given(st.lists(st.tuples(st.floats(0, 1e7), st.floats(0, 100), st.booleans(), st.integers(0, 10**7)), max_size=50))
def test_any_course_stays_within_bounds(course: list[tuple[float, float, bool, int]]) -> None:
    control = QuantiserControl(PIXELS)
    for bits, measure, is_key, size in course:
        assert QP_LEAST <= control.choose(bits, Complexity(measure, measure), is_key) <= QP_MOST
        control.coded(size)
        assert all(math.isfinite(offset) for offset in control._offsets.values())
