"""Personal tables of the face codec, which travel in the identity. Format: BITSTREAM.md, "Personal tables"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codec.layout import Layout
from codec.predict import CLASS_BITS, COEFFICIENT_BITS, DISTANCES, TRAINED_AT, Prediction
from codec.quantise import LIMIT, step_numbers, unmixing_of
from codec.transform import (
    BASIS_ROWS,
    ORDER_ROWS,
    generic_basis,
    generic_order_scale,
    split_basis,
    split_order_scale,
)

_ONE = 1 << COEFFICIENT_BITS
_STEP_RANGE = (1e-6, 1e6)


@dataclass(frozen=True, slots=True)
class FaceTables:
    """What encoder and decoder of one person share; it travels in the identity under ``codec.*``.

    Attributes:
        layout: sizes of the groups.
        steps: float32 (N,), quantiser steps in the numbers' own units.
        centre: int32 (N,), fixed-point numbers that key frames are predicted from.
        key_scale: int16 (N,), scales of key-frame residuals, 1/1024 octaves above class 0.
        velocity: int16 (7, N), per distance class, coefficient of the reference's velocity, times 2^12.
        scale: int16 (7, N), scales of residuals, 1/1024 octaves above class 0.
        basis: int16 (54, N), temporal functions for 2 to 5 frames, times 2^14.
        order_scale: int16 (14, N), scales of each of them.
        mixing: int16 (N, N), how components make the numbers, or None where each number is coded as it is.
    """

    layout: Layout
    steps: NDArray[np.float32]
    centre: NDArray[np.int32]
    key_scale: NDArray[np.int16]
    velocity: NDArray[np.int16]
    scale: NDArray[np.int16]
    basis: NDArray[np.int16]
    order_scale: NDArray[np.int16]
    mixing: NDArray[np.int16] | None = None

    @staticmethod
    def generic(layout: Layout | None = None, steps: NDArray[np.float32] | None = None) -> FaceTables:
        """Tables for nobody in particular: numbers that move like a speaker's at 25 frames/s.

        Args:
            layout: sizes of the groups, by default the full ones.
            steps: quantiser steps, by default :func:`default_steps`.
        """
        layout = layout or Layout()
        size = layout.size
        key_scale = np.full(size, 23 << CLASS_BITS, np.int16)
        growth = np.log2(np.asarray(TRAINED_AT)) * (2 << CLASS_BITS)  # motion grows as the root of the distance
        scale = np.tile((12 << CLASS_BITS) + growth, (size, 1)).T.astype(np.int16)
        fade = np.asarray([0.3 / distance for distance in TRAINED_AT])
        return FaceTables(
            layout,
            default_steps(layout) if steps is None else np.asarray(steps, np.float32),
            np.zeros(size, np.int32),
            key_scale,
            np.tile(np.rint(fade * _ONE), (size, 1)).T.astype(np.int16),
            scale,
            generic_basis(size),
            generic_order_scale(scale[0]),
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays to store in an identity, without the ``codec.`` in front of their names."""
        layout = np.array(self.layout.sizes, np.uint8)
        arrays = {name: getattr(self, name) for name in (*_ARRAYS, *_OPTIONAL)}
        return {"layout": layout, **{name: array for name, array in arrays.items() if array is not None}}

    @staticmethod
    def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> FaceTables:
        """The inverse of :meth:`to_arrays`, for arrays from anybody.

        Identities of before packets had several frames lack ``basis`` and ``order_scale``: they get the generic ones.
        Those of before free-form deformation tell three sizes in ``layout``.

        Raises:
            ValueError: if an array is missing, of another type or shape, or holds a value out of range.
        """
        sizes = arrays.get("layout")
        if sizes is None or sizes.dtype != np.uint8 or sizes.shape not in ((3,), (4,)):
            raise ValueError("the identity holds no layout of the face codec")
        layout = Layout(*(int(size) for size in sizes))
        found = {name: _take(arrays, name, layout.size) for name in _ARRAYS}
        found |= {name: _take(arrays, name, layout.size) for name in _OPTIONAL if name in arrays}
        if "basis" not in found or "order_scale" not in found:
            found["basis"] = generic_basis(layout.size)
            found["order_scale"] = generic_order_scale(found["scale"][0])
        tables = FaceTables(layout, **found)
        tables._check()
        return tables

    def _check(self) -> None:
        low, high = _STEP_RANGE
        if not (np.isfinite(self.steps).all() and (self.steps >= low).all() and (self.steps <= high).all()):
            raise ValueError("the identity's quantiser steps are out of range")
        if (np.abs(self.centre.astype(np.int64)) > LIMIT).any():
            raise ValueError("the identity's codec.centre is out of range")

    def unmixing(self) -> NDArray[np.float64] | None:
        """What an encoder takes numbers apart with, float64 (N, N), or None where they are coded as they are.

        Raises:
            ValueError: the mixing has no inverse.
        """
        return None if self.mixing is None else unmixing_of(self.mixing, self.steps)

    def step_numbers(self) -> NDArray[np.float64]:
        """The numbers that one step of each component makes, a component to a column, float64 (N, N)."""
        if self.mixing is None:
            return np.diag(self.steps.astype(np.float64))
        return step_numbers(self.mixing, self.steps)

    def prediction(self) -> Prediction:
        """The tables in the form that :mod:`codec.predict` works on."""
        return Prediction(
            self.centre.astype(np.int64),
            self.key_scale.tolist(),
            self.velocity.astype(np.int64),
            self.scale.astype(np.int64),
            split_basis(self.basis),
            split_order_scale(self.order_scale, self.scale[0]),
        )


# Name, type and shape of the arrays; 0 stands for the layout's size.
_ARRAYS: dict[str, tuple[type[np.generic], tuple[int, ...]]] = {
    "steps": (np.float32, (0,)),
    "centre": (np.int32, (0,)),
    "key_scale": (np.int16, (0,)),
    "velocity": (np.int16, (len(DISTANCES), 0)),
    "scale": (np.int16, (len(DISTANCES), 0)),
}
_OPTIONAL: dict[str, tuple[type[np.generic], tuple[int, ...]]] = {
    "basis": (np.int16, (BASIS_ROWS, 0)),
    "order_scale": (np.int16, (ORDER_ROWS, 0)),
    "mixing": (np.int16, (0, 0)),
}


def _take(arrays: Mapping[str, NDArray[Any]], name: str, size: int) -> NDArray[Any]:
    dtype, shape = (_ARRAYS | _OPTIONAL)[name]
    expected = tuple(length or size for length in shape)
    found = arrays.get(name)
    if found is None or found.dtype != dtype or found.shape != expected:
        raise ValueError(f"the identity's codec.{name} is missing or not {np.dtype(dtype)} {expected}")
    return found


def default_steps(layout: Layout) -> NDArray[np.float32]:
    """Quantiser steps that cost a third of a pixel at most.

    Embedding and free form are in standard deviations, pose and torso in reference px. Rotation of 0.007 rad moves the
    silhouette of a head of 60 px radius by 0.4 px; log scale 0.005 by 0.3 px.
    """
    pose = [0.007, 0.007, 0.007, 0.3, 0.3, 0.005]
    return np.asarray([0.3] * layout.z + pose + [0.12] * layout.torso + [0.3] * layout.freeform, np.float32)
