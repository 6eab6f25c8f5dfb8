"""How the head's colours change with each number that a sender can move, near the face at rest.

Expression and pose bend the field's colours through the conditioner; alignment must know by how much, or it takes a
brow's shadow for a brow that has moved. Like the appearance modes of an active appearance model (Cootes, Edwards and
Taylor 2001), but read off the person's own field.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from codec.types import CODE_SIZE, POSE_SIZE, FaceCode
from models.calibration import MOVED
from models.field.avatar import Avatar
from models.field.head import matmul_dtype
from models.field.planes import BASES, FIRST_FEATURE, PLANE_FEATURES, PLANES, add_planes, plane_centres
from models.field.space import BOX_HIGH, BOX_LOW

CELLS = 48
"""Per axis of the face plane: 0.1 canonical units, 4 to 5 px at 256 x 256. 32 cells lose 0.02 to 0.07 dB of what
alignment gains, 64 gain nothing and take twice the time."""

COVERED = 0.3
"""Coverage from which a cell has a surface, and thus a colour."""

SPAN = 0.3
"""Standard deviations to either side over which the conditioner's change is taken: it bends in between."""


class ColourModes:
    """The field's colours on the resting head's surface, linear around a code. One thread uses it."""

    @torch.no_grad()
    def __init__(self, avatar: Avatar) -> None:
        """Reads the surface and what of its colours never changes.

        Args:
            avatar: the person; its density is baked.
        """
        head = self._head = avatar.head
        self._conditioner = avatar.conditioner
        points, self._where = _surface(avatar)
        device = avatar.conditioner.constraint.device
        at = torch.from_numpy(points).to(device)
        self._features = head.encode(at)
        self._gates = head.gates(at)
        middle = torch.from_numpy(plane_centres(head.gate_centre.cpu().numpy())).to(device)
        self._bases = self._added(at, middle)
        unit = torch.cat([self._conditioner.pose_scale, torch.ones(CODE_SIZE, device=device)])
        aside = SPAN * torch.diag(unit)
        self._probes = torch.cat([torch.zeros_like(aside[:1]), aside, -aside])
        self._span = 2.0 * SPAN * unit

    def _added(self, points: Tensor, middle: Tensor) -> Tensor:
        """What each base of each plane adds to the last features of points (n, 3): (n, 8, PLANES * BASES)."""
        count = PLANES * BASES
        each = self._head.planes.blend(torch.eye(count, device=points.device).view(count, PLANES, BASES))
        nothing = torch.zeros(count * len(points), FIRST_FEATURE + PLANE_FEATURES, device=points.device)
        base = torch.arange(count, device=points.device).repeat_interleave(len(points))
        added = add_planes(nothing, points.repeat(count, 1), base, each, middle)[:, FIRST_FEATURE:]
        return added.view(count, len(points), PLANE_FEATURES).permute(1, 2, 0).contiguous()

    @torch.no_grad()
    def at(self, code: FaceCode) -> NDArray[np.float32]:
        """Change of colour per unit of each number of pose and code, around a code.

        Args:
            code: where to look.

        Returns:
            float32 (CELLS, CELLS, 3, 36), grey levels, over the canonical box's x and y (rows along y); zeros where
            the head is not.
        """
        head, device = self._head, self._gates.device
        numbers = torch.from_numpy(np.concatenate([code.pose, code.z]))[None].to(device) + self._probes
        torso = torch.from_numpy(code.torso)[None].to(device).expand(len(numbers), -1)
        rows, second, _, blend = self._conditioner(numbers[:, POSE_SIZE:], numbers[:, :POSE_SIZE], torso)
        blend = blend.flatten(1)
        d_rows, d_second, d_blend = (self._slope(value) for value in (rows, second, blend))

        first, middle, last = head.first, head.middle, head.last
        features = self._features.clone()
        features[:, FIRST_FEATURE:] += self._bases @ blend[0]
        one = torch.relu(first(features) + self._gates @ rows[0])
        two = torch.relu(middle(one) + second[0])
        colour = torch.sigmoid(last(two))
        to_two = (255.0 * colour * (1.0 - colour))[:, :, None] * last.weight * (two > 0.0)[:, None]
        to_one = (to_two @ middle.weight) * (one > 0.0)[:, None]
        to_planes = (to_one @ first.weight[:, FIRST_FEATURE:]) @ self._bases
        kind = matmul_dtype(device)
        one_by_gate = (self._gates[:, None, :, None] * to_one[:, :, None]).flatten(2)
        slopes = torch.cat([d_rows.flatten(0, 1), d_second, d_blend])
        modes = torch.cat([one_by_gate, to_two, to_planes], 2).to(kind) @ slopes.to(kind)
        grid = np.zeros((CELLS, CELLS, 3, MOVED), np.float32)
        grid[self._where] = modes.float().cpu().numpy()
        return grid

    def _slope(self, value: Tensor) -> Tensor:
        """Derivative (..., 36) by each number of what the probes (1 + 2 * 36, ...) gave."""
        above, below = value[1:].view(2, MOVED, *value.shape[1:])
        return ((above - below) / self._span.view(-1, *[1] * (value.dim() - 1))).movedim(0, -1)


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
