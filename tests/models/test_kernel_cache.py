"""Compiled kernels are kept per version of the sources."""

from __future__ import annotations

from pathlib import Path

import numba

from models.kernel_cache import source_digest


def test_cache_folder_is_named_after_the_sources() -> None:
    assert Path(numba.config.CACHE_DIR).name == source_digest()
    assert len(source_digest()) == 16
