"""The compiled renderer's parts: vectors, the fast exponential, the map of depths, codes that no camera gives."""

from __future__ import annotations

import numba
import numpy as np
import pytest
import torch

from codec.types import FaceCode
from models.field.avatar import Avatar, quantise_density
from models.render.cpu import CpuRenderer
from models.render.depth import CELLS, dense_blocks, depth_ranges, pack_density
from models.render.layers import decay
from models.render.reference import march_reference
from models.render.vector import LANES, any_less, any_set, byte_of, gather, load, store, to_float, truncate, where_less
from tests.models.builders import made_up_code, made_up_identity


@numba.njit
def _through_vectors(table, numbers, out):  # type: ignore[no-untyped-def]
    x = load(numbers, 0, 0)
    whole = truncate(x)
    store(out, 0, 0, x * np.float32(2.0) - x / np.float32(4.0) + np.float32(1.0))
    store(out, 1, 0, to_float(whole * np.int32(3) + np.int32(1)))
    store(out, 2, 0, gather(table, whole))
    store(out, 3, 0, where_less(x, np.float32(5.0), x, np.float32(5.0)))
    return any_less(x, np.float32(0.0)), any_less(np.float32(5.0), x)


def test_vectors_compute_what_numbers_do() -> None:
    x = np.linspace(0.25, 12.0, LANES, dtype=np.float32)
    table = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)
    out = np.empty((4, LANES), np.float32)
    below, above = _through_vectors(table, x[None], out)
    np.testing.assert_allclose(out[0], x * 2 - x / 4 + 1, rtol=1e-6)
    np.testing.assert_array_equal(out[1], x.astype(int) * 3 + 1)
    np.testing.assert_array_equal(out[2], table.ravel()[x.astype(int)])
    np.testing.assert_array_equal(out[3], np.minimum(x, 5.0))
    assert not below
    assert above


@numba.njit
def _through_bytes(numbers, places, out):  # type: ignore[no-untyped-def]
    taken = gather(numbers, truncate(load(places, 0, 0)))
    for number in range(4):
        store(out, number, 0, byte_of(taken, number))
    return any_set(taken)


def test_vectors_of_bytes() -> None:
    numbers = np.random.default_rng(0).integers(0, 256, (40, 4)).astype(np.uint8)
    numbers[:LANES] = 0
    out = np.empty((4, LANES), np.float32)
    places = np.arange(LANES, dtype=np.float32)
    packed = numbers.view("<i4").ravel()
    assert _through_bytes(packed, places[None] + 20, out)
    np.testing.assert_array_equal(out.T, numbers[20 : 20 + LANES])
    assert not _through_bytes(packed, places[None], out)


def test_density_is_packed_with_its_neighbours() -> None:
    density = np.random.default_rng(0).uniform(0, 120, (3, 4, 5)).astype(np.float32)
    stored = quantise_density(density)
    cells = pack_density(density).view(np.uint8).reshape(3, 4, 5, 4)
    np.testing.assert_array_equal(cells[..., 0], stored)
    np.testing.assert_array_equal(cells[1, 2, 3], stored[1, 2:4, 3:5].ravel())


def test_decay_is_the_exponential() -> None:
    x = np.linspace(-50.0, 30.0, 4001, dtype=np.float32)
    computed = np.array([decay(value) for value in x], np.float64)
    np.testing.assert_allclose(computed, np.exp(x.astype(np.float64)), rtol=4e-4, atol=1e-7)
    near = np.abs(x) < 8.0
    np.testing.assert_allclose(computed[near], np.exp(x[near].astype(np.float64)), rtol=2e-5)


@pytest.mark.parametrize("seed", [0, 1])
def test_depths_leave_nothing_out(seed: int) -> None:
    avatar, code = Avatar.from_arrays(made_up_identity(seed).arrays), made_up_code(seed)
    assert avatar.density is not None
    weights = avatar.weights(code)
    nearest, farthest = depth_ranges(
        weights.rotation, weights.translation, weights.warp, dense_blocks(avatar.density), avatar.density.shape
    )
    centres = (np.arange(CELLS, dtype=np.float32) + 0.5) * (256 / CELLS)
    pixels = torch.from_numpy(np.stack(np.meshgrid(centres, centres), -1).reshape(-1, 2))
    frame = (weights.rotation, weights.translation, weights.warp)
    rotation, translation, warp = (torch.from_numpy(part) for part in frame)
    cover, _ = march_reference(pixels, (rotation, translation, warp), torch.from_numpy(avatar.density))
    seen = cover.numpy().reshape(CELLS, CELLS) > 0
    assert seen.any()
    assert (nearest[seen] < farthest[seen]).all()
    assert (nearest > farthest).mean() > 0.3


@pytest.mark.parametrize(
    "pose", [(1e6, 0, 0, 1e9, -1e9, 80.0), (0, 3.1, 0, 128, 128, -80.0), (0, 1.5, 0, 128, 120, 3.8)]
)
def test_absurd_codes_are_survived(pose: tuple[float, ...]) -> None:
    code = made_up_code()
    z, torso, freeform = (np.float32(1e6) * part for part in (code.z, code.torso, code.freeform))
    absurd = FaceCode(z, np.array(pose, np.float32), torso, freeform)
    assert CpuRenderer.load(made_up_identity(), 1).render(absurd, (48, 33)).shape == (33, 48, 3)


def test_codes_that_are_not_finite_are_refused() -> None:
    code = made_up_code()
    broken = FaceCode(np.full_like(code.z, np.nan), code.pose, code.torso)
    with pytest.raises(ValueError, match="not finite"):
        CpuRenderer.load(made_up_identity(), 1).render(broken, (48, 32))
