"""Tints: which changes of the planes' blend are chosen, what they cost to store, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.field.avatar import Avatar
from models.field.planes import BASES, PLANES
from models.field.tints import MOST_CHANGE, NAME, TINTS, Tints, telling_tints
from models.render.cpu import CpuRenderer
from tests.models.builders import made_up_code, made_up_identity

WEIGHTS = PLANES * BASES


def some_tints(size: int = 5) -> Tints:
    return Tints.build(np.random.default_rng(0).normal(size=(size, PLANES, BASES)))


def test_amounts_add_up() -> None:
    tints = some_tints(2)
    both = tints.change(np.array([2.0, -1.0], np.float32))
    np.testing.assert_allclose(both, 2.0 * tints.basis[0] - tints.basis[1], rtol=1e-6)
    assert not tints.change(np.zeros(0, np.float32)).any()
    with pytest.raises(ValueError, match="3 numbers for 2 tints"):
        tints.change(np.zeros(3, np.float32))


def test_a_tint_changes_colours_and_moves_nothing() -> None:
    avatar, code = Avatar.from_arrays(made_up_identity().arrays), made_up_code()
    free = code.freeform.copy()
    free[avatar.free_parts.tints] *= -1.0
    other = replace(code, freeform=free)
    renderer = CpuRenderer(avatar, 2)
    one, two = (renderer.look(c, 2) for c in (code, other))
    assert np.array_equal(one.surface, two.surface)
    head = one.surface[..., 0] > 0.9
    assert np.abs(one.rgb[head].astype(int) - two.rgb[head]).mean() > 1.0
    assert np.array_equal(one.rgb[one.surface[..., 0] == 0.0], two.rgb[one.surface[..., 0] == 0.0])


def test_each_tint_tells_less_than_the_one_before() -> None:
    random = np.random.default_rng(1)
    change = random.normal(size=(200, WEIGHTS))
    blends = random.normal(size=(50, WEIGHTS)) * random.uniform(0.1, 2.0, WEIGHTS)
    tints = telling_tints(change.T @ change, blends)
    assert tints.size == TINTS
    flat = tints.basis.reshape(TINTS, -1)
    told = np.diag(flat @ change.T @ change @ flat.T)
    assert (np.diff(told) < 1e-2 * told[0]).all()
    spread = blends.std(0) + 1e-3
    np.testing.assert_allclose((flat / spread) @ (flat / spread).T, np.eye(TINTS), atol=2e-2)


def test_what_the_picture_does_not_show_is_no_tint() -> None:
    gram = np.zeros((WEIGHTS, WEIGHTS))
    gram[BASES:, BASES:] = np.eye(WEIGHTS - BASES)
    tints = telling_tints(gram, np.random.default_rng(2).normal(size=(50, WEIGHTS)))
    assert np.abs(tints.basis[:, 0]).max() < 1e-3 * np.abs(tints.basis).max()


def test_what_is_used_is_what_is_stored() -> None:
    tints = some_tints()
    assert np.array_equal(Tints.from_arrays(tints.to_arrays()).basis, tints.basis)


def test_an_identity_of_before_has_none() -> None:
    assert Tints.from_arrays({}).size == 0
    assert Tints.none().to_arrays() == {}


@pytest.mark.parametrize("size", [0, TINTS + 1])
def test_too_many_are_refused_and_so_are_none(size: int) -> None:
    with pytest.raises(ValueError, match="tints"):
        Tints.from_arrays({NAME: np.zeros((size, PLANES, BASES), np.float16)})


@pytest.mark.parametrize("value", [np.nan, np.inf, 2.0 * MOST_CHANGE])
def test_strengths_that_none_has_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="identity"):
        Tints.from_arrays({NAME: np.full((3, PLANES, BASES), value, np.float16)})


def test_arrays_that_do_not_fit_are_refused() -> None:
    basis = some_tints().basis.astype(np.float16)
    for array in (basis[..., 1:], basis.astype(np.float32), np.float16(1.0)):
        with pytest.raises(ValueError, match="identity"):
            Tints.from_arrays({NAME: np.asarray(array)})
