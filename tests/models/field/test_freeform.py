"""Free-form deformation: what it moves, which motions it chooses, and its way through an identity."""

from __future__ import annotations

import numpy as np
import pytest

from models.field.freeform import (
    LONGEST,
    MODES,
    PREFIX,
    SPREAD,
    WAVES_X,
    WAVES_Y,
    Freeform,
    telling_modes,
)
from models.field.motion import CELLS
from models.tracking.arrays import Arrays


def some_modes(size: int = 5, seed: int = 0) -> Freeform:
    return Freeform.build(np.random.default_rng(seed).normal(0.0, 0.01, (size, WAVES_Y, WAVES_X, 2)))


def test_the_constant_wave_shifts_the_whole_face_and_the_next_one_stretches_it() -> None:
    coefficients = np.zeros((2, WAVES_Y, WAVES_X, 2))
    coefficients[0, 0, 0, 0] = 0.1
    coefficients[1, 0, 1, 1] = 0.1
    freeform = Freeform.build(coefficients)
    shift, stretch = (freeform.displacement(amounts) for amounts in np.eye(2, dtype=np.float32))
    assert shift[..., 0] == pytest.approx(0.1, abs=1e-6)
    assert not shift[..., 1].any()
    assert stretch[:, 0, 1] == pytest.approx(0.1, abs=1e-6)
    assert stretch[:, -1, 1] == pytest.approx(-0.1, abs=1e-6)


def test_displacements_add_up_and_no_numbers_are_no_displacement() -> None:
    freeform = some_modes()
    one, other = np.random.default_rng(1).normal(size=(2, 5)).astype(np.float32)
    both = freeform.displacement(one) + freeform.displacement(other)
    assert np.allclose(freeform.displacement(one + other), both, atol=1e-6)
    assert not freeform.displacement(np.zeros(0, np.float32)).any()
    with pytest.raises(ValueError, match="4 free-form numbers for 5 modes"):
        freeform.displacement(one[:4])


def where_a_picture_tells(rows: slice, columns: slice, along_x: float, along_y: float) -> np.ndarray:
    tensors = np.zeros((CELLS, CELLS, 3))
    tensors[rows, columns] = (along_x, 0.0, along_y)
    return tensors


def test_modes_move_what_the_picture_shows_along_the_way_that_it_shows() -> None:
    tensors = where_a_picture_tells(slice(18, 22), slice(16, 20), 1e6, 0.0)
    first = telling_modes(tensors, 1).modes[0]
    inside, outside = np.abs(first[18:22, 16:20, 0]).min(), np.abs(first[30:, :, 0]).max()
    assert inside > 2.0 * outside
    assert np.abs(first[..., 1]).max() < 0.02 * inside


def test_each_mode_tells_less_than_the_one_before_and_none_is_larger_than_expected() -> None:
    random = np.random.default_rng(0)
    gradient = random.normal(size=(CELLS, CELLS, 2)) * (np.hypot(*np.mgrid[-1:1:40j, -1:1:40j]) < 0.6)[..., None]
    xx, xy, yy = gradient[..., 0] ** 2, gradient.prod(-1), gradient[..., 1] ** 2
    freeform = telling_modes(np.stack([xx, xy, yy], -1))
    assert freeform.size == MODES
    x, y = np.moveaxis(freeform.modes, -1, 0)
    told = (xx * x * x + 2 * xy * x * y + yy * y * y).sum((1, 2))
    assert (np.diff(told) < 1e-3 * told[0]).all()
    assert np.abs(freeform.step[:, None, None, None] * freeform.levels).max() < 1.1 * SPREAD


def test_what_is_trained_with_is_what_is_stored() -> None:
    freeform = some_modes()
    again = Freeform.from_arrays(freeform.to_arrays())
    assert np.array_equal(again.modes, freeform.modes)


def test_an_identity_of_before_has_none() -> None:
    assert Freeform.from_arrays({}).size == 0
    assert Freeform.none().to_arrays() == {}


def test_modes_are_cut_to_a_face() -> None:
    freeform = Freeform.build(np.full((3, WAVES_Y, WAVES_X, 2), 40.0))
    assert (freeform.step[:, None, None, None] * np.abs(freeform.levels)).max() <= LONGEST * 1.0001


@pytest.mark.parametrize("name", ["step", "levels"])
def test_arrays_that_do_not_fit_are_refused(name: str) -> None:
    arrays = some_modes().to_arrays()
    other = "levels" if name == "step" else "step"
    for array in (arrays[PREFIX + name][:-1], arrays[PREFIX + name].astype(np.float64)):
        with pytest.raises(ValueError, match="identity"):
            Freeform.from_arrays({**arrays, PREFIX + name: array})
    with pytest.raises(ValueError, match="identity"):
        Freeform.from_arrays({PREFIX + other: arrays[PREFIX + other]})


@pytest.mark.parametrize("value", [np.nan, -1.0, LONGEST])
def test_numbers_that_no_mode_has_are_refused(value: float) -> None:
    wrong = {PREFIX + "step": np.full(5, value, np.float32)}
    with pytest.raises(ValueError, match="identity"):
        Freeform.from_arrays({**some_modes().to_arrays(), **wrong})


@pytest.mark.parametrize("size", [0, MODES + 1])
def test_too_many_modes_are_refused_and_so_are_none(size: int) -> None:
    arrays: Arrays = {
        PREFIX + "step": np.zeros(size, np.float32),
        PREFIX + "levels": np.zeros((size, WAVES_Y, WAVES_X, 2), np.int8),
    }
    with pytest.raises(ValueError, match="modes of free form"):
        Freeform.from_arrays(arrays)
