"""Reads an expression basis that a user holds (BFM, FaceWarehouse, FLAME and their like) for the personal model.

None may be redistributed, so none is here. The file is an npz of plain arrays, named as by the usual conversions:

- the mean shape: ``mean``, ``meanshape`` or ``shapeMU``, N x 3 numbers of any shape;
- the expression directions: ``basis`` (K, N, 3), or ``exBase`` or ``expPC``, (3 N, K);
- ``landmarks``, 478 vertex numbers: the vertex at each MediaPipe point (not needed when N is 478);
- ``y_up``, optional: 1 when y points up and z to the camera as in BFM; without it, so when the mean is not ``mean``.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from models.tracking.alignment import procrustes
from models.tracking.arrays import Floats
from models.tracking.landmarks import LANDMARK_COUNT

_MOST_BYTES = 1 << 30
"""Of one array: the full BFM with 199 + 100 directions of 53490 vertices takes 380 MB in float64."""
_MOST_DIRECTIONS = 512
_MEAN_NAMES = ("mean", "meanshape", "shapeMU")
_BASIS_NAMES = ("basis", "exBase", "expPC")


@dataclass(frozen=True, slots=True)
class ExpressionBasis:
    """Expression directions at MediaPipe's points, in the file's own units and canonical axes.

    Attributes:
        mean: float64 (478, 3).
        directions: float64 (K, 478, 3).
    """

    mean: NDArray[np.float64]
    directions: NDArray[np.float64]


def load_basis(path: Path) -> ExpressionBasis:
    """Read a basis file.

    Raises:
        ValueError: one line on what is wrong with the file.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = {Path(entry).stem: entry for entry in archive.namelist()}
            mean_name = next((name for name in _MEAN_NAMES if name in names), None)
            basis_name = next((name for name in _BASIS_NAMES if name in names), None)
            if mean_name is None or basis_name is None:
                raise ValueError(f"{path} holds no mean shape and expression basis (has: {', '.join(sorted(names))})")
            mean = _read(archive, names[mean_name]).astype(np.float64).reshape(-1)
            basis = _read(archive, names[basis_name]).astype(np.float64)
            chosen = _read(archive, names["landmarks"]) if "landmarks" in names else None
            up = bool(_read(archive, names["y_up"]).ravel()[:1].any()) if "y_up" in names else mean_name != "mean"
    except (OSError, zipfile.BadZipFile, EOFError) as error:
        raise ValueError(f"{path} is no readable npz file: {error}") from error
    return _arrange(mean, basis, chosen, up, path)


def _read(archive: zipfile.ZipFile, entry: str) -> NDArray[Any]:
    """Read one array after checking what its header declares."""
    with archive.open(entry) as stream:
        version = npy.read_magic(stream)
        reader = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, dtype = reader(stream)
        size = int(np.prod(shape, dtype=np.float64)) * dtype.itemsize
        if dtype.kind not in "fiub" or size > _MOST_BYTES or size > archive.getinfo(entry).file_size:
            raise ValueError(f"{entry} declares {dtype} {shape}, which is not plain numbers of a sane size")
    with archive.open(entry) as stream:
        return np.asarray(npy.read_array(stream, allow_pickle=False))


def _arrange(
    mean: NDArray[np.float64], basis: NDArray[np.float64], chosen: NDArray[Any] | None, up: bool, path: Path
) -> ExpressionBasis:
    vertices = mean.size // 3
    if mean.size % 3 or vertices < LANDMARK_COUNT:
        raise ValueError(f"{path}: a mean shape of {mean.size} numbers is not {LANDMARK_COUNT} or more vertices")
    if basis.ndim == 2:
        basis = basis.T
    if basis.size % mean.size or basis.size == 0 or not 1 <= len(basis) == basis.size // mean.size <= _MOST_DIRECTIONS:
        raise ValueError(f"{path}: a basis of shape {basis.shape} does not fit {vertices} vertices")
    if chosen is None and vertices != LANDMARK_COUNT:
        raise ValueError(f"{path}: 'landmarks' must tell which of its {vertices} vertices MediaPipe's points are")
    index = np.arange(LANDMARK_COUNT) if chosen is None else chosen.ravel()
    whole = index.shape == (LANDMARK_COUNT,) and index.dtype.kind in "iu"
    if not whole or not 0 <= index.min() <= index.max() < vertices:
        raise ValueError(f"{path}: 'landmarks' must be {LANDMARK_COUNT} vertex numbers below {vertices}")
    axes = np.array([1.0, -1.0, -1.0]) if up else np.ones(3)
    points = mean.reshape(-1, 3)[index] * axes
    directions = basis.reshape(len(basis), -1, 3)[:, index] * axes
    if not (np.isfinite(points).all() and np.isfinite(directions).all()):
        raise ValueError(f"{path}: its numbers are not finite")
    return ExpressionBasis(points, directions)


def guided_directions(
    offsets: Floats, basis: ExpressionBasis, mean: Floats, weights: Floats
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find the principal directions of a person's offsets within the span of a basis file.

    Args:
        offsets: (T, 478, 3), canonical.
        basis: the file's.
        mean: (478, 3), the person's mean face, onto which the file's is turned and scaled.
        weights: (478,), how much each vertex counts.

    Returns:
        Directions (K, 478, 3), orthonormal under the weights, largest first, and the offsets that lie outside the span.
    """
    pose = procrustes(np.asarray(mean)[None], basis.mean)
    turned = pose.scale[0] * (basis.directions @ pose.rotation[0])
    root = np.repeat(np.sqrt(weights), 3)
    _, sizes, span = np.linalg.svd(turned.reshape(len(turned), -1) * root, full_matrices=False)
    span = span[sizes > 1e-6 * sizes[0]]
    rows = offsets.reshape(len(offsets), -1) * root
    inside = rows @ span.T
    _, mixture = np.linalg.eigh(inside.T @ inside)
    directions = (mixture[:, ::-1].T @ span) / root
    outside = (rows - inside @ span) / root
    return directions.reshape(-1, *offsets.shape[1:]), outside.reshape(offsets.shape)
