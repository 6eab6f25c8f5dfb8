"""Where compiled kernels are kept between runs. Asking loads nothing.

numba recompiles a cached kernel when the kernel's own file is another, moved or written anew, but not when a constant
that it took from another file changes: the kernel then goes on with the old one. So the folder's name carries a digest
of every source file here, and of where and when they were written: what is there was compiled from these very files.
"""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

import platformdirs


@functools.cache  # asked each second while kernels are compiled, also by a window's thread
def source_digest(sources: Path = Path(__file__).parent) -> str:
    """Digest of a package's source files, 16 hexadecimal digits.

    Args:
        sources: its folder.
    """
    digest = hashlib.sha256()
    for path in sorted(sources.resolve().rglob("*.py")):
        digest.update(f"{path} {path.stat().st_mtime_ns} ".encode(errors="surrogateescape"))
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def kernel_folder() -> Path:
    """The folder of this version's kernels; it may not be there yet."""
    return Path(platformdirs.user_cache_dir("visavis")) / "kernels" / source_digest()
