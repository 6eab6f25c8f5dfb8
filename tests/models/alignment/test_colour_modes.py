"""Colour modes: the derivative of the field's colours, cell by cell."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from codec.identity import Identity
from codec.types import CODE_SIZE, POSE_SIZE, TORSO_SIZE, FaceCode
from models.alignment import colour_modes
from models.alignment.calibration import MOVED
from models.alignment.colour_modes import CELLS, ColourModes
from models.field.avatar import Avatar
from models.field.planes import BASES, PLANES, add_planes_reference, plane_centres
from models.field.tints import Tints


@pytest.fixture(scope="module")
def avatar(sample: Identity) -> Avatar:
    avatar = Avatar.from_arrays(sample.arrays)
    avatar.tints = Tints.build(np.random.default_rng(5).normal(size=(7, PLANES, BASES)))
    return avatar


def some_code(avatar: Avatar) -> FaceCode:
    """A code within the range that colours follow."""
    random = np.random.default_rng(3)
    z = random.uniform(-0.2, 0.2, CODE_SIZE).astype(np.float32)
    free = random.normal(0.0, 0.3, avatar.free_size).astype(np.float32)
    return FaceCode(z, avatar.conditioner.pose_mean.numpy().copy(), np.zeros(TORSO_SIZE, np.float32), free)


def colours(avatar: Avatar, points: Tensor, numbers: Tensor) -> Tensor:
    """Grey levels (n, 3) of canonical points under pose, code and tints (36 + n,), in plain float32 torch."""
    head, torso = avatar.head, torch.zeros(1, TORSO_SIZE)
    pose, z, amounts = numbers[:POSE_SIZE], numbers[POSE_SIZE:MOVED], numbers[MOVED:]
    rows, second, _, blend = avatar.conditioner(z[None], pose[None], torso)
    tinted = blend + torch.tensordot(amounts, torch.from_numpy(avatar.tints.basis), 1)
    frame = torch.zeros(len(points), dtype=torch.int64)
    centres = torch.from_numpy(plane_centres(head.gate_centre.numpy()))
    features = add_planes_reference(head.encode(points), points, frame, head.planes.blend(tinted), centres)
    one = torch.relu(head.first(features) + head.gates(points) @ rows[0])
    return 255.0 * torch.sigmoid(head.last(torch.relu(head.middle(one) + second[0])))


def test_modes_are_the_derivative_of_the_colours(avatar: Avatar, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(colour_modes, "SPAN", 1e-3)
    code = some_code(avatar)
    modes = ColourModes(avatar)
    around = modes.around(code)
    points, where = colour_modes._surface(avatar)
    chosen = np.random.default_rng(0).choice(len(points), 40, replace=False)
    at = torch.from_numpy(points[chosen])
    numbers = torch.from_numpy(np.concatenate([code.pose, code.z, code.freeform[avatar.free_parts.tints]]))
    expected = torch.autograd.functional.jacobian(lambda n: colours(avatar, at, n), numbers).numpy()
    found = modes.at(points[chosen], around)
    assert np.abs(expected).max() > 1.0
    assert np.abs(found - expected).max() < 0.03 * np.abs(expected).max()
    assert np.abs(expected[:, :, MOVED:]).max() > 1.0
    resting = modes.at_rest(around)[where][chosen]
    assert np.abs(resting - expected).max() < 0.03 * np.abs(expected).max()


def test_what_a_blend_does_is_what_it_changes(avatar: Avatar) -> None:
    code = some_code(avatar)
    modes = ColourModes(avatar)
    around, points = modes.around(code), colour_modes._surface(avatar)[0]
    change = modes.at(points, around)[:, :, MOVED:].reshape(-1, avatar.tints.size).astype(np.float64)
    basis = avatar.tints.basis.reshape(avatar.tints.size, -1)
    np.testing.assert_allclose(basis @ modes.of_blend(points, around) @ basis.T, change.T @ change, rtol=1e-3, atol=0.1)


def test_cells_beside_the_head_have_no_modes(avatar: Avatar) -> None:
    modes = ColourModes(avatar)
    grid = modes.at_rest(modes.around(some_code(avatar)))
    assert grid.shape == (CELLS, CELLS, 3, MOVED + avatar.tints.size)
    assert not grid[:, [0, -1]].any()
    assert grid[CELLS // 2, CELLS // 2].any()


def test_an_avatar_without_a_head_has_none(avatar: Avatar) -> None:
    empty = Avatar(avatar.basis, avatar.torso_basis, avatar.plate)
    empty.density = np.zeros_like(avatar.density)
    modes = ColourModes(empty)
    assert not modes.at_rest(modes.around(some_code(empty))).any()
