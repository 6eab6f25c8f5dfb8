"""Compiled kernels are kept per version of the sources."""

from __future__ import annotations

from pathlib import Path

import numba

import models.kernel_cache  # noqa: F401  # names the folder
from models.kernel_folder import kernel_folder, source_digest


def test_cache_folder_is_named_after_the_sources() -> None:
    assert Path(numba.config.CACHE_DIR) == kernel_folder()
    assert kernel_folder().name == source_digest()
    assert len(source_digest()) == 16
