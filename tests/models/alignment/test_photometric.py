"""Alignment with the picture: it finds a head that was put elsewhere, and stays where the picture says nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from codec.identity import Identity
from codec.types import FaceCode
from models.alignment.calibration import (
    FIRST_SPREAD,
    MOVED,
    UNKNOWNS,
    surface_numbers,
    with_surface,
)
from models.alignment.kernels import FREE, STRIDE, face_cells, freeform_equations, head_equations, torso_cells
from models.alignment.photometric import PhotometricAligner, unlikeness
from models.field.avatar import Avatar
from models.field.freeform import Freeform
from models.field.motion import CELLS
from models.field.planes import BASES, PLANES
from models.field.sheets import FACE, TORSO
from models.field.space import BOX_HIGH, BOX_LOW
from models.field.tints import Tints
from models.field.warp import LEADING, NODES
from models.render.cpu import CpuRenderer
from models.tracking.rotation import from_vector
from tests.models.alignment.conftest import SIZE, displaced
from tests.models.builders import made_up_code, made_up_identity


def errors_on_the_way(avatar: Avatar, code: FaceCode, start: FaceCode, prior: FaceCode | None) -> list[float]:
    """Squared errors before each of four steps towards a code's picture; without a prior, where it is is expected."""
    renderer, aligner = CpuRenderer(avatar, 2), PhotometricAligner(avatar, FIRST_SPREAD, 2)
    picture = renderer.render(code, SIZE)
    there, errors = start, []
    for _ in range(4):
        errors.append(float(np.mean((renderer.render(there, SIZE).astype(np.float32) - picture) ** 2)))
        there = aligner.align(there, prior or there, picture)
    return errors


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_steps_lead_back_to_the_picture(avatar: Avatar, code: FaceCode, seed: int) -> None:
    errors = errors_on_the_way(avatar, code, displaced(code, seed), None)
    assert errors[1] < 0.5 * errors[0]
    assert errors[3] < 0.25 * errors[0]


def test_what_fits_stays(avatar: Avatar, code: FaceCode) -> None:
    renderer, aligner = CpuRenderer(avatar, 2), PhotometricAligner(avatar, FIRST_SPREAD, 2)
    picture = renderer.render(code, SIZE)
    again = renderer.render(aligner.align(code, code, picture), SIZE).astype(np.float32)
    off = renderer.render(displaced(code, 0), SIZE).astype(np.float32)
    assert np.mean((again - picture) ** 2) < 0.05 * np.mean((off - picture) ** 2)


@pytest.mark.parametrize("tinting", [False, True])
def test_without_a_head_in_sight_the_prior_holds(avatar: Avatar, code: FaceCode, tinting: bool) -> None:
    away = with_surface(code, surface_numbers(code) + np.eye(UNKNOWNS)[3] * 4000.0)
    prior = with_surface(away, surface_numbers(away) + FIRST_SPREAD)
    aligner = PhotometricAligner(avatar, FIRST_SPREAD, 2, tinting)
    aligned = aligner.align(away, prior, np.zeros((256, 256, 3), np.uint8))
    np.testing.assert_allclose(surface_numbers(aligned)[3:], surface_numbers(prior)[3:], rtol=1e-3, atol=1e-3)


def test_tinting_finds_learned_numbers(avatar: Avatar, code: FaceCode) -> None:
    renderer = CpuRenderer(avatar, 2)
    z = code.z.copy()
    z[LEADING:] = (1.8, -1.8, 1.8, -1.8)
    tinted = replace(code, z=z)
    picture = renderer.render(tinted, SIZE).astype(np.float32)

    def left(tinting: bool) -> float:
        aligner, there = PhotometricAligner(avatar, 0.05 * FIRST_SPREAD, 2, tinting), code
        for _ in range(4):
            there = aligner.align(there, code, picture.astype(np.uint8))
        return float(np.mean((renderer.render(there, SIZE) - picture) ** 2))

    assert left(tinting=True) < 0.6 * left(tinting=False)


@pytest.fixture
def bending(sample: Identity) -> Avatar:
    avatar = Avatar.from_arrays(sample.arrays)
    amounts = FACE.spread[..., None] * np.random.default_rng(7).normal(size=(6, *FACE.waves, 2))
    amounts[:, 3:, 3:] = 0.0
    avatar.freeform, avatar.folds = Freeform.build(amounts), Freeform.none(0, TORSO)
    avatar.tints = Tints.none()
    return avatar


def bent(code: FaceCode, *amounts: float) -> FaceCode:
    return replace(code, freeform=np.array(amounts, np.float32))


def test_free_form_numbers_are_found(bending: Avatar, code: FaceCode) -> None:
    truth, still = bent(code, 0.3, -0.4, 0.2, 0.5, -0.3, 0.2), bent(code, *[0.0] * 6)
    picture = CpuRenderer(bending, 2).render(truth, SIZE)
    aligner, there = PhotometricAligner(bending, 0.02 * FIRST_SPREAD, 2), still
    for _ in range(6):
        there = aligner.align(there, there, picture)
    assert there.freeform == pytest.approx(truth.freeform, abs=0.12)
    held = PhotometricAligner(bending, FIRST_SPREAD, 2, bending=False).align(still, still, picture)
    assert np.abs(held.freeform).max() < 1e-2


def test_tints_are_found(avatar: Avatar, sample: Identity, code: FaceCode) -> None:
    tinted = Avatar.from_arrays(sample.arrays)
    basis = np.random.default_rng(3).normal(size=(4, PLANES, BASES))
    basis[:, 0] = 0.0
    tinted.tints = Tints.build(basis)
    amounts = np.array([0.8, -1.0, 0.6, -0.6], np.float32)
    still, truth = (replace(code, freeform=np.zeros(tinted.free_size, np.float32)) for _ in range(2))
    tints = tinted.free_parts.tints
    truth.freeform[tints] = amounts
    picture = CpuRenderer(tinted, 2).render(truth, SIZE)
    aligner, there = PhotometricAligner(tinted, 0.02 * FIRST_SPREAD, 2, tinting=True, bending=False), still
    for _ in range(10):
        there = aligner.align(there, there, picture)
    assert there.freeform[tints] == pytest.approx(amounts, abs=0.15)
    untouched = PhotometricAligner(tinted, FIRST_SPREAD, 2).align(still, still, picture)
    assert not untouched.freeform[tints].any()


def test_folds_are_found(sample: Identity, code: FaceCode) -> None:
    folded = Avatar.from_arrays(sample.arrays)
    waves = TORSO.spread[..., None] * np.random.default_rng(5).normal(size=(4, *TORSO.waves, 2))
    waves[:, 5:] = waves[:, :, 5:] = 0.0
    folded.folds = Freeform.build(waves, TORSO)
    amounts = np.array([0.3, -0.25, 0.2, -0.3], np.float32)
    still, truth = (replace(code, freeform=np.zeros(folded.free_size, np.float32)) for _ in range(2))
    folds = folded.free_parts.folds
    truth.freeform[folds] = amounts
    picture = CpuRenderer(folded, 2).render(truth, SIZE)
    aligner, there = PhotometricAligner(folded, 0.02 * FIRST_SPREAD, 2), still
    for _ in range(6):
        there = aligner.align(there, replace(there, torso=still.torso), picture)
    found = folded.flow(there) - folded.flow(still)
    shown = aligner.torso_tensors.sum(2) > 1e4
    wanted = (folded.flow(truth) - folded.flow(still))[shown]
    assert np.abs(wanted).mean() > 0.3
    assert np.abs(found[shown] - wanted).mean() < 0.3 * np.abs(wanted).mean()


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


def test_what_is_off_counts_on_the_person_alone() -> None:
    head, body = np.zeros((64, 64), bool), np.zeros((64, 64), bool)
    head[8:28, 20:40], body[8:, 20:40] = True, True
    hand, wall = np.zeros((64, 64, 3), np.float32), np.zeros((64, 64, 3), np.float32)
    hand[40:50, 20:40], wall[:, 50:] = 60.0, 60.0
    assert unlikeness(hand, head, body) == pytest.approx(0.5, abs=0.15)
    assert unlikeness(hand, head, head) == 0.0
    assert unlikeness(wall, head, body) == 0.0
    assert unlikeness(np.full((64, 64, 3), 90.0, np.float32), head, np.ones((64, 64), bool)) == 1.0
    assert unlikeness(wall, np.zeros((64, 64), bool), body) == 0.0


@pytest.mark.parametrize("seed", [0, 1])
def test_steps_lead_a_torso_back_to_the_picture(avatar: Avatar, code: FaceCode, seed: int) -> None:
    by = np.random.default_rng(seed).normal(0.0, 0.2, 20).astype(np.float32)
    errors = errors_on_the_way(avatar, code, replace(code, torso=code.torso + by), code)
    assert errors[1] < 0.5 * errors[0]
    assert errors[3] < 0.25 * errors[0]


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_a_renderer_tells_which_point_each_pixel_shows(stride: int) -> None:
    avatar, code = Avatar.from_arrays(made_up_identity().arrays), made_up_code()
    renderer = CpuRenderer(avatar, 2)
    sight = renderer.look(code, stride)
    assert np.abs(sight.rgb.astype(int) - renderer.render(code, SIZE)[::stride, ::stride]).max() <= 1
    rows, columns = np.nonzero(sight.surface[..., 0] > 0.4)
    assert len(rows) > 8000 / stride**2
    rest = sight.surface[rows, columns, 1:4]
    weights = sight.weights
    pixel = (rest @ weights.rotation)[:, :2] * np.exp(weights.translation[2]) + weights.translation[:2]
    seen = np.stack([columns, rows], 1) * stride + 0.5
    moved = np.abs(weights.warp).max() * np.exp(weights.translation[2]) * np.sqrt(3.0)
    assert np.abs(pixel - seen).max() <= moved + 1e-2


def reference_equations(mean, residual, surface, rotation, scale, warp, modes, tint, near, tints):  # type: ignore[no-untyped-def]
    """What `head_equations` gives, pixel by pixel, in plain numpy, for a warp and modes that are constant."""
    count = tints.shape[2]
    matrix, side = np.zeros((count, count)), np.zeros(count)
    free, both = np.zeros((CELLS, CELLS, FREE)), np.zeros((CELLS, CELLS, 2, count))
    low, size = np.array(BOX_LOW[:2]), np.array(BOX_HIGH[:2]) - np.array(BOX_LOW[:2])
    kernel = np.outer([1.0, 2.0, 1.0], [-1.0, 0.0, 1.0]) / 8.0
    for y in range(1, len(surface) - 1):
        for x in range(1, len(surface) - 1):
            if surface[y, x, 0] < 0.3:
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
                patch = mean[y - 1 : y + 2, x - 1 : x + 2, c]
                gradient = np.array([(kernel * patch).sum(), (kernel.T * patch).sum()]) / STRIDE
                weight = surface[y, x, 0] / (1.0 + (residual[y, x, c] / 25.0) ** 2)
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
    mean = random.uniform(0.0, 255.0, (20, 20, 3)).astype(np.float32)
    residual = random.normal(0.0, 30.0, (20, 20, 3)).astype(np.float32)
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
    found = head_equations(mean, residual, surface, rotation, scale, grid, mode_grid, colours, near, tints, threads)
    expected = reference_equations(mean, residual, surface, rotation, 45.0, warp, modes, tint, near, tints)
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
    seen = random.uniform(0.0, 255.0, (256, 256, 3)).astype(np.float32)
    residual = random.normal(0.0, 30.0, (128, 128, 3)).astype(np.float32)
    surface = random.uniform(0.0, 1.0, (128, 128, 4)).astype(np.float32)
    moved = random.normal(size=2).astype(np.float32)
    flow = np.broadcast_to(moved, (64, 64, 2)).copy()
    shown = np.zeros((64, 64), np.uint8)
    shown[40:, 10:50] = 1
    found = torso_cells(seen, residual, surface, flow, shown, threads)
    expected = np.zeros((64, 64, FREE))
    kernel = np.outer([1.0, 2.0, 1.0], [-1.0, 0.0, 1.0]) / 8.0
    for y in range(1, 127):
        for x in range(1, 127):
            through = 1.0 - surface[y, x, 0]
            to = (np.array([STRIDE * x, STRIDE * y]) + 0.5 + moved + 32.0) / 5.0
            if through < 0.3 or not shown[int(to[1]), int(to[0])]:
                continue
            for c in range(3):
                patch = seen[STRIDE * y - 1 : STRIDE * y + 2, STRIDE * x - 1 : STRIDE * x + 2, c]
                along_x, along_y = (kernel * patch).sum(), (kernel.T * patch).sum()
                r = residual[y, x, c]
                tensor = along_x * along_x, along_x * along_y, along_y * along_y, along_x * r, along_y * r
                expected[y // 2, x // 2] += through / (1.0 + (r / 25.0) ** 2) * np.array(tensor)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())
