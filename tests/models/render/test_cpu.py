"""What the real-time renderer shows beside what it was asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.field.avatar import Avatar
from models.render.cpu import CpuRenderer
from tests.models.builders import made_up_code, made_up_identity


@pytest.fixture(scope="module")
def avatar() -> Avatar:
    return Avatar.from_arrays(made_up_identity().arrays)


@pytest.mark.parametrize("stride", [1, 2])
def test_beside_a_look_the_head_lies_the_other_way(avatar: Avatar, stride: int) -> None:
    renderer, code = CpuRenderer(avatar, 2), made_up_code()
    sight = renderer.look(code, stride)
    pose = code.pose.copy()
    pose[3:5] -= (1.5, -0.5)
    moved = renderer.look(replace(code, pose=pose), stride, coloured_as=code)
    beside = renderer.look_beside(sight, stride, 1.5, -0.5).astype(np.float32)
    head = moved.surface[..., 0] > 0.99
    assert head.sum() > 500
    off = np.abs(beside - moved.rgb)[head].mean()
    assert off < 0.1 * np.abs(beside - sight.rgb)[head].mean()
    assert np.array_equal(renderer.look_beside(sight, stride, 0.0, 0.0), sight.rgb)


def test_beside_a_look_the_background_stays(avatar: Avatar) -> None:
    renderer, code = CpuRenderer(avatar, 2), made_up_code()
    sight = renderer.look(code, 2)
    beside = renderer.look_beside(sight, 2, 0.5, 0.5)
    person = sight.surface[..., 0] + sight.surface[..., 4]
    alone = np.ones((128, 128), bool)
    for y in (-2, -1, 0, 1, 2):
        for x in (-2, -1, 0, 1, 2):
            alone &= np.roll(person, (y, x), (0, 1)) == 0.0
    assert alone.sum() > 500
    assert np.array_equal(beside[alone], sight.rgb[alone])
