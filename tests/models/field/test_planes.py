"""Feature planes: kernels against the torch specification, gradients included."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.field.planes import (
    BASES,
    FIRST_FEATURE,
    PLANE_FEATURES,
    PLANES,
    STARTS,
    BlendedPlanes,
    add_planes,
    add_planes_reference,
    base_values,
    plane_centres,
)

FRAMES = 3
FEATURES = np.array([[0.0, 0.7, -0.6], [-0.4, -0.3, -0.5], [0.4, -0.3, -0.5]], np.float32)


def inputs(count: int = 4000, reach: float = 1.5) -> tuple[torch.Tensor, ...]:
    torch.manual_seed(0)
    points = reach * torch.randn(count, 3)
    frame = torch.randint(0, FRAMES, (count,))
    return torch.randn(count, 32), points, frame, torch.from_numpy(plane_centres(FEATURES))


def test_kernel_adds_what_torch_adds() -> None:
    features, points, frame, centres = inputs()
    blended = torch.randn(FRAMES, int(STARTS[-1]), PLANE_FEATURES)
    ours = add_planes(features, points, frame, blended, centres)
    theirs = add_planes_reference(features, points, frame, blended, centres)
    assert (ours - theirs).abs().max() < 1e-3
    assert torch.equal(ours[:, :FIRST_FEATURE], features[:, :FIRST_FEATURE])
    assert (ours != features).any(1).float().mean() > 0.6


def test_gradients_are_those_of_torch() -> None:
    features, points, frame, centres = inputs()
    weight = torch.randn(len(points), 32)
    gradients = []
    for add in (add_planes, add_planes_reference):
        blended = torch.zeros(FRAMES, int(STARTS[-1]), PLANE_FEATURES)
        leaves = features.clone().requires_grad_(), blended.requires_grad_()
        (add(leaves[0], points, frame, leaves[1], centres) * weight).sum().backward()
        gradients.append([leaf.grad for leaf in leaves])
    for ours, theirs in zip(*gradients, strict=True):
        assert ours is not None
        assert theirs is not None
        assert (ours - theirs).abs().max() < 1e-3


def test_points_beyond_the_planes_get_nothing() -> None:
    features, points, frame, centres = inputs(100)
    blended = torch.randn(FRAMES, int(STARTS[-1]), PLANE_FEATURES)
    for far in (torch.full_like(points, 50.0), torch.full_like(points, -50.0), torch.full_like(points, float("nan"))):
        assert torch.equal(add_planes(features, far, frame, blended, centres), features)


@pytest.mark.parametrize("plane", range(PLANES))
def test_a_basis_fills_its_own_plane(plane: int) -> None:
    planes = BlendedPlanes()
    weights = torch.zeros(1, PLANES, BASES)
    weights[0, plane, 2] = 1.0
    blended = planes.blend(weights)[0]
    start, end = STARTS[plane], STARTS[plane + 1]
    expected = planes.tables[plane].view(BASES, -1, PLANE_FEATURES)[2]
    assert torch.allclose(blended[start:end], expected)
    assert blended[:start].abs().sum() + blended[end:].abs().sum() == 0.0


def test_one_frame_is_blended_as_many_are() -> None:
    planes, weights = BlendedPlanes(), torch.randn(3, PLANES, BASES)
    for table in planes.tables:
        table.data.normal_()
    for frame, many in zip(weights, planes.blend(weights), strict=True):
        np.testing.assert_allclose(planes.of_frame(frame.numpy()), many.detach().numpy(), atol=1e-5)


def test_each_base_adds_its_share() -> None:
    features, points, frame, centres = inputs(500)
    planes, weights = BlendedPlanes(), torch.randn(1, PLANES, BASES)
    for table in planes.tables:
        table.data.normal_()
    whole = add_planes_reference(torch.zeros_like(features), points, 0 * frame, planes.blend(weights), centres)
    each = base_values(points.numpy(), planes.by_vertex(), centres.numpy())
    assert np.abs(each @ weights.flatten().numpy() - whole[:, FIRST_FEATURE:].detach().numpy()).max() < 1e-3
    assert np.abs(each).max() > 1.0
