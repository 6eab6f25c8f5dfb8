"""How the head's colours change with each number that a sender can move, near the face at rest.

Expression and pose bend the field's colours through the conditioner; alignment must know by how much, or it takes a
brow's shadow for a brow that has moved. Like the appearance modes of an active appearance model (Cootes, Edwards and
Taylor 2001), but read off the person's own field.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from codec.types import CODE_SIZE, POSE_SIZE, FaceCode
from models.alignment.calibration import MOVED
from models.field.avatar import Avatar
from models.field.head import matmul_dtype
from models.field.planes import FIRST_FEATURE, base_values, plane_centres
from models.field.space import BOX_HIGH, BOX_LOW
from models.render.cpu import KERNEL_LOCK

CELLS = 48
"""Per axis of the face plane: 0.1 canonical units, 4 to 5 px at 256 x 256. 32 cells lose 0.02 to 0.07 dB of what
alignment gains, 64 gain nothing and take twice the time."""

COVERED = 0.3
"""Coverage from which a cell has a surface, and thus a colour."""

SPAN = 0.3
"""Standard deviations to either side over which the conditioner's change is taken: it bends in between."""


@dataclass(frozen=True, slots=True)
class Linearised:
    """The conditioner around a code.

    Attributes:
        rows: float32 (5, hidden), the head's first-layer rows there.
        second: float32 (hidden,), the second layer's bias.
        blend: float32 (PLANES * BASES,), how the feature planes' bases are blended, tints and all.
        slopes: float32 (6 * hidden + PLANES * BASES, 36), derivative of these three by pose and code.
    """

    rows: Tensor
    second: Tensor
    blend: Tensor
    slopes: Tensor


@dataclass(frozen=True, slots=True)
class _Points:
    """Points of the surface, and what of their colours never changes: features, gates and what each base adds."""

    features: Tensor
    gates: Tensor
    bases: Tensor


class ColourModes:
    """The field's colours on the head's surface, linear around a code. One thread uses it."""

    @torch.no_grad()
    def __init__(self, avatar: Avatar) -> None:
        """Reads the surface of the resting head.

        Args:
            avatar: the person; its density is baked.
        """
        self._avatar = avatar
        self._centres = plane_centres(avatar.head.gate_centre.cpu().numpy())
        self._tables = avatar.head.planes.by_vertex()
        points, self._where = _surface(avatar)
        self._resting = self._points(points)
        conditioner = avatar.conditioner
        device = self._device = conditioner.constraint.device
        self._tints = torch.from_numpy(avatar.tints.basis).to(device).flatten(1).T
        unit = torch.cat([conditioner.pose_scale, torch.ones(CODE_SIZE, device=device)])
        aside = SPAN * torch.diag(unit)
        self._probes = torch.cat([torch.zeros_like(aside[:1]), aside, -aside])
        self._span = 2.0 * SPAN * unit

    def _points(self, points: NDArray[np.float32]) -> _Points:
        """Looks at points (n, 3), canonical."""
        at, head = torch.from_numpy(points).to(self._avatar.conditioner.constraint.device), self._avatar.head
        with KERNEL_LOCK:
            features, bases = head.encode(at), base_values(points, self._tables, self._centres)
        return _Points(features, head.gates(at), torch.from_numpy(bases).to(at.device))

    @torch.no_grad()
    def around(self, code: FaceCode) -> Linearised:
        """The conditioner's outputs and their derivative at a code."""
        numbers = torch.from_numpy(np.concatenate([code.pose, code.z]))[None].to(self._device) + self._probes
        torso = torch.from_numpy(code.torso)[None].to(self._device).expand(len(numbers), -1)
        rows, second, _, blend = self._avatar.conditioner(numbers[:, POSE_SIZE:], numbers[:, :POSE_SIZE], torso)
        slopes = torch.cat([self._slope(value).flatten(0, -2) for value in (rows, second, blend.flatten(1))])
        tinted = blend[0] + torch.from_numpy(self._avatar.tint(code)).to(self._device)
        return Linearised(rows[0], second[0], tinted.flatten(), slopes)

    def _slope(self, value: Tensor) -> Tensor:
        """Derivative (..., 36) by each number of what the probes (1 + 2 * 36, ...) gave."""
        above, below = value[1:].view(2, MOVED, *value.shape[1:])
        return ((above - below) / self._span.view(-1, *[1] * (value.dim() - 1))).movedim(0, -1)

    @torch.no_grad()
    def at_rest(self, code: Linearised) -> NDArray[np.float32]:
        """Change of the resting head's colours per unit of each number of pose and code, and of each tint.

        Args:
            code: around which.

        Returns:
            float32 (CELLS, CELLS, 3, 36 + tints), grey levels, over the canonical box's x and y (rows along y); zeros
            where the head is not.
        """
        grid = np.zeros((CELLS, CELLS, 3, MOVED + self._avatar.tints.size), np.float32)
        grid[self._where] = self._slopes(self._resting, code)
        return grid

    @torch.no_grad()
    def at(self, points: NDArray[np.float32], code: Linearised) -> NDArray[np.float32]:
        """Change of some places' colours per unit of each number of pose and code, and of each tint.

        Args:
            points: float32 (n, 3), canonical.
            code: around which.

        Returns:
            float32 (n, 3, 36 + tints), grey levels.
        """
        return self._slopes(self._points(points), code)

    @torch.no_grad()
    def of_blend(self, points: NDArray[np.float32], code: Linearised) -> NDArray[np.float64]:
        """What a change of the blend does to some places.

        Args:
            points: float32 (n, 3), canonical.
            code: around which.

        Returns:
            float64 (PLANES * BASES, PLANES * BASES): G of their squared change w' G w by a change w, grey levels.
        """
        change = self._layers(self._points(points), code)[2].flatten(0, 1).double().cpu().numpy()
        return np.asarray(change.T @ change)

    def _slopes(self, points: _Points, code: Linearised) -> NDArray[np.float32]:
        """Derivative of colours (n, 3, 36 + tints) by pose, code and tints."""
        to_one, to_two, to_planes = self._layers(points, code)
        kind = matmul_dtype(self._device)
        one_by_gate = (points.gates[:, None, :, None] * to_one[:, :, None]).flatten(2)
        modes = torch.cat([one_by_gate, to_two, to_planes], 2).to(kind) @ code.slopes.to(kind)
        return torch.cat([modes.float(), to_planes @ self._tints], 2).cpu().numpy()

    def _layers(self, points: _Points, code: Linearised) -> tuple[Tensor, Tensor, Tensor]:
        """Derivative of colours by either layer (n, 3, hidden) and by the blend (n, 3, PLANES * BASES)."""
        head = self._avatar.head
        features = points.features.clone()
        features[:, FIRST_FEATURE:] += points.bases @ code.blend
        one = torch.relu(head.first(features) + points.gates @ code.rows)
        two = torch.relu(head.middle(one) + code.second)
        colour = torch.sigmoid(head.last(two))
        to_two = (255.0 * colour * (1.0 - colour))[:, :, None] * head.last.weight * (two > 0.0)[:, None]
        to_one = (to_two @ head.middle.weight) * (one > 0.0)[:, None]
        return to_one, to_two, (to_one @ head.first.weight[:, FIRST_FEATURE:]) @ points.bases


def _surface(avatar: Avatar) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Points (n, 3) of the resting head that a camera straight before it sees, and their cells, bool (CELLS, CELLS)."""
    assert avatar.density is not None
    low, high = np.array(BOX_LOW), np.array(BOX_HIGH)
    shape = avatar.density.shape
    axes = [low[a] + (np.arange(shape[a]) + 0.5) / shape[a] * (high[a] - low[a]) for a in range(3)]
    opacity = 1.0 - np.exp(-avatar.density * np.float32((high[2] - low[2]) / shape[2]))
    before = np.cumprod(np.concatenate([np.ones((*shape[:2], 1)), 1.0 - opacity[..., :-1]], 2), 2)
    share = opacity * before
    coverage = share.sum(2)
    depth = (share @ axes[2]) / np.maximum(coverage, 1e-6)
    centres = [low[a] + (np.arange(CELLS) + 0.5) / CELLS * (high[a] - low[a]) for a in range(2)]
    column, row = (np.clip(np.searchsorted(axes[a], centres[a]), 0, shape[a] - 1) for a in range(2))
    where = coverage[np.ix_(column, row)].T > COVERED
    x, y = np.meshgrid(*centres)
    points = np.stack([x, y, depth[np.ix_(column, row)].T], -1)[where]
    return points.astype(np.float32), where
