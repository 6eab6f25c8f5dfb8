"""What turns a code into the fields' weights."""

from __future__ import annotations

import numpy as np
import torch

from models.field.conditioning import RANGE_TAIL, Conditioner


def test_colours_stop_following_beyond_the_clips_range() -> None:
    torch.manual_seed(0)
    conditioner = Conditioner()
    codes = np.random.default_rng(0).normal(size=(400, 30)).astype(np.float32)
    conditioner.set_range(codes)
    edge = torch.from_numpy(np.quantile(codes, 1.0 - RANGE_TAIL, axis=0).astype(np.float32))[None]
    pose, torso = torch.zeros(1, 6), torch.zeros(1, 20)
    at_edge, beyond = conditioner(edge, pose, torso), conditioner(edge + 3.0, pose, torso)
    within = conditioner(0.5 * edge, pose, torso)
    for a, b in zip(at_edge, beyond, strict=True):
        torch.testing.assert_close(a, b)
    assert not torch.allclose(at_edge[0], within[0])


def test_noise_on_the_place_is_of_the_clips_own_spread() -> None:
    torch.manual_seed(0)
    random, conditioner = np.random.default_rng(0), Conditioner()
    pose = (random.normal(size=(300, 6)) * np.array([0.1, 0.2, 0.05, 8.0, 4.0, 0.02])).astype(np.float32)
    conditioner.set_units(pose, random.normal(0.0, 0.5, (300, 20)).astype(np.float32))
    places = torch.zeros(4000, 6), torch.zeros(4000, 20)
    noisy = conditioner.shaken(*places, 0.3)
    for noise, scale in zip(noisy, (conditioner.pose_scale, conditioner.torso_scale), strict=True):
        torch.testing.assert_close(noise.std(0), 0.3 * scale, rtol=0.06, atol=0.0)


def test_before_a_range_is_known_codes_of_four_deviations_are_followed() -> None:
    conditioner = Conditioner()
    pose, torso = torch.zeros(1, 6), torch.zeros(1, 20)
    inner, outer = (conditioner(torch.full((1, 30), value), pose, torso)[1] for value in (2.0, 3.9))
    assert not torch.allclose(inner, outer)


def test_a_range_may_hold_for_a_while() -> None:
    torch.manual_seed(0)
    conditioner, codes = Conditioner(), np.random.default_rng(0).normal(size=(200, 30)).astype(np.float32)
    far = (torch.full((1, 30), 3.9), torch.zeros(1, 6), torch.zeros(1, 20))
    open_rows = conditioner(*far)[0]
    with conditioner.within_range(codes):
        assert not torch.allclose(conditioner(*far)[0], open_rows)
    assert torch.equal(conditioner(*far)[0], open_rows)
