"""Rays: where they are sampled, how samples add up, and the baked march against its torch specification."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.field.avatar import warp_basis
from models.field.march import (
    BAKED_SHAPE,
    MOST_SAMPLES,
    OCCUPANCY_SHAPE,
    STEP,
    Rays,
    coarse_occupancy,
    composite,
    march_baked,
    sample_rays,
)
from models.field.occupancy import cell_centres
from models.render.reference import march_reference
from models.tracking.rotation import from_vector
from tests.models.builders import made_up_models


def rays(count: int = 400, frames: int = 3, seed: int = 0) -> Rays:
    random = np.random.default_rng(seed)
    morphable, silhouette, _ = made_up_models()
    codes = random.normal(size=(frames, 30)).astype(np.float32)
    turns = np.stack([from_vector(v) for v in random.normal(0.0, 0.2, (frames, 3))])
    move = np.tile(np.array([128.0, 128.0, np.log(45.0)], np.float32), (frames, 1))
    frame = np.sort(random.integers(0, frames, count)).astype(np.int32)
    pixels = random.uniform(60.0, 196.0, (count, 2)).astype(np.float32)
    return Rays(pixels, frame, turns, move, warp_basis(morphable, silhouette).displacements(codes))


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


@pytest.mark.parametrize("thickness", [2.0, 80.0])
def test_baked_march_matches_torch(thickness: float) -> None:
    batch = rays(count=300)
    density = (thickness * ball(BAKED_SHAPE)).astype(np.float32)
    cover, points = np.empty(300, np.float32), np.empty((300, 3), np.float32)
    march_baked(
        batch.pixels, batch.frame, batch.rotation, batch.translation, batch.warp, density, coarse_occupancy(density),
        cover, points,
    )  # fmt: skip
    for f in range(3):
        mine = batch.frame == f
        frame = [torch.from_numpy(v[f]) for v in (batch.rotation, batch.translation, batch.warp)]
        expected = march_reference(
            torch.from_numpy(batch.pixels[mine]), (frame[0], frame[1], frame[2]), torch.from_numpy(density)
        )
        assert np.abs(cover[mine] - expected[0].numpy()).max() < 2e-3
        opaque = cover[mine] > 0.5
        assert opaque.any()
        assert np.abs(points[mine] - expected[1].numpy())[opaque].max() < 2e-3


def test_coarse_occupancy_covers_every_dense_cell() -> None:
    density = np.zeros(BAKED_SHAPE, np.float32)
    density[0, 0, 0] = density[50, 80, 40] = density[-1, -1, -1] = 1.0
    coarse = coarse_occupancy(density)
    assert coarse.shape == tuple(n // 4 for n in BAKED_SHAPE)
    assert coarse[12, 20, 10]
    assert coarse[13, 21, 11], "neighbours too: a step may begin there"
    assert coarse.sum() == 8 + 27 + 8
