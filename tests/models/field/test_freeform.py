"""Free-form deformation: what it moves, which motions it chooses, and its way through an identity."""

from __future__ import annotations

import numpy as np
import pytest

from models.field.freeform import Freeform, telling_modes
from models.field.sheets import FACE, TORSO, Sheet
from models.tracking.arrays import Arrays

both_sheets = pytest.mark.parametrize("sheet", [FACE, TORSO], ids=["face", "torso"])


def some_modes(sheet: Sheet = FACE, size: int = 5, seed: int = 0) -> Freeform:
    return Freeform.build(np.random.default_rng(seed).normal(0.0, 0.01, (size, *sheet.waves, 2)), sheet)


def test_the_constant_wave_shifts_the_whole_face_and_the_next_one_stretches_it() -> None:
    coefficients = np.zeros((2, *FACE.waves, 2))
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


@both_sheets
def test_modes_move_what_the_picture_shows_along_the_way_that_it_shows(sheet: Sheet) -> None:
    tensors = np.zeros((sheet.cells, sheet.cells, 3))
    tensors[18:22, 16:20] = (1e6, 0.0, 0.0)
    first = telling_modes(tensors, 1, sheet).modes[0]
    inside, outside = np.abs(first[18:22, 16:20, 0]).min(), np.abs(first[30:, :, 0]).max()
    assert inside > 2.0 * outside
    assert np.abs(first[..., 1]).max() < 0.02 * inside


@both_sheets
def test_each_mode_tells_less_than_the_one_before_and_none_is_larger_than_expected(sheet: Sheet) -> None:
    random = np.random.default_rng(0)
    axis = np.linspace(-1.0, 1.0, sheet.cells)
    gradient = random.normal(size=(sheet.cells, sheet.cells, 2)) * (np.hypot(axis, axis[:, None]) < 0.6)[..., None]
    xx, xy, yy = gradient[..., 0] ** 2, gradient.prod(-1), gradient[..., 1] ** 2
    freeform = telling_modes(np.stack([xx, xy, yy], -1), sheet.most, sheet)
    assert freeform.size == sheet.most
    x, y = np.moveaxis(freeform.modes, -1, 0)
    told = (xx * x * x + 2 * xy * x * y + yy * y * y).sum((1, 2))
    assert (np.diff(told) < 1e-3 * told[0]).all()
    assert np.abs(freeform.step[:, None, None, None] * freeform.levels).max() < 1.1 * sheet.spread.max()


def test_what_is_trained_with_is_what_is_stored() -> None:
    face, torso = some_modes(FACE), some_modes(TORSO, 3)
    arrays = {**face.to_arrays(), **torso.to_arrays()}
    assert np.array_equal(Freeform.from_arrays(arrays).modes, face.modes)
    assert np.array_equal(Freeform.from_arrays(arrays, TORSO).modes, torso.modes)


@both_sheets
def test_an_identity_of_before_has_none(sheet: Sheet) -> None:
    none = Freeform.from_arrays({}, sheet)
    assert none.size == 0
    assert none.displacement(np.zeros(0, np.float32)).shape == (sheet.cells, sheet.cells, 2)
    assert none.to_arrays() == {}


@both_sheets
def test_modes_are_cut_to_the_longest(sheet: Sheet) -> None:
    freeform = Freeform.build(np.full((3, *sheet.waves, 2), 400.0), sheet)
    assert (freeform.step[:, None, None, None] * np.abs(freeform.levels)).max() <= sheet.longest * 1.0001


@pytest.mark.parametrize("name", ["step", "levels"])
def test_arrays_that_do_not_fit_are_refused(name: str) -> None:
    arrays = some_modes().to_arrays()
    name, other = FACE.name + name, FACE.name + ("levels" if name == "step" else "step")
    for array in (arrays[name][:-1], arrays[name].astype(np.float64)):
        with pytest.raises(ValueError, match="identity"):
            Freeform.from_arrays({**arrays, name: array})
    with pytest.raises(ValueError, match="identity"):
        Freeform.from_arrays({other: arrays[other]})


@pytest.mark.parametrize("value", [np.nan, -1.0, FACE.longest])
def test_numbers_that_no_mode_has_are_refused(value: float) -> None:
    wrong = {FACE.name + "step": np.full(5, value, np.float32)}
    with pytest.raises(ValueError, match="identity"):
        Freeform.from_arrays({**some_modes().to_arrays(), **wrong})


@both_sheets
@pytest.mark.parametrize("more", [None, 1])
def test_too_many_modes_are_refused_and_so_are_none(sheet: Sheet, more: int | None) -> None:
    size = sheet.most + more if more else 0
    arrays: Arrays = {
        sheet.name + "step": np.zeros(size, np.float32),
        sheet.name + "levels": np.zeros((size, *sheet.waves, 2), np.int8),
    }
    with pytest.raises(ValueError, match="modes of free form"):
        Freeform.from_arrays(arrays, sheet)


def test_modes_do_not_repeat_what_other_numbers_displace() -> None:
    random = np.random.default_rng(2)
    gradient = random.normal(size=(TORSO.cells, TORSO.cells, 2))
    xx, xy, yy = gradient[..., 0] ** 2, gradient.prod(-1), gradient[..., 1] ** 2
    tensors = np.stack([xx, xy, yy], -1)
    shifts = np.zeros((2, TORSO.cells, TORSO.cells, 2), np.float32)
    shifts[0, ..., 0] = shifts[1, ..., 1] = 1.0

    def shared(modes: Freeform) -> float:
        """How much of the first mode's effect on the picture shifts alone would have."""
        x, y = np.moveaxis(np.concatenate([shifts, modes.modes[:1]]).reshape(3, -1, 2), 2, 0)
        flat = tensors.reshape(-1, 3)
        form = (flat[:, 0] * x) @ x.T + (flat[:, 1] * x) @ y.T + (flat[:, 1] * y) @ x.T + (flat[:, 2] * y) @ y.T
        return float(form[2, :2] @ np.linalg.solve(form[:2, :2], form[:2, 2]) / form[2, 2])

    assert shared(telling_modes(tensors, 1, TORSO)) > 0.9
    assert shared(telling_modes(tensors, 1, TORSO, shifts)) < 0.01
    plain = telling_modes(tensors, 4, TORSO)
    assert np.array_equal(telling_modes(tensors, 4, TORSO, 0.0 * shifts).levels, plain.levels)
