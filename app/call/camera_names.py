"""Which cameras a machine has, as far as it tells without switching one on."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

LINUX_CAMERAS = Path("/sys/class/video4linux")

GUESSED = 3
"""Cameras that are offered where the system does not tell which there are: macOS and Windows tell OpenCV nothing, and
opening each to see would light it up."""


@dataclass(frozen=True, slots=True)
class CameraName:
    """A camera.

    Attributes:
        number: what OpenCV calls it.
        name: what the system calls it, "" where it does not say.
    """

    number: int
    name: str


def list_cameras(folder: Path = LINUX_CAMERAS, platform: str = sys.platform) -> tuple[CameraName, ...]:
    """Give the cameras there are, or might be."""
    if not platform.startswith("linux"):
        return tuple(CameraName(number, "") for number in range(GUESSED))
    found = []
    for entry in sorted(folder.glob("video*")) if folder.is_dir() else ():
        match = re.fullmatch(r"video(\d{1,3})", entry.name)
        if match is None or not _captures(entry):
            continue
        found.append(CameraName(int(match[1]), _text(entry / "name")))
    return tuple(sorted(found, key=lambda camera: camera.number))


def _captures(entry: Path) -> bool:
    """Tell a camera's first node from those that carry its metadata."""
    return _text(entry / "index") in ("", "0")


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()[:100]
    except OSError:
        return ""
