"""The head field's gates, colour and conditioning."""

from __future__ import annotations

import numpy as np
import torch

from models.field.conditioning import Conditioner
from models.field.head import HeadField, gate_columns


def test_gate_kernel_matches_torch() -> None:
    head = HeadField()
    head.gate_centre.normal_()
    points = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
    columns = gate_columns(points, np.ones(200, np.int64), 3, head.gate_centre.numpy())
    assert np.abs(columns[:, 5:10] - head.gates(torch.from_numpy(points)).numpy()).max() < 1e-5
    assert not columns[:, :5].any()
    assert not columns[:, 10:].any()


def test_a_frame_sees_its_own_conditioning_only() -> None:
    torch.manual_seed(0)
    head, conditioner = HeadField(), Conditioner()
    z, pose, torso = torch.randn(2, 30), torch.randn(2, 6), torch.randn(2, 20)
    points = torch.randn(50, 3) * 0.3
    features = head.encode(points)

    def shade(frame: int, z: torch.Tensor) -> torch.Tensor:
        rows, second, _, _ = conditioner(z, pose, torso)
        columns = gate_columns(points.numpy(), np.full(50, frame), 2, head.gate_centre.numpy())
        select = torch.nn.functional.one_hot(torch.full((50,), frame), 2)
        return head.colour(features, torch.from_numpy(columns), select, rows, second)

    other = z.clone()
    other[1] += 3.0
    assert torch.equal(shade(0, z), shade(0, other))
    assert not torch.equal(shade(1, z), shade(1, other))


def test_constraint_code_reaches_both_fields() -> None:
    conditioner = Conditioner()
    rows, _, torso, _ = conditioner(torch.randn(2, 30), torch.randn(2, 6), torch.randn(2, 20))
    for weights in (rows, torso):
        (gradient,) = torch.autograd.grad(weights.sum(), conditioner.constraint, retain_graph=True)
        assert gradient.abs().max() > 0


def test_density_is_not_negative_and_bounded() -> None:
    head = HeadField()
    head.grid.table.data.normal_(std=20.0)
    density = head.density(head.encode(torch.randn(500, 3)))
    assert torch.isfinite(density).all()
    assert (density >= 0).all()
    assert density.max() <= np.exp(8.0) + 1
