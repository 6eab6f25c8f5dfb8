"""VMAF of a sequence of pictures, measured by the ffmpeg that imageio-ffmpeg carries."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from app.bench.metrics import Picture

FILTER = (
    "format=yuv420p,split[a][b];[a]crop=iw:ih/2:0:0[original];[b]crop=iw:ih/2:0:ih/2[picture];"
    "[picture][original]libvmaf=n_threads=1:log_fmt=json:log_path=vmaf.json"
)
"""One pipe carries both: each frame holds the original above the picture. VMAF looks at luma alone."""

MIN_SIDE = 64
"""Smaller pictures hold too little for VMAF's coarsest scale, which the model was not trained for either."""


@cache
def why_no_vmaf(side: int) -> str | None:
    """Why VMAF cannot be measured on pictures of `side` pixels, or None if it can."""
    if side < MIN_SIDE or side % 2:
        return f"no VMAF: it takes even sides from {MIN_SIDE} pixels on, not {side}"
    try:
        filters = subprocess.run([_ffmpeg(), "-hide_banner", "-filters"], capture_output=True, text=True, check=True)
    except (ImportError, RuntimeError, OSError, subprocess.CalledProcessError):
        return "no VMAF: imageio-ffmpeg, which the extra 'dev' brings, has no ffmpeg for this machine"
    return None if " libvmaf " in filters.stdout else "no VMAF: this machine's ffmpeg was built without libvmaf"


def _ffmpeg() -> str:
    import imageio_ffmpeg

    return str(imageio_ffmpeg.get_ffmpeg_exe())


class VmafMeter:
    """Takes pairs of pictures as they come; ask `why_no_vmaf` before.

    Args:
        side: of the square pictures, pixels.
    """

    def __init__(self, side: int) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="visavis-vmaf-")
        command = [
            _ffmpeg(), "-hide_banner", "-loglevel", "error", "-f", "rawvideo", "-pixel_format", "rgb24",
            "-video_size", f"{side}x{2 * side}", "-framerate", "25", "-i", "-", "-lavfi", FILTER, "-f", "null", "-",
        ]  # fmt: skip
        # The log's name must not hold what a filter takes for punctuation, so ffmpeg works in the folder itself.
        self._errors = Path(self._folder.name, "errors.txt").open("w+")  # noqa: SIM115
        self._process = subprocess.Popen(
            command, cwd=self._folder.name, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=self._errors
        )

    def add(self, original: Picture, picture: Picture) -> None:
        """Takes an original and the picture of it, uint8 (side, side, 3).

        Raises:
            RuntimeError: ffmpeg has failed.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(np.concatenate([original, picture]).tobytes())
        except BrokenPipeError:
            self.score()

    def score(self) -> float:
        """The mean over all frames, 0 to 100; the meter is not used afterwards.

        Raises:
            RuntimeError: ffmpeg has failed.
        """
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate()
        self._process.wait()
        try:
            if self._process.returncode != 0:
                self._errors.seek(0)
                raise RuntimeError(f"ffmpeg could not measure VMAF: {self._errors.read().strip()}")
            log = json.loads(Path(self._folder.name, "vmaf.json").read_text())
            return float(log["pooled_metrics"]["vmaf"]["mean"])
        finally:
            self._errors.close()
            self._folder.cleanup()
