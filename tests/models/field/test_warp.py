"""The warp against its formula, and against what it is for: bringing moved landmarks back to rest."""

from __future__ import annotations

import numpy as np

from models.field.avatar import warp_basis
from models.field.space import BOX_HIGH, BOX_LOW
from models.field.warp import (
    FACE_FLOOR,
    FACE_SIGMA,
    FINE_FLOOR,
    FINE_SIGMA,
    LANDMARK_DIMS,
    NODES,
    OUTLINE_FLOOR,
    OUTLINE_SIGMA,
    OUTLINE_YIELD,
    WarpBasis,
)
from tests.models.builders import made_up_models


def basis() -> WarpBasis:
    morphable, silhouette, _ = made_up_models()
    return warp_basis(morphable, silhouette)


def bilinear(grid: np.ndarray, points: np.ndarray) -> np.ndarray:
    low, high = np.array(BOX_LOW[:2]), np.array(BOX_HIGH[:2])
    place = ((points[:, :2] - low) / (high - low) * (NODES - 1)).clip(0, NODES - 1.001)
    i, j = place.astype(int).T
    fx, fy = (place - place.astype(int)).T[:, :, None]
    top = grid[j, i] * (1 - fx) + grid[j, i + 1] * fx
    return top * (1 - fy) + (grid[j + 1, i] * (1 - fx) + grid[j + 1, i + 1] * fx) * fy


def formula(warp: WarpBasis, z: np.ndarray) -> np.ndarray:
    axes = [np.linspace(low, high, NODES) for low, high in zip(BOX_LOW[:2], BOX_HIGH[:2], strict=True)]
    node = np.stack(np.meshgrid(*axes), -1)[:, :, None]
    offset = np.tensordot(z[:LANDMARK_DIMS], warp.basis, 1)
    outline = np.tensordot(z[LANDMARK_DIMS : LANDMARK_DIMS + 6], warp.outline_basis, 1)
    square = ((node - (warp.mean + offset)[:, :2]) ** 2).sum(3)
    near = np.exp(-square / (2 * FACE_SIGMA**2))
    grid = near @ offset / (near.sum(2, keepdims=True) + FACE_FLOOR)
    fine = np.exp(-square / (2 * FINE_SIGMA**2))
    grid = grid + fine @ (offset - bilinear(grid, warp.mean + offset)) / (fine.sum(2, keepdims=True) + FINE_FLOOR)
    far = np.exp(-((node - (warp.outline + outline)) ** 2).sum(3) / (2 * OUTLINE_SIGMA**2))
    beyond = far @ outline / (far.sum(2, keepdims=True) + OUTLINE_FLOOR)
    grid[..., :2] += beyond / (1 + near.sum(2, keepdims=True) / OUTLINE_YIELD)
    return grid


def test_kernel_matches_the_formula() -> None:
    warp = basis()
    z = np.random.default_rng(3).normal(size=30).astype(np.float32)
    expected = formula(warp, z)
    assert np.abs(expected).max() > 0.02
    assert np.abs(warp.displacement(z) - expected).max() < 0.03 * np.abs(expected).max()


def test_rest_has_no_displacement() -> None:
    assert np.abs(basis().displacement(np.zeros(30, np.float32))).max() == 0.0


def test_learned_numbers_do_not_move_the_mesh() -> None:
    z = np.zeros(30, np.float32)
    z[LANDMARK_DIMS + 6 :] = 3.0
    assert np.abs(basis().displacement(z)).max() == 0.0


def test_a_shifted_face_is_shifted_back() -> None:
    mean = np.random.default_rng(0).uniform(-1.0, 1.0, (478, 3)).astype(np.float32)
    shift = np.zeros((LANDMARK_DIMS, 478, 3), np.float32)
    shift[0] = (0.1, -0.05, 0.02)
    warp = WarpBasis(mean, shift, np.full((40, 2), 3.0, np.float32), np.zeros((6, 40, 2), np.float32))
    z = np.zeros(30, np.float32)
    z[0] = 1.0
    middle = warp.displacement(z)[int(3.4 / 5.4 * (NODES - 1)), NODES // 2]
    assert np.allclose(middle, (0.1, -0.05, 0.02), atol=0.02)


def test_far_out_control_points_stay_in_the_grid() -> None:
    warp = basis()
    z = np.full(30, 4.0, np.float32)
    far = WarpBasis(warp.mean * 50.0, warp.basis, warp.outline * 50.0, warp.outline_basis)
    assert np.isfinite(far.displacement(z)).all()
