"""The kernels of alignment against plain numpy."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.alignment.calibration import MOVED, UNKNOWNS
from models.alignment.kernels import FREE, STRIDE, face_cells, freeform_equations, head_equations, torso_cells
from models.field.motion import CELLS
from models.field.space import BOX_HIGH, BOX_LOW
from models.field.warp import NODES
from models.tracking.rotation import from_vector


def pixels(random: np.random.Generator, size: int) -> tuple[NDArray[np.float32], ...]:
    """Made-up gradients, weights and residuals; every fifth pixel or so is to be passed over."""
    gradients = random.normal(0.0, 20.0, (size, size, 3, 2)).astype(np.float32)
    weights = random.uniform(0.1, 1.0, (size, size, 3)).astype(np.float32)
    weights[random.random((size, size)) < 0.2] = 0.0
    return gradients, weights, random.normal(0.0, 30.0, (size, size, 3)).astype(np.float32)


def test_free_form_equations_are_those_of_the_pixels() -> None:
    random = np.random.default_rng(0)
    gradients = random.normal(size=(CELLS, CELLS, 3, 2))
    rows, residual = random.normal(size=(CELLS, CELLS, 3, MOVED)), random.normal(size=(CELLS, CELLS, 3))
    tensors = np.einsum("jica,jicb->jiab", gradients, gradients)
    against = np.einsum("jica,jic->jia", gradients, residual)
    free = np.concatenate([tensors[..., [0, 0, 1], [0, 1, 1]], against], -1).astype(np.float32)
    both = np.einsum("jica,jick->jiak", gradients, rows).astype(np.float32)
    modes = random.normal(size=(CELLS, CELLS, 2, 4)).astype(np.float32)
    moved = np.einsum("jica,jiak->jick", gradients, modes).reshape(-1, 4)
    matrix, side, across = freeform_equations(free, both, modes, 2)
    assert matrix == pytest.approx(moved.T @ moved, rel=1e-3, abs=0.5)
    assert side == pytest.approx(moved.T @ residual.ravel(), rel=1e-3, abs=0.5)
    assert across == pytest.approx(rows.reshape(-1, MOVED).T @ moved, rel=1e-3, abs=0.5)


def reference_equations(  # type: ignore[no-untyped-def]
    gradients, weights, residual, surface, rotation, scale, warp, modes, tint, near, tints
):
    """What `head_equations` gives, pixel by pixel, in plain numpy, for a warp and modes that are constant."""
    count = tints.shape[2]
    matrix, side = np.zeros((count, count)), np.zeros(count)
    free, both = np.zeros((CELLS, CELLS, FREE)), np.zeros((CELLS, CELLS, 2, count))
    low, size = np.array(BOX_LOW[:2]), np.array(BOX_HIGH[:2]) - np.array(BOX_LOW[:2])
    for y in range(len(surface)):
        for x in range(len(surface)):
            if weights[y, x, 0] == 0.0:
                continue
            point = surface[y, x, 1:4].astype(np.float64) + warp
            columns = [np.cross(axis, point) @ rotation for axis in np.eye(3)]
            motion = np.zeros((2, count))
            colours = tint if near[y, x] < 0 else tints[near[y, x]]
            motion[:, :3] = scale * np.stack(columns, 1)[:2]
            motion[0, 3] = motion[1, 4] = 1.0
            motion[:, 5] = scale * (point @ rotation)[:2]
            motion[:, 6:UNKNOWNS] = scale * (modes.T @ rotation)[:, :2].T
            column, row = np.clip(np.rint((point[:2] - low) / size * (CELLS - 1)), 0, CELLS - 1).astype(int)
            for c in range(3):
                gradient, weight = gradients[y, x, c], weights[y, x, c]
                change = gradient @ motion - surface[y, x, 0] * colours[c]
                matrix += weight * np.outer(change, change)
                side += weight * change * residual[y, x, c]
                here = scale * rotation[:2, :2] @ gradient
                free[row, column, :3] += weight * np.outer(here, here)[[0, 0, 1], [0, 1, 1]]
                free[row, column, 3:] += weight * here * residual[y, x, c]
                both[row, column] += weight * np.outer(here, change)
    return matrix, side, free, both


@pytest.mark.parametrize("threads", [1, 2])
def test_the_head_kernel_agrees_with_plain_numpy(threads: int) -> None:
    random = np.random.default_rng(0)
    gradients, weights, residual = pixels(random, 20)
    surface = random.uniform(0.0, 1.0, (20, 20, 4)).astype(np.float32)
    rotation = from_vector(np.array([0.2, -0.3, 0.1]))
    warp, modes = random.normal(size=3).astype(np.float32), random.normal(size=(3, 26)).astype(np.float32)
    grid = np.broadcast_to(warp, (NODES, NODES, 3)).copy()
    mode_grid = np.broadcast_to(modes, (NODES, NODES, 3, 26)).copy()
    tint = random.normal(0.0, 20.0, (3, MOVED + 5)).astype(np.float32)
    colours = np.broadcast_to(tint, (8, 8, 3, MOVED + 5)).copy()
    near = random.integers(-6, 6, (20, 20)).astype(np.int32).clip(-1)
    tints = random.normal(0.0, 20.0, (6, 3, MOVED + 5)).astype(np.float32)
    scale = np.float32(45.0)
    found = head_equations(
        gradients, weights, residual, surface, rotation, scale, grid, mode_grid, colours, near, tints, threads
    )
    expected = reference_equations(
        gradients, weights, residual, surface, rotation, 45.0, warp, modes, tint, near, tints
    )
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4 * np.abs(other).max())


def test_points_lie_in_cells_of_the_deformed_face() -> None:
    random = np.random.default_rng(1)
    points = random.uniform(-4.0, 4.0, (30, 30, 3)).astype(np.float32)
    warp = np.broadcast_to(np.array([0.3, -0.2, 0.0], np.float32), (NODES, NODES, 3)).copy()
    low, size = np.array(BOX_LOW[:2]), np.array(BOX_HIGH[:2]) - np.array(BOX_LOW[:2])
    column, row = np.moveaxis((points[..., :2] + warp[0, 0, :2] - low) / size * (CELLS - 1), -1, 0)
    expected = np.clip(np.rint(row), 0, CELLS - 1) * CELLS + np.clip(np.rint(column), 0, CELLS - 1)
    assert np.array_equal(face_cells(points, warp), expected)


@pytest.mark.parametrize("threads", [1, 2])
def test_what_is_gathered_of_the_torso_agrees_with_plain_numpy(threads: int) -> None:
    random = np.random.default_rng(1)
    gradients, weights, residual = pixels(random, 128)
    moved = random.normal(size=2).astype(np.float32)
    flow = np.broadcast_to(moved, (64, 64, 2)).copy()
    shown = np.zeros((64, 64), np.uint8)
    shown[40:, 10:50] = 1
    found = torso_cells(gradients, weights, residual, flow, shown, threads)
    expected = np.zeros((64, 64, FREE))
    for y in range(128):
        for x in range(128):
            to = (np.array([STRIDE * x, STRIDE * y]) + 0.5 + moved + 32.0) / 5.0
            if weights[y, x, 0] == 0.0 or not shown[int(to[1]), int(to[0])]:
                continue
            for c in range(3):
                (along_x, along_y), r = gradients[y, x, c], residual[y, x, c]
                tensor = along_x * along_x, along_x * along_y, along_y * along_y, along_x * r, along_y * r
                expected[y // 2, x // 2] += weights[y, x, c] * np.array(tensor)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())
