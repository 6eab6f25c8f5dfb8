"""Least-squares fit of pose and expression to landmarks, in torch on a chosen device.

Closed-form alignment first, then Gauss-Newton over rotation, translation, scale and 73 expression numbers together with
robust weights and a unit Gaussian prior on the expression: about 1 ms on one core.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.tracking.alignment import procrustes
from models.tracking.arrays import Floats
from models.tracking.morphable import BASIS_SIZE, EXPRESSION_LIMIT, MorphableModel, region_weights

_LIMITS_PX = (1e6, 1.5)
"""A residual is clipped near this in each Gauss-Newton step; not in the first, which has yet to find the expression."""
_RIGID = 7  # rotation 3, translation 3, log scale 1
_NOISE_PX = 0.25
"""Landmark noise against which the prior is weighed: what MediaPipe's points tremble on a still face."""


@dataclass(frozen=True, slots=True)
class FaceFit:
    """Pose and expression of one picture.

    Attributes:
        rotation: float32 (3, 3), turning row vectors of canonical space.
        translation: float32 (3,), x and y in reference px, log of the scale.
        expression: float32 (73,), standard deviations, within +-4.
        residual_px: root mean square distance of the points from the fit in the picture, reference px.
    """

    rotation: NDArray[np.float32]
    translation: NDArray[np.float32]
    expression: NDArray[np.float32]
    residual_px: float


def _turn(vector: Tensor) -> Tensor:
    """Return the rotation (3, 3) for row vectors of a small rotation vector (3,), rad (Rodrigues)."""
    angle = torch.linalg.vector_norm(vector) + 1e-9
    x, y, z = (vector / angle).unbind()
    zero = torch.zeros_like(x)
    skew = torch.stack([zero, z, -y, -z, zero, x, y, -x, zero]).reshape(3, 3)
    unit = torch.eye(3, device=vector.device)
    return unit + torch.sin(angle) * skew + (1 - torch.cos(angle)) * skew @ skew


class _Rows:
    """A matrix that is applied without BLAS, in pieces below the size at which torch wakes its thread pool.

    MKL spreads even a product of 73x1434 over threads, which then spin for 0.2 s: on a busy machine a fit took 10 to
    150 ms instead of 1.
    """

    _MOST = 30_000  # at::internal::GRAIN_SIZE is 32768

    def __init__(self, matrix: Tensor) -> None:
        self._pieces = matrix.contiguous().split(max(1, self._MOST // matrix.shape[1]))

    def times(self, vector: Tensor) -> Tensor:
        """Return the product with a vector."""
        return torch.cat([(piece * vector).sum(1) for piece in self._pieces])


class FaceFitter:
    """Fits one person's model; holds the model's tensors on the device.

    Robustness is by clipped residuals, not by changing weights: so the normal matrix depends on pose and expression
    through small tables only.
    """

    def __init__(self, model: MorphableModel, device: str = "cpu") -> None:
        self._model = model
        self._device = torch.device(device)
        basis = (model.basis * model.deviation[:, None, None]).astype(np.float64)
        mean = model.mean.astype(np.float64)
        weights = region_weights()
        weighted = basis * weights[:, None]
        self._mean = self._tensor(mean)
        self._from_expression = _Rows(self._tensor(basis.reshape(BASIS_SIZE, -1).T))
        self._to_expression = _Rows(self._tensor(basis.reshape(BASIS_SIZE, -1)))
        self._weights = self._tensor(weights)[:, None]
        self._gram = self._tensor(np.einsum("ivc,jvc->ij", weighted, basis))
        self._gram_rows = _Rows(self._gram)
        self._mean_overlap = self._tensor(np.einsum("vc,jvc->j", mean, weighted))
        self._basis_sum = self._tensor(weighted.sum(1).T)
        # Turning force of the basis on the mean, (3, 73), and on each direction, (3 * 73, 73).
        self._mean_turn = self._tensor(np.cross(mean[None], weighted).sum(1).T)
        self._basis_turn = _Rows(self._tensor(_turning(basis, weighted)))
        self._unit = torch.eye(BASIS_SIZE, device=self._device)

    def _tensor(self, array: Floats) -> Tensor:
        return torch.as_tensor(np.ascontiguousarray(array, np.float32), device=self._device)

    @torch.no_grad()
    def fit(self, points: Floats) -> FaceFit:
        """Fit one picture's landmarks, (478, 3) in reference px."""
        start = procrustes(points[None], self._model.mean, self._model.weights)
        rotation, shift = self._tensor(start.rotation[0]), self._tensor(start.translation[0])
        log_scale = self._tensor(np.log(start.scale))
        expression = torch.zeros(BASIS_SIZE, device=self._device)
        target = self._tensor(points)
        for limit_px in _LIMITS_PX:
            step = self._step(target, rotation, shift, log_scale, expression, limit_px)
            rotation = rotation @ _turn(step[:3])
            shift = shift + step[3:6]
            log_scale = log_scale + step[6]
            expression = expression + step[_RIGID:]
        expression = expression.clamp(-EXPRESSION_LIMIT, EXPRESSION_LIMIT)
        residual = target - torch.exp(log_scale) * (self._shape(expression) @ rotation) - shift
        rms = torch.sqrt((residual[:, :2] ** 2).sum(1).mean())
        translation = torch.cat([shift[:2], log_scale])
        return FaceFit(rotation.cpu().numpy(), translation.cpu().numpy(), expression.cpu().numpy(), float(rms))

    def _shape(self, expression: Tensor) -> Tensor:
        return self._mean + self._from_expression.times(expression).reshape(-1, 3)

    def _step(
        self,
        target: Tensor,
        rotation: Tensor,
        shift: Tensor,
        log_scale: Tensor,
        expression: Tensor,
        limit_px: float,
    ) -> Tensor:
        """Return one Gauss-Newton step (80,): rotation vector, shift, log scale, expression.

        All is turned back into canonical directions first, where the basis does not depend on the pose.
        """
        scale = torch.exp(log_scale)
        shape = self._shape(expression)
        residual = (target - shift) @ rotation.T - scale * shape
        residual = residual / torch.sqrt(1.0 + (residual**2).sum(1, keepdim=True) / limit_px**2)
        rigid = _rigid_jacobian(scale * shape)
        rows = rigid.reshape(_RIGID, -1)
        corner = torch.stack([rows @ row for row in (rigid * self._weights).reshape(_RIGID, -1)])
        side = self._side(scale, expression)
        prior = _NOISE_PX**2
        body = scale**2 * self._gram + prior * self._unit
        normal = torch.cat([torch.cat([corner, side], 1), torch.cat([side.T, body], 1)])
        pulled = (self._weights * residual).reshape(-1)
        against = scale * self._to_expression.times(pulled) - prior * expression
        step: Tensor = torch.linalg.solve(normal, torch.cat([rows @ pulled, against]))
        # Rotation vector and shift were found in canonical directions; the pose is updated in the picture's.
        return torch.cat([step[:3] @ rotation, step[3:6] @ rotation, step[6:]])

    def _side(self, scale: Tensor, expression: Tensor) -> Tensor:
        """Return how rotation vector, shift and log scale go with the expression in the normal matrix, (7, 73)."""
        turn = self._mean_turn + self._basis_turn.times(expression).reshape(3, BASIS_SIZE)
        grow = self._mean_overlap + self._gram_rows.times(expression)
        return torch.cat([scale**2 * turn, scale * self._basis_sum, scale**2 * grow[None]])


def _turning(basis: Floats, weighted: Floats) -> Floats:
    """Return the sums over vertices of basis x weighted for every pair of directions, (3 * 73, 73)."""
    x, y, z = (basis[:, :, axis] for axis in range(3))
    u, v, w = (weighted[:, :, axis] for axis in range(3))
    parts = [v @ z.T, w @ x.T, u @ y.T], [w @ y.T, u @ z.T, v @ x.T]
    return np.concatenate([after - before for before, after in zip(*parts, strict=True)])


def _rigid_jacobian(shape: Tensor) -> Tensor:
    """Return how points (V, 3) move with a rotation vector, a shift and a log scale, (7, V, 3)."""
    x, y, z = shape.unbind(1)
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    columns = [zero, -z, y, z, zero, -x, -y, x, zero, one, zero, zero, zero, one, zero, zero, zero, one, x, y, z]
    return torch.stack(columns, 1).reshape(-1, _RIGID, 3).transpose(0, 1).contiguous()
