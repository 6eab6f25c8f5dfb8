"""How kernels are compiled, and kept between runs."""

from __future__ import annotations

import numba

from models.kernel_folder import kernel_folder

numba.config.CACHE_DIR = str(kernel_folder())

JIT = {"cache": True, "fastmath": True, "error_model": "numpy", "nogil": True}
"""How every kernel is compiled: kept on disk, free to reassociate sums, without Python's lock and its checks."""
