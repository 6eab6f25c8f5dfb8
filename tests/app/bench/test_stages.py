"""The stages by themselves do what the renderer does with them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from app.bench.stage_kernels import encode_head_points, encode_torso_points, shade_points
from app.bench.stages import StagedRenderer, _layers
from models.field.avatar import Avatar
from models.field.conditioning import GATES
from models.field.march import FINE_STEP
from models.field.planes import add_planes, plane_centres
from models.field.space import unit_head, unit_torso
from models.field.torso import IN_FRONT, flow_at
from models.render.base import pixel_axes
from models.render.cpu import CpuRenderer, grid_arrays
from models.render.kernels import SURFACE, UNSEEN
from models.render.lattice import TILE_HEIGHT, TILE_WIDTH
from models.render.layers import CHUNK, ENCODED
from models.render.vector import FEATURES
from tests.models.builders import made_up_code, made_up_identity


@pytest.fixture(scope="module")
def avatar() -> Avatar:
    return Avatar.from_arrays(made_up_identity().arrays)


@pytest.mark.parametrize("side", [40, 96, 264])
def test_the_march_finds_the_renderers_points(avatar: Avatar, side: int) -> None:
    code = made_up_code()
    surface = CpuRenderer(avatar, 1).render_surface(code, (side, side)).surface
    staged = StagedRenderer(avatar, side)
    points = staged.march(staged.prepare(code))
    tiles = [
        surface[top : top + TILE_HEIGHT, left : left + TILE_WIDTH].reshape(-1, SURFACE)
        for top in range(0, side, TILE_HEIGHT)
        for left in range(0, side, TILE_WIDTH)
    ]
    covered = np.concatenate([tile[tile[:, 0] > 0] for tile in tiles])
    assert len(covered) > side
    np.testing.assert_allclose(points.T, covered[:, 1:4], atol=1e-5)


def test_the_torso_is_asked_where_the_field_itself_would_be(avatar: Avatar) -> None:
    side, code = 96, made_up_code()
    staged = StagedRenderer(avatar, side)
    frame = staged.prepare(code)
    staged.march(frame)
    asked = staged.torso_points(frame)
    columns, rows = pixel_axes((side, side))
    pixels = torch.from_numpy(np.stack(np.meshgrid(columns, rows), -1).reshape(-1, 2))
    flow = torch.from_numpy(np.ascontiguousarray(frame.weights.flow))[None]
    place = unit_torso(pixels + flow_at(pixels, flow, torch.zeros(len(pixels), dtype=torch.int64))).numpy()
    cover = CpuRenderer(avatar, 1).render_surface(code, (side, side)).surface[..., 0].ravel()
    block = np.minimum((place * 64).astype(int), 63)
    shows = avatar.torso_map[block[:, 1], block[:, 0]]
    expected = place[(shows != 0) & ((cover <= UNSEEN) | (shows & IN_FRONT != 0))]
    assert 0 < len(expected) < side * side
    assert asked.shape[1] == pytest.approx(len(expected), rel=0.02)


def test_points_are_encoded_as_the_fields_do(avatar: Avatar) -> None:
    random = np.random.default_rng(2)
    count = 3 * CHUNK - 5
    left_over = count % CHUNK
    head = random.uniform(-1, 1, (3, count)).astype(np.float32)
    centres = plane_centres(avatar.head.gate_centre.numpy())
    blended = avatar.weights(made_up_code()).planes
    planes = (blended.reshape(-1, FEATURES), centres)
    rows = encode_head_points(head, grid_arrays(avatar.head.grid), avatar.head.gate_centre.numpy(), planes)
    with torch.no_grad():
        points = torch.from_numpy(np.ascontiguousarray(head.T))
        hashed = avatar.head.grid(unit_head(points))
        of = torch.zeros(count, dtype=torch.int64)
        expected = add_planes(hashed, points, of, torch.from_numpy(blended)[None], torch.from_numpy(centres)).numpy()
    np.testing.assert_allclose(rows[:ENCODED, :left_over].T, expected[-left_over:], atol=1e-4)
    torso = random.random((2, count), np.float32)
    rows = encode_torso_points(torso, grid_arrays(avatar.torso.grid))
    with torch.no_grad():
        expected = avatar.torso.grid(torch.from_numpy(np.ascontiguousarray(torso.T))).numpy()
    np.testing.assert_allclose(rows[:ENCODED, :left_over].T, expected[-left_over:], atol=1e-4)


def test_networks_answer_for_any_number_of_points() -> None:
    for count in (0, 1, CHUNK, 5 * CHUNK + 1):
        out = shade_points(count, _layers(ENCODED + GATES))
        assert ((out > 0) & (out < 1)).all() == (count > 0)


def test_only_rays_that_meet_the_head_take_steps(avatar: Avatar) -> None:
    side, code = 96, made_up_code()
    staged, whole = StagedRenderer(avatar, side), CpuRenderer(avatar, 1)
    frame = staged.prepare(code)
    surface = whole.render_surface(code, (side, side)).surface
    steps = staged.count_steps(frame, surface)
    longest = np.ceil((frame.span[1] - frame.span[0]).max() / FINE_STEP)
    assert (surface[..., 0] > 0).sum() < steps < side * side * longest
    assert staged.count_steps(frame, np.zeros_like(surface)) > steps  # a head that lets all light through
    away = code.pose.copy()
    away[3] = 5000
    gone = staged.prepare(type(code)(code.z, away, code.torso))
    assert staged.count_steps(gone, np.zeros_like(surface)) == 0


def test_the_lattice_saves_steps(avatar: Avatar) -> None:
    code = made_up_code()
    counted = []
    for side in (120, 480):  # every pixel of the small picture is marched, a part of the large one's
        staged = StagedRenderer(avatar, side)
        surface = CpuRenderer(avatar, 1).render_surface(code, (side, side)).surface
        counted.append(staged.count_steps(staged.prepare(code), surface))
    assert counted[0] < counted[1] < 8 * counted[0]
