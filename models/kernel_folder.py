"""Where compiled kernels are kept between runs. Asking loads nothing.

numba recompiles a cached kernel when the kernel's own file changes, but not when a constant that it took from another
file does: the kernel then goes on with the old one. So the folder's name carries a digest of every source file here.
"""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

import platformdirs


@functools.cache  # asked each second while kernels are compiled, also by a window's thread
def source_digest() -> str:
    """Digest of the package's sources, 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def kernel_folder() -> Path:
    """The folder of this version's kernels; it may not be there yet."""
    return Path(platformdirs.user_cache_dir("visavis")) / "kernels" / source_digest()
