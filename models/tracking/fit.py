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

from models.tracking.arrays import Floats
from models.tracking.morphable import BASIS_SIZE, EXPRESSION_LIMIT, MorphableModel, procrustes, region_weights

_STEPS = 2  # after the closed form; a third moves nothing by 0.01 px
_RIGID = 7  # rotation 3, translation 3, log scale 1
_NOISE_PX = 0.25
"""Landmark noise against which the prior is weighed: what MediaPipe's points tremble on a still face."""
_ROBUST_PX = 1.5
"""A vertex that is off by this counts half."""


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


class FaceFitter:
    """Fits one person's model; holds the model's tensors on the device."""

    def __init__(self, model: MorphableModel, device: str = "cpu") -> None:
        self._model = model
        self._device = torch.device(device)
        self._mean = torch.as_tensor(model.mean, device=self._device)
        scaled = model.basis * model.deviation[:, None, None]
        self._basis = torch.as_tensor(scaled, device=self._device)
        self._weights = torch.as_tensor(region_weights().astype(np.float32), device=self._device)
        prior = torch.zeros(_RIGID + BASIS_SIZE)
        prior[_RIGID:] = _NOISE_PX**2
        self._prior = torch.diag(prior).to(self._device)

    @torch.no_grad()
    def fit(self, points: Floats) -> FaceFit:
        """Fit one picture's landmarks, (478, 3) in reference px."""
        start = procrustes(points[None], self._model.mean, self._model.weights)
        rotation = torch.as_tensor(start.rotation[0], dtype=torch.float32, device=self._device)
        shift = torch.as_tensor(start.translation[0], dtype=torch.float32, device=self._device)
        log_scale = torch.log(torch.as_tensor(start.scale[0], dtype=torch.float32, device=self._device))
        expression = torch.zeros(BASIS_SIZE, device=self._device)
        target = torch.as_tensor(np.ascontiguousarray(points, np.float32), device=self._device)
        for _ in range(_STEPS):
            step = self._step(target, rotation, shift, log_scale, expression)
            rotation = rotation @ _turn(step[:3])
            shift = shift + step[3:6]
            log_scale = log_scale + step[6]
            expression = expression + step[_RIGID:]
        expression = expression.clamp(-EXPRESSION_LIMIT, EXPRESSION_LIMIT)
        residual = target - self._place(rotation, shift, log_scale, expression)[0]
        rms = torch.sqrt((residual[:, :2] ** 2).sum(1).mean())
        translation = torch.cat([shift[:2], log_scale.reshape(1)])
        return FaceFit(rotation.cpu().numpy(), translation.cpu().numpy(), expression.cpu().numpy(), float(rms))

    def _place(
        self, rotation: Tensor, shift: Tensor, log_scale: Tensor, expression: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the model's points in the picture (478, 3), without their shift (478, 3), and the scale."""
        scale = torch.exp(log_scale)
        shape = self._mean + torch.tensordot(expression, self._basis, 1)
        turned = scale * (shape @ rotation)
        return turned + shift, turned, scale

    def _step(self, target: Tensor, rotation: Tensor, shift: Tensor, log_scale: Tensor, expression: Tensor) -> Tensor:
        """Return one Gauss-Newton step (80,): rotation vector, shift, log scale, expression."""
        placed, turned, scale = self._place(rotation, shift, log_scale, expression)
        residual = target - placed
        weight = self._weights / (1.0 + (residual**2).sum(1) / _ROBUST_PX**2)
        x, y, z = turned.unbind(1)
        zero, one = torch.zeros_like(x), torch.ones_like(x)
        rigid = torch.stack(
            [
                torch.stack([zero, -z, y], 1),
                torch.stack([z, zero, -x], 1),
                torch.stack([-y, x, zero], 1),
                torch.stack([one, zero, zero], 1),
                torch.stack([zero, one, zero], 1),
                torch.stack([zero, zero, one], 1),
                turned,
            ]
        )
        jacobian = torch.cat([rigid, scale * (self._basis @ rotation)]).reshape(_RIGID + BASIS_SIZE, -1)
        weighted = jacobian * weight.repeat_interleave(3)
        pull = torch.zeros(_RIGID + BASIS_SIZE, device=self._device)
        pull[_RIGID:] = _NOISE_PX**2 * expression
        step: Tensor = torch.linalg.solve(weighted @ jacobian.T + self._prior, weighted @ residual.reshape(-1) - pull)
        return step
