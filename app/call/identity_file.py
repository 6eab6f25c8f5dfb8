"""Reading identity files from disk."""

from __future__ import annotations

from pathlib import Path

from app.net.control import IDENTITY_MAX
from codec.identity import Identity, unpack_identity


def read_identity_bytes(path: Path) -> bytes:
    """Read an identity file.

    Raises:
        ValueError: it is missing, unreadable or too large.
    """
    try:
        if path.stat().st_size > IDENTITY_MAX:
            raise ValueError(f"{path}: larger than any identity")
        return path.read_bytes()
    except OSError as exc:
        raise ValueError(f"{path}: {exc.strerror or exc}") from exc


def load_identity(path: Path) -> Identity:
    """Read and check an identity file.

    Raises:
        ValueError: it is missing, damaged or not one.
    """
    try:
        return unpack_identity(read_identity_bytes(path))
    except ValueError as exc:
        raise ValueError(str(exc) if str(path) in str(exc) else f"{path}: {exc}") from exc
