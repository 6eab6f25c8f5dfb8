"""Compiled kernels are kept per version of the sources."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numba

import models.kernel_cache  # noqa: F401  # names the folder
from models.kernel_folder import kernel_folder, source_digest


def test_cache_folder_is_named_after_the_sources() -> None:
    assert Path(numba.config.CACHE_DIR) == kernel_folder()
    assert kernel_folder().name == source_digest()
    assert len(source_digest()) == 16


def test_other_constants_other_places_and_later_copies_have_folders_of_their_own(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    (first / "kernel.py").write_text("SIZE = 1\n")
    shutil.copytree(first, second)
    digest = source_digest.__wrapped__
    before = digest(first)
    assert digest(first) == before
    assert digest(second) != before
    os.utime(first / "kernel.py", (0, 0))
    later = digest(first)
    assert later != before
    (first / "kernel.py").write_text("SIZE = 2\n")
    os.utime(first / "kernel.py", (0, 0))
    assert digest(first) != later
