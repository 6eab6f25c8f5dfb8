"""A person's radiance field: everything a receiver needs to render one code, and its place in an identity file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from codec.types import CODE_SIZE, POSE_SIZE, FaceCode
from models.field.conditioning import Conditioner
from models.field.freeform import Freeform
from models.field.head import HeadField
from models.field.march import BAKED_SHAPE
from models.field.motion import PersonalMotion, at_nodes
from models.field.sheets import TORSO
from models.field.tints import Tints
from models.field.torso import COVERS, IN_FRONT, TorsoField
from models.field.warp import LANDMARK_DIMS, WarpBasis, mix
from models.tracking.morphable import MorphableModel
from models.tracking.rotation import from_vector
from models.tracking.silhouette import SilhouetteModel, directions
from models.tracking.torso import TorsoModel

TABLE_LEVELS = 15
"""Hash tables and feature planes are stored in 5 bits per number, a scale per 8 entries: 0.01 dB lost against 8 bits on
unseen frames of a studio clip, and 2.2 MB to send in the place of 3.1."""

DENSITY_LEVELS = 255
DENSITY_MOST = 120.0
"""Density is stored as round(255 * (sigma / 120) ** 0.5): 120 is opaque within one step, and low densities (hair)
keep finer steps."""

OUTLINE_TAPER = 6
"""Outline directions at either end, below the ears, over which its pull on the warp fades: hair tips, ears and
shoulders take turns there, and the radius jumps between them."""

LATER = ("head.planes.", "conditioner.blend.", "torso.front.")
"""Parameters that identities of the first form lack: theirs are zero."""

TORSO_BLOCK = 64
"""Cells per axis of the torso's coverage map: where its field need not be asked."""


@dataclass(frozen=True, slots=True)
class FrameWeights:
    """What one frame's code makes of the fields.

    Attributes:
        rotation: float32 (3, 3).
        translation: float32 (3,), x, y in reference px, log scale.
        warp: float32 (NODES, NODES, 3).
        flow: float32 (64, 64, 2), torso flow in reference px.
        rows: float32 (5, 64), first-layer rows of the head's gates.
        second: float32 (64,), second-layer bias of the head.
        torso: float32 (64,), first-layer bias of the torso.
        planes: float32 (N, 8), the head's feature planes as `BlendedPlanes.blend` has them.
    """

    rotation: NDArray[np.float32]
    translation: NDArray[np.float32]
    warp: NDArray[np.float32]
    flow: NDArray[np.float32]
    rows: NDArray[np.float32]
    second: NDArray[np.float32]
    torso: NDArray[np.float32]
    planes: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FreeParts:
    """Where each kind of free-form number lies in a frame's.

    Attributes:
        bends: displacements of the head's surface.
        tints: changes of its colours.
        folds: displacements of the torso.
    """

    bends: slice
    tints: slice
    folds: slice

    @property
    def size(self) -> int:
        """How many numbers they are."""
        return int(self.folds.stop)


class Avatar(nn.Module):
    """Head field, torso field, conditioner, warp and background of one person.

    Attributes:
        basis: the warp's control points.
        motion: what the person's surface does beyond them, told by pose and code.
        freeform: what it may do beyond that.
        folds: what the torso may do beyond its numbers.
        tints: what its colours may do beyond what pose and code tell.
        torso_basis: float32 (20, 64, 64, 2), torso flow per unit of the torso numbers.
        plate: uint8 (H, W, 3), static background.
        density: float32 `BAKED_SHAPE`, or None while it is still learned.
        torso_map: uint8 (64, 64) over the torso's coordinates, `COVERS` and `IN_FRONT` where it may.
    """

    def __init__(self, basis: WarpBasis, torso_basis: NDArray[np.float32], plate: NDArray[np.uint8]) -> None:
        super().__init__()
        self.head = HeadField()
        self.torso = TorsoField()
        self.conditioner = Conditioner()
        self.basis = basis
        self.motion = PersonalMotion.from_arrays({})
        self.freeform = Freeform.none()
        self.tints = Tints.none()
        self.folds = Freeform.none(0, TORSO)
        self.torso_basis = torso_basis
        self.plate = plate
        self.density: NDArray[np.float32] | None = None
        self.torso_map = np.full((TORSO_BLOCK, TORSO_BLOCK), COVERS | IN_FRONT, np.uint8)

    @property
    def free_size(self) -> int:
        """How many free-form numbers a frame has."""
        return self.free_parts.size

    @property
    def free_parts(self) -> FreeParts:
        """Where in a frame's free-form numbers each kind lies."""
        bends = self.freeform.size
        tints = bends + self.tints.size
        return FreeParts(slice(0, bends), slice(bends, tints), slice(tints, tints + self.folds.size))

    def warp(self, code: FaceCode) -> NDArray[np.float32]:
        """A code's warp: float32 (NODES, NODES, 3), see `WarpBasis`."""
        grid = self.basis.displacement(code.z)
        bent = self.freeform.displacement(code.freeform[self.free_parts.bends])
        grid[..., :2] += at_nodes(self.motion.displacement(code.pose, code.z) + bent)
        return grid

    def tint(self, code: FaceCode) -> NDArray[np.float32]:
        """What a code's tints add to the blend of the feature planes: float32 (PLANES, BASES)."""
        return self.tints.change(code.freeform[self.free_parts.tints])

    def flow(self, code: FaceCode) -> NDArray[np.float32]:
        """A code's torso flow: float32 (64, 64, 2), reference px."""
        return mix(code.torso, self.torso_basis) + self.folds.displacement(code.freeform[self.free_parts.folds])

    def flow_modes(self) -> NDArray[np.float32]:
        """How that changes with the torso numbers, then with the folds: float32 (20 + folds, 64, 64, 2)."""
        return np.concatenate([self.torso_basis, self.folds.modes])

    def warp_modes(self) -> NDArray[np.float32]:
        """How the warp changes with the code's leading numbers, near rest: float32 (NODES, NODES, 3, 26)."""
        return self.basis.modes() + self.motion.warp_modes()

    @torch.no_grad()
    def weights(self, code: FaceCode, coloured_as: FaceCode | None = None) -> FrameWeights:
        """Runs the per-frame networks and rebuilds warp and flow.

        Args:
            code: the frame's dequantised code.
            coloured_as: the code whose colours it has; its own when None.

        Returns:
            the frame's weights, as numpy arrays.
        """
        device = self.conditioner.constraint.device
        coloured = coloured_as or code
        batch = [
            torch.from_numpy(np.ascontiguousarray(v, np.float32))[None].to(device)
            for v in (coloured.z, coloured.pose, coloured.torso)
        ]
        rows, second, torso, blend = (t[0].cpu().numpy() for t in self.conditioner(*batch))
        return FrameWeights(
            rotation=from_vector(code.pose[:3]),
            translation=np.ascontiguousarray(code.pose[3:], np.float32),
            warp=self.warp(code),
            flow=self.flow(code),
            rows=rows,
            second=second,
            torso=torso,
            planes=self.head.planes.of_frame(blend + self.tint(coloured)),
        )

    def to_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Arrays for an identity file; needs baked density."""
        if self.density is None:
            raise ValueError("an avatar is stored once its density is baked")
        arrays: dict[str, NDArray[np.generic]] = {
            "field.torso_map": self.torso_map,
            "field.plate": self.plate,
            "field.density": quantise_density(self.density),
            **self.motion.to_arrays(),
            **self.freeform.to_arrays(),
            **self.tints.to_arrays(),
            **self.folds.to_arrays(),
        }
        for name, value in self.state_dict().items():
            array = value.detach().cpu().numpy()
            if _is_table(name):
                stored, scale = quantise_table(array)
                arrays[f"field.{name}"], arrays[f"field.{name}.scale"] = stored, scale
            else:
                arrays[f"field.{name}"] = array.astype(np.float16 if array.ndim == 2 else np.float32)
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Avatar:
        """Rebuilds an avatar from an identity file's arrays.

        Raises:
            ValueError: an array is missing, or its shape or type is not this version's.
        """
        tracking = dict(arrays)
        torso = TorsoModel.from_arrays(tracking)
        plate = _typed(arrays, "field.plate", (None, None, 3), np.uint8)
        avatar = cls(
            warp_basis(MorphableModel.from_arrays(tracking), SilhouetteModel.from_arrays(tracking)), torso.basis, plate
        )
        avatar.motion = PersonalMotion.from_arrays(tracking)
        avatar.freeform = Freeform.from_arrays(tracking)
        avatar.tints = Tints.from_arrays(tracking)
        avatar.folds = Freeform.from_arrays(tracking, TORSO)
        avatar.torso_map = _typed(arrays, "field.torso_map", (TORSO_BLOCK, TORSO_BLOCK), np.uint8)
        avatar.density = restore_density(_typed(arrays, "field.density", BAKED_SHAPE, np.uint8))
        state = {}
        for name, value in avatar.state_dict().items():
            shape = tuple(value.shape)
            if f"field.{name}" not in arrays and name.startswith(LATER):
                array = np.zeros(shape, np.float32)
            elif _is_table(name):
                stored = _typed(arrays, f"field.{name}", shape, np.int8)
                scale = _float(arrays, f"field.{name}.scale", (shape[0] // 8, 1))
                array = restore_table(stored, scale)
            else:
                array = _float(arrays, f"field.{name}", shape)
            state[name] = torch.from_numpy(np.array(array))
        avatar.load_state_dict(state)
        return avatar


def warp_basis(morphable: MorphableModel, silhouette: SilhouetteModel) -> WarpBasis:
    """The warp's control points from the models that the tracker uses."""
    angle = directions()
    towards = np.stack([np.cos(angle), np.sin(angle)], 1)
    from_end = np.minimum(np.arange(len(angle)), np.arange(len(angle))[::-1])
    taper = np.clip((from_end + 0.5) / OUTLINE_TAPER, 0.0, 1.0)
    outline_basis = (
        silhouette.deviation[:, None, None] * silhouette.basis[:, :, None] * (taper[:, None] * towards)[None]
    )
    basis = morphable.deviation[:LANDMARK_DIMS, None, None] * morphable.basis[:LANDMARK_DIMS]
    return WarpBasis(
        np.ascontiguousarray(morphable.mean, np.float32),
        np.ascontiguousarray(basis, np.float32),
        np.ascontiguousarray(silhouette.mean[:, None] * towards, np.float32),
        np.ascontiguousarray(outline_basis, np.float32),
    )


def _is_table(name: str) -> bool:
    return name.endswith("grid.table") or name.startswith("head.planes.")


def quantise_table(table: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Five bits per number, a scale per 8 entries (lengths are multiples of 8): (n, c) to int8 and (n / 8, 1)."""
    blocks = table.reshape(len(table) // 8, -1)
    scale = (np.abs(blocks).max(1, keepdims=True) / TABLE_LEVELS + 1e-7).astype(np.float16)
    stored = np.clip(np.round(blocks / scale.astype(np.float32)), -TABLE_LEVELS, TABLE_LEVELS).astype(np.int8)
    return stored.reshape(table.shape), scale


def restore_table(stored: NDArray[np.int8], scale: NDArray[np.float32]) -> NDArray[np.float32]:
    """Inverse of `quantise_table`."""
    blocks = stored.reshape(len(scale), -1).astype(np.float32) * scale
    return np.ascontiguousarray(blocks.reshape(stored.shape), np.float32)


def quantise_density(density: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Density per canonical unit to 8 bits on a square-root scale."""
    root = np.sqrt(np.clip(density / DENSITY_MOST, 0.0, 1.0))
    return np.round(root * DENSITY_LEVELS).astype(np.uint8)


def restore_density(stored: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Inverse of `quantise_density`."""
    root = stored.astype(np.float32) / DENSITY_LEVELS
    return np.ascontiguousarray(root * root * DENSITY_MOST, np.float32)


def _checked(
    arrays: Mapping[str, NDArray[np.generic]], name: str, shape: tuple[int | None, ...]
) -> NDArray[np.generic]:
    if name not in arrays:
        raise ValueError(f"identity: {name} is missing")
    array = arrays[name]
    if array.ndim != len(shape) or any(s is not None and s != n for s, n in zip(shape, array.shape, strict=True)):
        raise ValueError(f"identity: {name} has shape {array.shape}, expected {shape}")
    if array.size == 0:
        raise ValueError(f"identity: {name} is empty")
    return array


def _typed(arrays: Mapping[str, NDArray[np.generic]], name: str, shape: tuple[int | None, ...], dtype: type) -> NDArray:
    array = _checked(arrays, name, shape)
    if array.dtype != dtype:
        raise ValueError(f"identity: {name} is {array.dtype}, expected {np.dtype(dtype)}")
    return np.array(array)


def _float(arrays: Mapping[str, NDArray[np.generic]], name: str, shape: tuple[int | None, ...]) -> NDArray[np.float32]:
    array = _checked(arrays, name, shape).astype(np.float32)
    if not np.isfinite(array).all():
        raise ValueError(f"identity: {name} holds a number that is not finite")
    return np.ascontiguousarray(array)


assert CODE_SIZE >= LANDMARK_DIMS
assert POSE_SIZE == 6
