"""Rays through canonical space: where to sample, and how samples add up to a pixel.

Weak perspective makes all rays of a frame parallel. While density is learned, a ray is sampled where the occupancy
grid says that something is (occupancy-guided sampling in the place of the paper's coarse pass). Once density is baked,
`models.render.depth` marches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.field.space import BOX_HIGH, BOX_LOW
from models.field.warp import NODES
from models.kernel_cache import JIT

STEP = 0.07
"""Step of the first march in canonical units: a fifth of the shell that density is confined to."""

FINE_STEP = 0.035
"""Step through the baked density: its cells are 0.033 to 0.038 wide."""

MOST_SAMPLES = 32
"""Most samples kept on one ray; the shell holds 8 when nothing is carved yet."""

HIDDEN_DEPTH = 6.0
"""Optical depth, as the occupancy grid remembers it, behind which a ray is not sampled: a four-hundredth of the light
comes from there."""

OCCUPANCY_SHAPE = (64, 72, 50)
BAKED_SHAPE = (144, 160, 96)
"""Cells along x, y, z of the canonical box."""

OPAQUE = 0.004
"""Transmittance at which a ray ends: half of one grey level."""


@dataclass(frozen=True, slots=True)
class Rays:
    """Rays of a few frames.

    Attributes:
        pixels: float32 (n, 2), reference px.
        frame: int32 (n,), ascending, which frame of the batch each belongs to.
        rotation: float32 (F, 3, 3).
        translation: float32 (F, 3), x, y in reference px, log scale.
        warp: float32 (F, NODES, NODES, 3).
    """

    pixels: NDArray[np.float32]
    frame: NDArray[np.int32]
    rotation: NDArray[np.float32]
    translation: NDArray[np.float32]
    warp: NDArray[np.float32]


@numba.njit(inline="always", **JIT)
def _warped(x, y, z, warp):  # type: ignore[no-untyped-def]
    """Deformed canonical point to its place at rest."""
    gx = (x - np.float32(BOX_LOW[0])) * np.float32((NODES - 1) / (BOX_HIGH[0] - BOX_LOW[0]))
    gy = (y - np.float32(BOX_LOW[1])) * np.float32((NODES - 1) / (BOX_HIGH[1] - BOX_LOW[1]))
    gx = min(max(gx, np.float32(0.0)), np.float32(NODES - 1.001))
    gy = min(max(gy, np.float32(0.0)), np.float32(NODES - 1.001))
    i, j = np.int32(gx), np.int32(gy)
    fx, fy = gx - i, gy - j
    w00 = (np.float32(1) - fx) * (np.float32(1) - fy)
    w10 = fx * (np.float32(1) - fy)
    w01 = (np.float32(1) - fx) * fy
    w11 = fx * fy
    dx = w00 * warp[j, i, 0] + w10 * warp[j, i + 1, 0] + w01 * warp[j + 1, i, 0] + w11 * warp[j + 1, i + 1, 0]
    dy = w00 * warp[j, i, 1] + w10 * warp[j, i + 1, 1] + w01 * warp[j + 1, i, 1] + w11 * warp[j + 1, i + 1, 1]
    dz = w00 * warp[j, i, 2] + w10 * warp[j, i + 1, 2] + w01 * warp[j + 1, i, 2] + w11 * warp[j + 1, i + 1, 2]
    return x - dx, y - dy, z - dz


@numba.njit(inline="always", **JIT)
def _ray(u, v, rotation, translation):  # type: ignore[no-untyped-def]
    """Origin of a pixel's ray where it enters the box's near plane, and its direction per unit of length.

    The direction is the third column of the rotation: the picture's depth axis in canonical space.
    """
    inverse = np.exp(-translation[2])
    a = (u - translation[0]) * inverse
    b = (v - translation[1]) * inverse
    ox = a * rotation[0, 0] + b * rotation[0, 1]
    oy = a * rotation[1, 0] + b * rotation[1, 1]
    oz = a * rotation[2, 0] + b * rotation[2, 1]
    dx, dy, dz = rotation[0, 2], rotation[1, 2], max(rotation[2, 2], np.float32(0.2))
    near = (np.float32(BOX_LOW[2]) - oz) / dz
    far = (np.float32(BOX_HIGH[2]) - oz) / dz
    return ox, oy, oz, dx, dy, dz, near, far


@numba.njit(inline="always", **JIT)
def _inside(x, y, z):  # type: ignore[no-untyped-def]
    return BOX_LOW[0] <= x < BOX_HIGH[0] and BOX_LOW[1] <= y < BOX_HIGH[1] and BOX_LOW[2] <= z < BOX_HIGH[2]


@numba.njit(parallel=True, **JIT)
def _sample(pixels, frame, rotation, translation, warp, occupancy, jitter, out, count):  # type: ignore[no-untyped-def]
    nx, ny, nz = occupancy.shape
    kx = np.float32(nx / (BOX_HIGH[0] - BOX_LOW[0]))
    ky = np.float32(ny / (BOX_HIGH[1] - BOX_LOW[1]))
    kz = np.float32(nz / (BOX_HIGH[2] - BOX_LOW[2]))
    for n in numba.prange(pixels.shape[0]):
        f = frame[n]
        ox, oy, oz, dx, dy, dz, near, far = _ray(pixels[n, 0], pixels[n, 1], rotation[f], translation[f])
        found = 0
        passed = np.float32(0.0)
        t = near + jitter[n] * np.float32(STEP)
        while t < far and found < MOST_SAMPLES:
            px, py, pz = ox + t * dx, oy + t * dy, oz + t * dz
            t += np.float32(STEP)
            if not _inside(px, py, pz):
                continue
            x, y, z = _warped(px, py, pz, warp[f])
            if not _inside(x, y, z):
                continue
            i = np.int32((x - np.float32(BOX_LOW[0])) * kx)
            j = np.int32((y - np.float32(BOX_LOW[1])) * ky)
            k = np.int32((z - np.float32(BOX_LOW[2])) * kz)
            if occupancy[i, j, k] > 0.0:
                out[n, found, 0] = x
                out[n, found, 1] = y
                out[n, found, 2] = z
                found += 1
                passed += occupancy[i, j, k]
                if passed > np.float32(HIDDEN_DEPTH):
                    break
        count[n] = found


@dataclass(frozen=True, slots=True)
class Samples:
    """Samples of a batch of rays, ray after ray and from near to far.

    Attributes:
        points: float32 (m, 3), canonical points at rest.
        ray: int64 (m,), ascending.
        start: int64 (n,), each ray's first sample.
    """

    points: NDArray[np.float32]
    ray: NDArray[np.int64]
    start: NDArray[np.int64]


def sample_rays(rays: Rays, occupancy: NDArray[np.float32], jitter: NDArray[np.float32]) -> Samples:
    """Samples of rays where the occupancy grid is set.

    Args:
        rays: n rays.
        occupancy: float32 `OCCUPANCY_SHAPE`, optical depth of a step there; zero where nothing is.
        jitter: float32 (n,) in [0, 1), each ray's first step.

    Returns:
        the samples, at most `MOST_SAMPLES` a ray.
    """
    n = len(rays.pixels)
    out = np.empty((n, MOST_SAMPLES, 3), np.float32)
    count = np.empty(n, np.int64)
    _sample(rays.pixels, rays.frame, rays.rotation, rays.translation, rays.warp, occupancy, jitter, out, count)
    keep = np.arange(MOST_SAMPLES)[None] < count[:, None]
    return Samples(out[keep], np.repeat(np.arange(n), count), np.cumsum(count) - count)


def composite(sigma: Tensor, colour: Tensor, samples_ray: Tensor, start: Tensor, rays: int) -> tuple[Tensor, Tensor]:
    """Volume rendering (Li et al. 2024, equation 2) of samples that lie `STEP` apart.

    Args:
        sigma: float32 (m,), densities.
        colour: float32 (m, 3).
        samples_ray: int64 (m,), each sample's ray.
        start: int64 (n,), each ray's first sample.
        rays: n.

    Returns:
        colour (n, 3), already multiplied by coverage, and coverage (n,).
    """
    optical = sigma * STEP
    total = torch.cumsum(optical, 0) - optical
    base = torch.cat([total, total.new_zeros(1)])[start.clamp(max=len(total))]
    weight = torch.exp(-(total - base[samples_ray])) * (1.0 - torch.exp(-optical))
    picture = weight.new_zeros(rays, 3).index_add(0, samples_ray, weight[:, None] * colour)
    return picture, weight.new_zeros(rays).index_add(0, samples_ray, weight)
