"""What is kept of a training that was broken off, so that it can go on: what tracking found, and all that steps change.

Two files in a folder of the person's own: `tracking.npz`, written once, and `training.npz`, written over and over.
They hold arrays alone, and nothing is unpickled. They fit the very pictures they were made from, told by a digest;
others start afresh.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.tracking.tracker import TrackingModel
from models.training.dataset import TrainingSet

VERSION = 5
"""Raised when what is stored changes its meaning; others are not read."""

DIGEST_EVERY = 10
"""Pictures between two that the digest looks at: another clip differs in all of them."""

MOST_BYTES = 2 << 30
"""Largest file that is read; a training on seven minutes keeps 0.3 GB."""

TRACKED = ("trimap", "expression", "window", "rotation", "leading", "pose", "torso", "freeform", "shot", "plates")
"""Arrays of a training set that tracking found; its pictures are in the clip."""

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Tracking:
    """What training needs of a tracked clip.

    Attributes:
        model: the person's tracking model.
        data: the frames with a face.
    """

    model: TrackingModel
    data: TrainingSet


def digest_pictures(frames: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """What tells a clip's pictures from another's: uint8 (32,)."""
    digest = hashlib.sha256(f"{VERSION} {len(frames)} {frames[0].shape}".encode())
    for frame in frames[::DIGEST_EVERY]:
        digest.update(np.ascontiguousarray(frame).data)
    return np.frombuffer(digest.digest(), np.uint8)


class Checkpoints:
    """The two files.

    Args:
        folder: where they are; it exists.
        frames: the clip's pictures, uint8 (S, S, 3) each.
    """

    def __init__(self, folder: Path, frames: Sequence[NDArray[np.uint8]]) -> None:
        self._tracking, self._training = folder / "tracking.npz", folder / "training.npz"
        self._frames = frames
        self._digest = digest_pictures(frames)

    def keep_tracking(self, tracking: Tracking, found: NDArray[np.int64]) -> None:
        """Writes what tracking found.

        Args:
            tracking: that.
            found: int64 (T,), the pictures that show a face.

        Raises:
            OSError: it cannot be written.
        """
        data = {f"data.{name}": getattr(tracking.data, name) for name in TRACKED}
        starts = np.array(tracking.data.starts, np.int64)
        arrays = {**tracking.model.to_arrays(), **data, "data.starts": starts, "data.found": found}
        self._write(self._tracking, arrays, np.savez_compressed)

    def tracking(self) -> Tracking | None:
        """What tracking found of these very pictures, or None."""
        arrays = self._read(self._tracking)
        if arrays is None:
            return None
        try:
            found = arrays["data.found"]
            rgb = np.stack([self._frames[index] for index in found])
            parts = {name: arrays[f"data.{name}"] for name in TRACKED}
            starts = tuple(int(start) for start in arrays["data.starts"])
            data = TrainingSet(rgb=rgb, starts=starts, every=1, **parts)
            return Tracking(TrackingModel.from_arrays(dict(arrays)), data)
        except (KeyError, IndexError, TypeError, ValueError):
            return None

    def keep_training(self, arrays: Arrays) -> None:
        """Writes the state of a training.

        Raises:
            OSError: it cannot be written.
        """
        self._write(self._training, arrays, np.savez)

    def training(self) -> Arrays | None:
        """The state of a training on these very pictures, or None."""
        return self._read(self._training)

    def _write(self, path: Path, arrays: Arrays, save: Callable[..., None]) -> None:
        temporary = path.with_suffix(f".{os.getpid()}.part")
        try:
            with temporary.open("wb") as file:
                save(file, digest=self._digest, **arrays)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)

    def _read(self, path: Path) -> Arrays | None:
        try:
            if path.stat().st_size > MOST_BYTES:
                return None
            with np.load(path, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
        except (OSError, ValueError, EOFError, zipfile.BadZipFile):
            return None
        digest = arrays.pop("digest", None)
        return arrays if digest is not None and np.array_equal(digest, self._digest) else None
