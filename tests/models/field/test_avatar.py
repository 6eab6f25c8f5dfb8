"""An avatar's way through an identity file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from codec.identity import Identity, pack_identity, unpack_identity
from models.field.avatar import (
    Avatar,
    quantise_density,
    quantise_table,
    restore_density,
    restore_table,
)
from models.field.planes import PLANE_FEATURES, STARTS
from models.field.torso import COVERS
from models.render.cpu import CpuRenderer
from tests.models.builders import made_up_code, made_up_identity


def test_an_avatar_survives_its_file() -> None:
    identity = made_up_identity()
    again = unpack_identity(pack_identity(identity))
    first, second = Avatar.from_arrays(identity.arrays), Avatar.from_arrays(again.arrays)
    code = made_up_code()
    for a, b in zip(
        (first.weights(code).rows, first.weights(code).warp, first.density),
        (second.weights(code).rows, second.weights(code).warp, second.density),
        strict=True,
    ):
        assert a is not None
        assert b is not None
        assert np.array_equal(a, b)


def test_folds_move_the_torso_alone_and_survive_the_file() -> None:
    identity, code = made_up_identity(), made_up_code()
    again = Avatar.from_arrays(unpack_identity(pack_identity(identity)).arrays)
    free = code.freeform.copy()
    free[again.free_parts.folds] = 0.0
    folded, still = again.weights(code), again.weights(replace(code, freeform=free))
    assert np.array_equal(folded.flow, Avatar.from_arrays(identity.arrays).flow(code))
    assert np.array_equal(folded.warp, still.warp)
    assert np.array_equal(folded.planes, still.planes)
    by = again.folds.displacement(code.freeform[again.free_parts.folds])
    assert np.abs(by).max() > 0.1
    np.testing.assert_allclose(folded.flow - still.flow, by, atol=1e-5)
    moves = np.tensordot(np.append(code.torso, code.freeform[again.free_parts.folds]), again.flow_modes(), 1)
    np.testing.assert_allclose(moves, folded.flow, atol=1e-4)


def test_an_identity_of_the_first_form_has_planes_that_change_nothing() -> None:
    first_form = {
        name: array
        for name, array in made_up_identity().arrays.items()
        if not name.startswith(("field.head.planes.", "field.conditioner.blend."))
    }
    planes = Avatar.from_arrays(first_form).weights(made_up_code()).planes
    assert planes.shape == (STARTS[-1], PLANE_FEATURES)
    assert not planes.any()


def test_an_identity_without_a_front_keeps_its_torso_behind_the_head() -> None:
    arrays = {
        name: np.full_like(array, COVERS) if name == "field.torso_map" else array
        for name, array in made_up_identity().arrays.items()
    }
    with_front = CpuRenderer.load(Identity("x", 0, {}, arrays), 2)
    without = {name: array for name, array in arrays.items() if not name.startswith("field.torso.front.")}
    picture = CpuRenderer.load(Identity("x", 0, {}, without), 2).render(made_up_code(), (64, 64))
    assert np.array_equal(picture, with_front.render(made_up_code(), (64, 64)))


def test_tables_lose_little() -> None:
    table = np.random.default_rng(0).normal(size=(4096, 4)).astype(np.float32)
    stored, scale = quantise_table(table)
    assert stored.dtype == np.int8
    assert np.abs(restore_table(stored, scale.astype(np.float32)) - table).max() < np.abs(table).max() / 25.0


def test_density_keeps_thin_hair() -> None:
    density = np.array([0.0, 0.5, 2.0, 30.0, 500.0], np.float32)
    again = restore_density(quantise_density(density))
    assert again[0] == 0.0
    assert np.abs(again[1:4] / density[1:4] - 1.0).max() < 0.06
    assert again[4] == pytest.approx(120.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("field.density", None),
        ("field.density", np.zeros((2, 2, 2), np.uint8)),
        ("field.plate", np.zeros((256, 256, 3), np.float32)),
        ("field.head.first.weight", np.zeros((64, 31), np.float16)),
        ("field.head.planes.tables.1", np.zeros((8, 8), np.int8)),
        ("field.head.first.bias", np.full(64, np.nan, np.float32)),
        ("field.torso.grid.table", None),
        ("tracking.mean", None),
    ],
)
def test_a_wrong_identity_is_refused(name: str, value: np.ndarray | None) -> None:
    arrays = dict(made_up_identity().arrays)
    if value is None:
        del arrays[name]
    else:
        arrays[name] = value
    with pytest.raises(ValueError, match="identity"):
        Avatar.from_arrays(arrays)
