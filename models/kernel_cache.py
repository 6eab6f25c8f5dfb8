"""Where compiled kernels are kept between runs.

numba recompiles a cached kernel when the kernel's own file changes, but not when a constant that it took from another
file does: the kernel then goes on with the old one. So the folder's name carries a digest of every source file here.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numba
import platformdirs


def source_digest() -> str:
    """Digest of the package's sources, 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


numba.config.CACHE_DIR = str(Path(platformdirs.user_cache_dir("visavis")) / "kernels" / source_digest())

JIT = {"cache": True, "fastmath": True, "error_model": "numpy", "nogil": True}
"""How every kernel is compiled: kept on disk, free to reassociate sums, without Python's lock and its checks."""
