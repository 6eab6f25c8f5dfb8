"""Rays: where they are sampled, and how samples add up."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.field.avatar import warp_basis
from models.field.march import (
    MOST_SAMPLES,
    OCCUPANCY_SHAPE,
    STEP,
    Rays,
    composite,
    sample_rays,
)
from models.field.occupancy import cell_centres
from models.tracking.rotation import from_vector
from tests.models.builders import made_up_models


def rays(count: int = 400, frames: int = 3, seed: int = 0) -> Rays:
    random = np.random.default_rng(seed)
    morphable, silhouette, _ = made_up_models()
    basis = warp_basis(morphable, silhouette)
    codes = random.normal(size=(frames, 30)).astype(np.float32)
    turns = np.stack([from_vector(v) for v in random.normal(0.0, 0.2, (frames, 3))])
    move = np.tile(np.array([128.0, 128.0, np.log(45.0)], np.float32), (frames, 1))
    frame = np.sort(random.integers(0, frames, count)).astype(np.int32)
    pixels = random.uniform(60.0, 196.0, (count, 2)).astype(np.float32)
    return Rays(pixels, frame, turns, move, np.stack([basis.displacement(z) for z in codes]))


def ball(shape: tuple[int, int, int], radius: float = 1.0) -> np.ndarray:
    return np.linalg.norm(cell_centres(shape), axis=-1) < radius


def test_samples_lie_in_occupied_cells_from_near_to_far() -> None:
    batch = rays()
    occupancy = np.where(ball(OCCUPANCY_SHAPE), 0.01, 0.0).astype(np.float32)
    samples = sample_rays(batch, occupancy, np.zeros(400, np.float32))
    assert len(samples.points) > 400
    assert np.linalg.norm(samples.points, axis=1).max() < 1.1
    assert (np.diff(samples.ray) >= 0).all()
    same = np.diff(samples.ray) == 0
    assert (np.diff(samples.points[:, 2])[same] > 0).all()
    assert np.bincount(samples.ray).max() <= MOST_SAMPLES


def test_nothing_is_sampled_in_empty_space() -> None:
    samples = sample_rays(rays(), np.zeros(OCCUPANCY_SHAPE, np.float32), np.zeros(400, np.float32))
    assert len(samples.points) == 0


def test_rays_end_behind_what_is_opaque() -> None:
    thin = np.where(ball(OCCUPANCY_SHAPE), 0.01, 0.0).astype(np.float32)
    thick = np.where(ball(OCCUPANCY_SHAPE), 5.0, 0.0).astype(np.float32)
    jitter = np.zeros(400, np.float32)
    assert len(sample_rays(rays(), thick, jitter).points) < 0.3 * len(sample_rays(rays(), thin, jitter).points)


def test_composite_is_volume_rendering() -> None:
    sigma = torch.tensor([5.0, 10.0, 2.0, 8.0], requires_grad=True)
    colour = torch.rand(4, 3)
    ray, start = torch.tensor([0, 0, 2, 2]), torch.tensor([0, 2, 2])
    picture, cover = composite(sigma, colour, ray, start, 3)
    alpha = 1.0 - torch.exp(-sigma.detach() * STEP)
    first = alpha[0] * colour[0] + (1 - alpha[0]) * alpha[1] * colour[1]
    assert torch.allclose(picture[0].detach(), first, atol=1e-6)
    assert cover[1] == 0.0
    assert cover[2].item() == pytest.approx(1.0 - (1 - alpha[2].item()) * (1 - alpha[3].item()), abs=1e-6)
    cover.sum().backward()
    assert sigma.grad is not None
    assert (sigma.grad > 0).all()
