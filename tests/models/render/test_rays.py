"""The baked march of scattered rays against its torch specification."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.field.avatar import quantise_density, restore_density
from models.field.march import BAKED_SHAPE
from models.render.depth import dense_blocks, pack_density
from models.render.rays import march_rays
from models.render.reference import march_reference
from tests.models.field.test_march import ball, rays


@pytest.mark.parametrize("thickness", [2.0, 80.0])
@pytest.mark.parametrize("count", [300, 7])
def test_baked_march_matches_torch(thickness: float, count: int) -> None:
    batch = rays(count)
    density = restore_density(quantise_density((thickness * ball(BAKED_SHAPE)).astype(np.float32)))
    cover, points = march_rays(batch, pack_density(density), dense_blocks(density))
    apart, off = [], []
    for f in range(3):
        mine = batch.frame == f
        frame = [torch.from_numpy(v[f]) for v in (batch.rotation, batch.translation, batch.warp)]
        expected = march_reference(
            torch.from_numpy(batch.pixels[mine]), (frame[0], frame[1], frame[2]), torch.from_numpy(density)
        )
        apart.append(np.abs(cover[mine] - expected[0].numpy()))
        opaque = cover[mine] > 0.5
        off.append(np.abs(points[mine] - expected[1].numpy())[opaque].ravel())
        assert not points[mine][cover[mine] == 0].any()
    assert (cover > 0.5).any()
    # The warp is a straight line between two places on a ray, which shows where a ray grazes the ball's sharp edge.
    assert np.quantile(np.concatenate(apart), 0.98) < 2e-3
    assert np.concatenate(apart).max() < 0.05
    assert np.quantile(np.concatenate(off), 0.98) < 2e-3


def test_rays_through_air_find_nothing() -> None:
    density = np.zeros(BAKED_SHAPE, np.float32)
    cover, points = march_rays(rays(40), pack_density(density), dense_blocks(density))
    assert not cover.any()
    assert not points.any()
