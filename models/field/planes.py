"""Feature planes that the expression blends: what of a face's look changes with what it does.

A face of a clip is nearly the same head in every frame; teeth, lids, wrinkles and the light on a cheek come and go with
the expression. One set of colours, bent by a few columns of a network, follows them only roughly. So planes over the
face, whole head and finer ones at mouth and eyes, hold a few bases each; a frame's code blends them once (as blended
hash tables do: Gao et al. 2022, "Reconstructing Personalized Semantic Facial NeRF Models from Monocular Video"), and a
point of the surface adds what lies at its place to the features of the finest levels of the hash grid.
"""

from __future__ import annotations

from itertools import pairwise

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.kernel_cache import JIT

BASES = 12
"""Per plane; 24 at mouth and eyes were no better on unseen frames of a studio clip."""

PLANE_FEATURES = 8
FIRST_FEATURE = 24
"""Eight numbers per vertex are added to the last eight of the hash grid's 32: 16 gained 0.1 dB at mouth and eyes for
twice the bytes."""

HEAD_CENTRE = (0.0, -0.5)
REACH = ((2.2, 2.4), (0.6, 0.5), (0.42, 0.34), (0.42, 0.34))
"""Half width and height of head, mouth, right and left eye, canonical units."""

VERTICES = ((88, 96), (48, 40), (42, 34), (42, 34))
"""Across and down: 0.05 units apart on the head, half of that at mouth and eyes."""

PLANES = len(VERTICES)
STARTS = np.cumsum([0, *(wide * high for wide, high in VERTICES)])
"""First vertex of each plane where all lie one after the other, and their number."""

WIDE, HIGH = (tuple(shape[axis] for shape in VERTICES) for axis in (0, 1))
FIRST = tuple(int(start) for start in STARTS[:-1])
SCALE_X, SCALE_Y = (
    tuple((shape[axis] - 1) / (2.0 * reach[axis]) for shape, reach in zip(VERTICES, REACH, strict=True))
    for axis in (0, 1)
)
"""Tuples, not arrays: numba does not cache kernels that read global arrays."""


def plane_centres(feature_centres: NDArray[np.float32]) -> NDArray[np.float32]:
    """Middle of each plane, float32 (4, 2), from mouth and eyes (3, 3) in canonical space."""
    return np.concatenate([np.array([HEAD_CENTRE], np.float32), feature_centres[:, :2]]).astype(np.float32)


class BlendedPlanes(nn.Module):
    """The planes' bases."""

    def __init__(self) -> None:
        super().__init__()
        self.tables = nn.ParameterList(
            [nn.Parameter(1e-3 * torch.randn(BASES * wide * high, PLANE_FEATURES)) for wide, high in VERTICES]
        )

    def blend(self, weights: Tensor) -> Tensor:
        """The planes of some frames.

        Args:
            weights: float32 (F, 4, BASES), from the conditioner.

        Returns:
            float32 (F, `STARTS[-1]`, 8), plane after plane, row after row.
        """
        parts = [weights[:, plane] @ table.view(BASES, -1) for plane, table in enumerate(self.tables)]
        return torch.cat(parts, 1).view(len(weights), -1, PLANE_FEATURES)

    @torch.no_grad()
    def of_frame(self, weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """`blend` of one frame, for those who render.

        On the CPU without torch: it would wake its pool of threads, and where other work holds the cores each frame
        would wait 30 ms for them.

        Args:
            weights: float32 (4, BASES).

        Returns:
            float32 (`STARTS[-1]`, 8).
        """
        device = self.tables[0].device
        if device.type != "cpu":
            return np.asarray(self.blend(torch.from_numpy(weights).to(device)[None])[0].cpu().numpy())
        blended = np.empty((int(STARTS[-1]), PLANE_FEATURES), np.float32)
        for table, own, (start, end) in zip(self.tables, weights, pairwise(STARTS), strict=True):
            _mix_bases(table.detach().numpy().reshape(BASES, -1), own, blended[start:end].reshape(-1))
        return blended

    def by_vertex(self) -> NDArray[np.float32]:
        """All bases, float32 (`STARTS[-1]`, 8, BASES), plane after plane, for `base_values`."""
        parts = [table.detach().cpu().view(BASES, -1, PLANE_FEATURES) for table in self.tables]
        return np.ascontiguousarray(torch.cat(parts, 1).permute(1, 2, 0).numpy())


def add_planes(features: Tensor, points: Tensor, frame: Tensor, blended: Tensor, centres: Tensor) -> Tensor:
    """Adds to hash features what the planes hold at the points.

    Args:
        features: float32 (n, 32).
        points: float32 (n, 3), canonical; they carry no gradient.
        frame: int64 (n,), in [0, F).
        blended: float32 (F, N, 8), from `BlendedPlanes.blend`.
        centres: float32 (4, 2), from `plane_centres`.

    Returns:
        float32 (n, 32).
    """
    if features.device.type == "cpu":
        added: Tensor = _CpuAdd.apply(features, points, frame, blended, centres)
        return added
    return add_planes_reference(features, points, frame, blended, centres)


def add_planes_reference(features: Tensor, points: Tensor, frame: Tensor, blended: Tensor, centres: Tensor) -> Tensor:
    """`add_planes` in plain torch: the specification that kernels are held against.

    Values are bilinear, and fall to zero over the outermost cell, so that a plane's border does not show.
    """
    total = torch.zeros(len(points), PLANE_FEATURES, device=points.device)
    for plane, (start, _) in enumerate(pairwise(STARTS.tolist())):
        wide, high = VERTICES[plane]
        last = torch.tensor([wide - 1, high - 1], device=points.device)
        scale = torch.tensor([SCALE_X[plane], SCALE_Y[plane]], device=points.device)
        at = (points[:, :2] - centres[plane]) * scale + 0.5 * last
        edge = torch.minimum(at, last - at).amin(1)
        at = torch.minimum(at.clamp(min=0.0), last - 1e-3)
        cell = at.long()
        (fx, fy), (i, j) = (at - cell).T[..., None], cell.T
        vertex = start + j * wide + i
        top = blended[frame, vertex] * (1 - fx) + blended[frame, vertex + 1] * fx
        low = blended[frame, vertex + wide] * (1 - fx) + blended[frame, vertex + wide + 1] * fx
        total = total + edge.clamp(0.0, 1.0)[:, None] * (top * (1 - fy) + low * fy)
    return features + nn.functional.pad(total, (FIRST_FEATURE, 0))


class _CpuAdd(torch.autograd.Function):
    """`add_planes` and its gradient in compiled kernels."""

    @staticmethod
    def forward(
        ctx: torch.autograd.function.FunctionCtx,
        features: Tensor,
        points: Tensor,
        frame: Tensor,
        blended: Tensor,
        centres: Tensor,
    ) -> Tensor:
        place, of, middle = (np.ascontiguousarray(t.detach().numpy()) for t in (points, frame, centres))
        out = features.detach().numpy().copy()
        _add(place, of, blended.detach().numpy(), middle, out)
        ctx.place, ctx.of, ctx.middle, ctx.shape = place, of, middle, blended.shape  # type: ignore[attr-defined]
        return torch.from_numpy(out)

    @staticmethod
    def backward(
        ctx: torch.autograd.function.FunctionCtx, *grad_outputs: Tensor
    ) -> tuple[Tensor, None, None, Tensor, None]:
        place, of, middle, shape = ctx.place, ctx.of, ctx.middle, ctx.shape  # type: ignore[attr-defined]
        blended = np.zeros(tuple(shape), np.float32)
        _scatter(place, of, np.ascontiguousarray(grad_outputs[0].numpy(), np.float32), middle, blended)
        return grad_outputs[0], None, None, torch.from_numpy(blended), None


@numba.njit(**JIT)
def _mix_bases(bases, weights, mixed):  # type: ignore[no-untyped-def]
    """mixed (n,) = weights (BASES,) @ bases (BASES, n): one pass, as reading them is all that takes time."""
    for n in range(bases.shape[1]):
        total = np.float32(0.0)
        for base in range(BASES):
            total += weights[base] * bases[base, n]
        mixed[n] = total


@numba.njit(inline="always", **JIT)
def corners_in_plane(x, y, centres, plane):  # type: ignore[no-untyped-def]
    """The vertex left of and above a point, -1 outside of the plane, and the weights of it and its three neighbours.

    These are the one to its right, the one below, and the one below that one's right.
    """
    zero, one = np.float32(0.0), np.float32(1.0)
    last_x, last_y = np.float32(WIDE[plane] - 1), np.float32(HIGH[plane] - 1)
    gx = (x - centres[plane, 0]) * np.float32(SCALE_X[plane]) + np.float32(0.5) * last_x
    gy = (y - centres[plane, 1]) * np.float32(SCALE_Y[plane]) + np.float32(0.5) * last_y
    edge = min(min(gx, last_x - gx), min(gy, last_y - gy))
    if not edge > zero:
        return np.int64(-1), zero, zero, zero, zero
    i, j = np.int64(gx), np.int64(gy)
    fx, fy = gx - np.float32(i), gy - np.float32(j)
    share = min(edge, one)
    top, low = share * (one - fy), share * fy
    return FIRST[plane] + j * WIDE[plane] + i, (one - fx) * top, fx * top, (one - fx) * low, fx * low


@numba.njit(parallel=True, **JIT)
def _add(points, frame, blended, centres, out):  # type: ignore[no-untyped-def]
    for n in numba.prange(points.shape[0]):
        for plane in range(PLANES):
            vertex, a, b, c, d = corners_in_plane(points[n, 0], points[n, 1], centres, plane)
            if vertex < 0:
                continue
            below = vertex + WIDE[plane]
            for k in range(PLANE_FEATURES):
                out[n, FIRST_FEATURE + k] += (
                    a * blended[frame[n], vertex, k] + b * blended[frame[n], vertex + 1, k]
                    + c * blended[frame[n], below, k] + d * blended[frame[n], below + 1, k]
                )  # fmt: skip


@numba.njit(parallel=True, **JIT)
def _scatter(points, frame, gradient, centres, blended):  # type: ignore[no-untyped-def]
    """Gradient of `_add` with respect to the planes: a frame per thread, so that no two write to one vertex."""
    for f in numba.prange(blended.shape[0]):
        for n in range(points.shape[0]):
            if frame[n] != f:
                continue
            for plane in range(PLANES):
                vertex, a, b, c, d = corners_in_plane(points[n, 0], points[n, 1], centres, plane)
                if vertex < 0:
                    continue
                below = vertex + WIDE[plane]
                for k in range(PLANE_FEATURES):
                    g = gradient[n, FIRST_FEATURE + k]
                    blended[f, vertex, k] += a * g
                    blended[f, vertex + 1, k] += b * g
                    blended[f, below, k] += c * g
                    blended[f, below + 1, k] += d * g


def base_values(
    points: NDArray[np.float32], tables: NDArray[np.float32], centres: NDArray[np.float32]
) -> NDArray[np.float32]:
    """What each base of each plane holds at the points.

    Args:
        points: float32 (n, 3), canonical.
        tables: from `BlendedPlanes.by_vertex`.
        centres: from `plane_centres`.

    Returns:
        float32 (n, 8, PLANES * BASES).
    """
    out = np.zeros((len(points), PLANE_FEATURES, PLANES * BASES), np.float32)
    _base_values(np.ascontiguousarray(points), tables, centres, out)
    return out


@numba.njit(parallel=True, **JIT)
def _base_values(points, tables, centres, out):  # type: ignore[no-untyped-def]
    for n in numba.prange(points.shape[0]):
        for plane in range(PLANES):
            vertex, a, b, c, d = corners_in_plane(points[n, 0], points[n, 1], centres, plane)
            if vertex < 0:
                continue
            below = vertex + WIDE[plane]
            for k in range(PLANE_FEATURES):
                for base in range(BASES):
                    out[n, k, plane * BASES + base] = (
                        a * tables[vertex, k, base] + b * tables[vertex + 1, k, base]
                        + c * tables[below, k, base] + d * tables[below + 1, k, base]
                    )  # fmt: skip
