"""The plain-torch renderer: slow, on any device, and the specification that every other backend is held against."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from codec.identity import Identity
from codec.texture import Texture
from codec.types import FaceCode
from models.field.avatar import Avatar, FrameWeights
from models.field.hashgrid import HashGrid, encode_reference
from models.field.march import FINE_STEP, OPAQUE
from models.field.planes import add_planes_reference, plane_centres
from models.field.space import BOX_HIGH, BOX_LOW, unit_head, unit_torso
from models.field.torso import COVERS, IN_FRONT, flow_at, layered
from models.render.base import fit_plate, pixel_axes
from models.render.texture import head_place, texels_at

RAYS = 8192
"""Rays per chunk: their samples take about 200 MB."""


class ReferenceRenderer:
    """Renders with torch operations alone, in float32."""

    name = "reference"

    def __init__(self, identity: Identity, device: str = "cpu") -> None:
        self._device = torch.device(device)
        self._avatar = Avatar.from_arrays(identity.arrays).to(self._device).eval()
        self._plate = self._avatar.plate
        self.set_texture(Texture.none())
        density = self._avatar.density
        assert density is not None
        self._torso_map = torch.from_numpy(self._avatar.torso_map).to(self._device)
        self._density = torch.from_numpy(density).to(self._device)

    def set_plate(self, rgb: NDArray[np.uint8]) -> None:
        """Takes a new background; see `models.render.base.Renderer`."""
        self._plate = rgb

    def set_texture(self, texture: Texture) -> None:
        """Takes what is added to the person's colours; see `models.render.base.Renderer`."""
        self._head_texels, self._torso_texels = (
            torch.from_numpy(texels).to(self._device) for texels in (texture.head, texture.torso)
        )

    @torch.no_grad()
    def render(self, code: FaceCode, size: tuple[int, int]) -> NDArray[np.uint8]:
        """Renders one frame; see `models.render.base.Renderer`."""
        columns, rows = pixel_axes(size)
        weights = self._avatar.weights(code)
        pixels = np.stack(np.meshgrid(columns, rows), -1).reshape(-1, 2)
        plate = fit_plate(self._plate, size).reshape(-1, 3)
        parts = []
        for start in range(0, len(pixels), RAYS):
            part = torch.from_numpy(pixels[start : start + RAYS]).to(self._device)
            behind = torch.from_numpy(plate[start : start + RAYS]).to(self._device)
            parts.append(self._shade(part, behind, weights).cpu().numpy())
        picture = np.concatenate(parts).reshape(size[1], size[0], 3)
        return np.clip(np.rint(picture * 255.0), 0, 255).astype(np.uint8)

    def _shade(self, pixels: Tensor, plate: Tensor, weights: FrameWeights) -> Tensor:
        cover, points = march_reference(pixels, self._tensors(weights), self._density)
        head = self._head(points, weights)
        return layered(cover[:, None] * head, cover, self._torso(pixels, weights), plate)

    def _tensors(self, weights: FrameWeights) -> tuple[Tensor, Tensor, Tensor]:
        r, t, w = (torch.from_numpy(v).to(self._device) for v in (weights.rotation, weights.translation, weights.warp))
        return r, t, w

    def _encode(self, grid: HashGrid, x: Tensor) -> Tensor:
        return encode_reference(x, grid.table, grid.spec, grid.layout)

    def _head(self, points: Tensor, weights: FrameWeights) -> Tensor:
        head = self._avatar.head
        features = self._encode(head.grid, unit_head(points).clamp(0.0, 1.0))
        frame = torch.zeros(len(points), dtype=torch.int64, device=self._device)
        planes = torch.from_numpy(weights.planes).to(self._device)[None]
        centres = torch.from_numpy(plane_centres(head.gate_centre.cpu().numpy())).to(self._device)
        features = add_planes_reference(features, points, frame, planes, centres)
        rows = torch.from_numpy(weights.rows).to(self._device)
        hidden = torch.relu(head.first(features) + head.gates(points) @ rows)
        hidden = torch.relu(head.middle(hidden) + torch.from_numpy(weights.second).to(self._device))
        return torch.sigmoid(head.last(hidden)) + texels_at(self._head_texels, head_place(points))

    def _torso(self, pixels: Tensor, weights: FrameWeights) -> tuple[Tensor, Tensor, Tensor]:
        torso = self._avatar.torso
        flow = torch.from_numpy(weights.flow).to(self._device)[None]
        frame = torch.zeros(len(pixels), dtype=torch.int64, device=self._device)
        x = unit_torso(pixels + flow_at(pixels, flow, frame))
        features = self._encode(torso.grid, x)
        hidden = torch.relu(torso.first(features) + torch.from_numpy(weights.torso).to(self._device))
        out = torch.sigmoid(nn.functional.linear(torch.relu(torso.middle(hidden)), *torso.outputs()))
        blocks = len(self._avatar.torso_map)
        column, row = (x * blocks).long().clamp(max=blocks - 1).unbind(1)
        block = self._torso_map[row, column]
        colour = out[:, :3] + texels_at(self._torso_texels, x)
        return colour, out[:, 3] * ((block & COVERS) > 0), out[:, 4] * ((block & IN_FRONT) > 0)


def warp_reference(points: Tensor, warp: Tensor) -> Tensor:
    """Deformed canonical points (..., 3) to rest, by the displacement grid (NODES, NODES, 3)."""
    nodes = warp.shape[0]
    low, high = torch.tensor(BOX_LOW, device=warp.device), torch.tensor(BOX_HIGH, device=warp.device)
    grid = ((points - low) / (high - low))[..., :2] * (nodes - 1)
    grid = grid.clamp(0.0, nodes - 1.001)
    i, j = grid[..., 0].long(), grid[..., 1].long()
    fx, fy = (grid[..., 0] - i)[..., None], (grid[..., 1] - j)[..., None]
    top = warp[j, i] * (1 - fx) + warp[j, i + 1] * fx
    bottom = warp[j + 1, i] * (1 - fx) + warp[j + 1, i + 1] * fx
    return points - (top * (1 - fy) + bottom * fy)


def march_reference(pixels: Tensor, frame: tuple[Tensor, Tensor, Tensor], density: Tensor) -> tuple[Tensor, Tensor]:
    """Coverage of pixels and their points of expected depth; `models.render.depth.march_pixels` in torch.

    Args:
        pixels: float32 (n, 2), reference px.
        frame: rotation (3, 3), translation (3,), warp (NODES, NODES, 3).
        density: float32 (nx, ny, nz).

    Returns:
        coverage (n,), canonical points at rest (n, 3).
    """
    rotation, translation, warp = frame
    low, high = torch.tensor(BOX_LOW, device=density.device), torch.tensor(BOX_HIGH, device=density.device)
    plane = (pixels - translation[:2]) * torch.exp(-translation[2])
    origin = plane @ rotation[:, :2].T
    direction = torch.stack([rotation[0, 2], rotation[1, 2], rotation[2, 2].clamp(min=0.2)])
    near = (low[2] - origin[:, 2]) / direction[2]
    steps = int(torch.ceil((high[2] - low[2]) / direction[2] / FINE_STEP))
    t = near[:, None] + FINE_STEP * torch.arange(steps, device=density.device)
    points = origin[:, None] + t[..., None] * direction
    inside = ((points >= low) & (points < high)).all(2)
    sigma = density_at(warp_reference(points, warp), density) * inside
    optical = torch.where(sigma > 0.01, sigma, torch.zeros_like(sigma)) * FINE_STEP
    before = torch.exp(-(torch.cumsum(optical, 1) - optical))
    weight = torch.where(before >= OPAQUE, before * (1.0 - torch.exp(-optical)), torch.zeros_like(before))
    cover = weight.sum(1)
    depth = (weight * t).sum(1) / cover.clamp(min=1e-6)
    point = warp_reference(origin + depth[:, None] * direction, warp)
    seen = cover >= OPAQUE
    return cover * seen, point * seen[:, None]


def density_at(points: Tensor, density: Tensor) -> Tensor:
    """Trilinear density at canonical points (..., 3); zero outside the box."""
    low, high = torch.tensor(BOX_LOW, device=density.device), torch.tensor(BOX_HIGH, device=density.device)
    unit = (points - low) / (high - low) * 2.0 - 1.0
    flat = unit.reshape(1, 1, 1, -1, 3).flip(-1)
    sampled = nn.functional.grid_sample(
        density[None, None], flat, mode="bilinear", padding_mode="border", align_corners=False
    )
    inside = (unit.abs() < 1.0).all(-1)
    return sampled.reshape(points.shape[:-1]) * inside
