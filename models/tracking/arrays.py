"""Names for the kinds of arrays that flow through tracking, and the check of those that come from an identity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Arrays = Mapping[str, NDArray[Any]]
Rgb = NDArray[np.uint8]


def take(arrays: Arrays, name: str, shape: tuple[int, ...], dtype: type) -> NDArray[Any]:
    """Take one array of an untrusted identity: ValueError unless it has this shape and type and is finite."""
    array = arrays.get(name)
    if array is None:
        raise ValueError(f"the identity lacks {name}")
    if array.shape != shape or array.dtype != np.dtype(dtype):
        raise ValueError(f"the identity's {name} is {array.dtype} {array.shape}, not {np.dtype(dtype)} {shape}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"the identity's {name} is not finite")
    return array
