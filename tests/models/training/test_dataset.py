"""What training draws from, and what it minimises."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from codec.types import FaceParams
from models.field.occupancy import Occupancy, carve, face_shell
from models.training.dataset import (
    ANYWHERE,
    MOUTH_BOX,
    PERSON,
    RAYS_PER_FRAME,
    UNSURE,
    PixelSampler,
    TrainingSet,
    structure_weight,
    training_set,
    trimap,
)
from models.training.losses import Rendered, training_loss
from models.training.trainer import rate_factor
from tests.models.builders import made_up_models

FEATURES = np.array([[0.0, 0.7, -0.6], [-0.4, -0.3, -0.5], [0.4, -0.3, -0.5]], np.float32)


def disc(radius: int = 70) -> np.ndarray:
    rows, columns = np.mgrid[:256, :256]
    return np.where(np.hypot(rows - 128, columns - 128) < radius, 255, 0).astype(np.uint8)


def person() -> FaceParams:
    move = np.array([128.0, 128.0, np.log(45.0)], np.float32)
    return FaceParams(np.zeros(79, np.float32), np.eye(3, dtype=np.float32), move, np.zeros(20, np.float32))


def small_set(size: int = 256) -> TrainingSet:
    rgb = np.random.default_rng(0).integers(0, 255, (6, size, size, 3)).astype(np.uint8)
    tracked = [person(), person(), None, person(), person(), person()]
    plates = [np.full((256, 256, 3), 10, np.uint8), np.full((256, 256, 3), 200, np.uint8)]
    return training_set(rgb, [disc()] * 6, tracked, [4], plates)


def test_lost_frames_are_left_out_and_shots_keep_their_plates() -> None:
    data = small_set()
    assert len(data.rgb) == 5
    assert data.shot.tolist() == [0, 0, 0, 1, 1]
    assert data.starts == (0, 2, 3)
    assert data.window[3].tolist() == [3] * 5


def test_a_clip_without_faces_is_refused() -> None:
    with pytest.raises(ValueError, match="no face"):
        training_set(np.zeros((3, 256, 256, 3), np.uint8), [disc()] * 3, [None] * 3, [], [])


@pytest.mark.parametrize("size", [256, 512])
def test_pixels_agree_with_the_pictures(size: int) -> None:
    data = small_set(size)
    batch = PixelSampler(data, FEATURES).draw()
    assert len(batch.pixels) == len(batch.frames) * RAYS_PER_FRAME
    assert (np.diff(batch.frame) >= 0).all()
    for n in range(0, len(batch.pixels), 97):
        t = batch.frames[batch.frame[n]]
        column, row = np.floor(batch.pixels[n] * size / 256).astype(int)
        assert np.allclose(batch.rgb[n] * 255.0, data.rgb[t, row, column])
        assert np.allclose(batch.plate[n], data.plates[data.shot[t], 0, 0])
    assert batch.weight.mean() == pytest.approx(1.0, abs=1e-4)


def test_mouth_and_eyes_are_drawn_more_often() -> None:
    sampler = PixelSampler(small_set(), FEATURES)
    pixels = np.concatenate([sampler.draw().pixels for _ in range(20)])
    mouth = np.abs(pixels - (128.0, 128.0 + 0.7 * 45.0)) < (20.0, 16.0)
    cells = 40.0 * 31.0
    anywhere, on_person = cells / 256**2, cells / (trimap(disc()) > 0).sum()
    in_box = 0.5 * cells / (4.0 * MOUTH_BOX[0] * MOUTH_BOX[1] * 45.0**2)
    expected = ANYWHERE * anywhere + PERSON * on_person + (1.0 - ANYWHERE - PERSON) * in_box
    assert mouth.all(1).mean() == pytest.approx(expected, rel=0.03)
    assert expected > 1.7 * on_person


def test_recent_frames_are_drawn_more_often() -> None:
    rgb = np.zeros((60, 32, 32, 3), np.uint8)
    data = training_set(rgb, [disc()] * 60, [person()] * 60, [], [np.zeros((256, 256, 3), np.uint8)])
    sampler = PixelSampler(data, FEATURES)
    drawn = np.bincount(np.concatenate([sampler.draw().frames for _ in range(300)]), minlength=60)
    assert drawn.min() > 0
    assert 1.5 < drawn[40:].mean() / drawn[:20].mean() < 2.4


def test_of_a_clip_that_is_long_for_its_time_every_so_many_frames_are_drawn() -> None:
    data = replace(small_set(), every=2)
    assert data.studied.tolist() == list(range(0, len(data.rgb), 2))
    sampler = PixelSampler(data, FEATURES)
    assert set(np.concatenate([sampler.draw().frames for _ in range(20)]).tolist()) == set(data.studied.tolist())


def test_the_outline_is_unsure() -> None:
    sure = trimap(disc(70))
    assert sure[128, 128] == 255
    assert sure[128, 128 + 68] == UNSURE
    assert sure[128, 128 + 72] == UNSURE
    assert sure[128, 128 + 80] == 0


def test_the_mask_counts_only_where_it_is_sure() -> None:
    grey, covered, even = torch.full((2, 3), 0.5), torch.tensor([1.0, 0.0]), torch.ones(2)
    rendered = Rendered(grey, covered, torch.zeros(2), torch.zeros(2), grey, torch.zeros(2))
    wrong = torch.tensor([0.0, 1.0])
    doubted = training_loss(rendered, grey, even, wrong, torch.zeros(2), 30.0)
    trusted = training_loss(rendered, grey, even, wrong, torch.ones(2), 30.0)
    assert doubted == 0.0
    assert trusted == pytest.approx(30.0)


def test_errors_count_more_where_the_picture_is_calm() -> None:
    picture = np.full((64, 64, 3), 100, np.uint8)
    picture[:, 32:] += np.random.default_rng(0).integers(0, 100, (64, 32, 1)).astype(np.uint8)
    weight = structure_weight(picture)
    assert weight[:, :28].min() > 3.0 * weight[:, 36:].max()
    ones, none = torch.ones(2), torch.zeros(2)
    grey, off = torch.full((2, 3), 0.5), torch.tensor([[0.6] * 3, [0.5] * 3])
    rendered = Rendered(off, ones, none, none, grey, none)
    calm, busy = (training_loss(rendered, grey, torch.tensor(w), ones, ones, 30.0) for w in ([1.5, 0.5], [0.5, 1.5]))
    assert float(calm) == pytest.approx(3.0 * float(busy), rel=1e-4)


def test_the_torso_lies_before_the_head_only_where_the_picture_gains_by_it() -> None:
    ones, half, none = torch.ones(2), torch.full((2,), 0.5), torch.zeros(2)
    grey, dark = torch.full((2, 3), 0.5), torch.full((2, 3), 0.2)

    def loss(rgb: torch.Tensor, behind: torch.Tensor, front: torch.Tensor) -> float:
        return float(training_loss(Rendered(rgb, ones, behind, front, rgb, none), grey, ones, ones, ones, 30.0))

    assert loss(grey, none, half) > loss(grey, half, none), "where both show the same, it stays behind"
    assert loss(grey, none, ones) < loss(dark, ones, none), "a collar of another colour comes in front"


def test_the_torso_goes_on_under_the_neck_and_looks_like_it() -> None:
    ones, none = torch.ones(2), torch.zeros(2)
    grey, dark = torch.full((2, 3), 0.5), torch.full((2, 3), 0.2)

    def loss(behind: torch.Tensor, under: torch.Tensor, neck: torch.Tensor) -> float:
        return float(training_loss(Rendered(grey, ones, behind, none, under, neck), grey, ones, ones, ones, 30.0))

    assert loss(ones, grey, ones) < loss(none, grey, ones), "it covers there"
    assert loss(ones, grey, ones) < loss(ones, dark, ones), "in the picture's colour"
    assert loss(none, dark, none) < loss(ones, dark, none), "elsewhere the head is enough"


def test_rates_warm_up_hold_and_fall() -> None:
    assert rate_factor(0.0) < 0.1
    assert rate_factor(0.1) == 1.0
    assert rate_factor(1.0) == pytest.approx(0.03)
    assert rate_factor(0.5) > rate_factor(0.9)


def test_the_shell_is_carved_by_the_outline() -> None:
    morphable, _, _ = made_up_models()
    shell = face_shell(morphable.mean)
    turn = np.tile(np.eye(3, dtype=np.float32), (4, 1, 1))
    move = np.tile(np.array([128.0, 128.0, np.log(45.0)], np.float32), (4, 1))
    carved = carve(shell, np.stack([disc(60)] * 4), turn, move)
    assert 0 < carved.sum() < shell.sum()
    occupancy = Occupancy(carved)
    assert (occupancy.grid > 0).sum() == carved.sum()
