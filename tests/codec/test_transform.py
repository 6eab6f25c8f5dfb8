from __future__ import annotations

import numpy as np
import pytest

from codec.transform import (
    BASIS_BITS,
    BASIS_ROWS,
    GENERIC_BASIS,
    GENERIC_GROWTH,
    MOST_FRAMES,
    ORDER_ROWS,
    analyse,
    generic_basis,
    generic_order_scale,
    split_basis,
    split_order_scale,
    synthesise,
)

COUNTS = range(2, MOST_FRAMES + 1)


@pytest.mark.parametrize("count", COUNTS)
def test_the_generic_functions_are_those_of_a_random_walk(count: int) -> None:
    order, place = np.arange(count)[:, None], np.arange(1, count + 1)[None]
    exact = np.sqrt(4 / (2 * count + 1)) * np.sin((2 * order + 1) * place * np.pi / (2 * count + 1))
    assert np.abs(np.asarray(GENERIC_BASIS[count - 2]) - exact * 2**BASIS_BITS).max() < 0.51
    power = 1 / (2 - 2 * np.cos((2 * order[:, 0] + 1) * np.pi / (2 * count + 1)))
    assert np.abs(np.asarray(GENERIC_GROWTH[count - 2]) - 512 * np.log2(power)).max() < 0.51


@pytest.mark.parametrize("count", range(1, MOST_FRAMES + 1))
def test_what_is_taken_apart_comes_back(count: int) -> None:
    basis = split_basis(generic_basis(7))[count - 1]
    frames = np.random.default_rng(count).integers(-5000, 5000, (count, 7))
    contents = analyse(basis, frames)
    assert np.abs(synthesise(basis, contents, 1) - frames).max() <= 4


def test_a_single_frame_is_taken_as_it_is() -> None:
    basis = split_basis(generic_basis(3))[0]
    residuals = np.array([[5, -2, 65536]])
    assert (analyse(basis, residuals) == residuals).all()
    assert (synthesise(basis, residuals, 76) == residuals * 76).all()


def test_stored_rows_are_split_by_number_of_frames() -> None:
    rows = np.arange(BASIS_ROWS, dtype=np.int16)[:, None].repeat(2, 1)
    parts = split_basis(rows)
    assert [part.shape for part in parts] == [(2, count, count) for count in range(1, MOST_FRAMES + 1)]
    assert parts[1].tolist()[0] == [[0, 1], [2, 3]]
    assert parts[2][1, 0].tolist() == [4, 5, 6]
    scales = split_order_scale(np.arange(ORDER_ROWS, dtype=np.int16)[:, None].repeat(2, 1), np.array([7, 8], np.int16))
    assert scales[0].tolist() == [[7, 8]]
    assert [part[:, 0].tolist() for part in scales[1:3]] == [[0, 1], [2, 3, 4]]


def test_generic_scales_stay_within_an_int16() -> None:
    scales = generic_order_scale(np.array([32767, -32767, 0], np.int16))
    assert scales.shape == (ORDER_ROWS, 3)
    assert scales[0].tolist() == [32767, -32056, 711]
    assert scales[1].tolist() == [32056, -32767, -711]
