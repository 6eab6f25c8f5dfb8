"""Alignment with the picture: it finds a head that was put elsewhere, and stays where the picture says nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from codec.identity import Identity
from codec.types import FaceCode
from models.alignment.calibration import (
    FIRST_SPREAD,
    UNKNOWNS,
    surface_numbers,
    with_surface,
)
from models.alignment.photometric import PhotometricAligner, unlikeness
from models.field.avatar import Avatar
from models.field.freeform import Freeform
from models.field.planes import BASES, PLANES
from models.field.sheets import FACE, TORSO
from models.field.tints import Tints
from models.field.warp import LEADING
from models.render.cpu import CpuRenderer
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
