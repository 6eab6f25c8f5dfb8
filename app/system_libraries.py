"""The system libraries that the wheels expect to find, and how to get them on Debian and Ubuntu.

Standard library only: `make setup` runs this file with the system's Python before anything is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SYSTEMD = Path("/run/systemd/system")
"""There where systemd runs, and not in a container: the way that systemd's own tools ask."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """Something outside Python that Visavis needs.

    Attributes:
        package: the Debian package that carries it.
        name: a library's soname, a program's name, or a folder of fonts.
        kind: "library", "program" or "fonts".
        essential: False when only windows and some tests need it.
        starts_service: its package starts a server at once where systemd runs, so there it is left to the person.
    """

    package: str
    name: str
    kind: str
    essential: bool
    starts_service: bool = False


REQUIREMENTS = (
    # cv2, which mediapipe imports, links against these two.
    Requirement("libgl1", "libGL.so.1", "library", True),
    Requirement("libglib2.0-0", "libgthread-2.0.so.0", "library", True),
    # Sound devices.
    Requirement("libportaudio2", "libportaudio.so.2", "library", False),
    # Qt 6 and its X11 platform plugin.
    Requirement("libegl1", "libEGL.so.1", "library", False),
    Requirement("libfontconfig1", "libfontconfig.so.1", "library", False),
    Requirement("libdbus-1-3", "libdbus-1.so.3", "library", False),
    Requirement("libxkbcommon-x11-0", "libxkbcommon-x11.so.0", "library", False),
    Requirement("libxcb-cursor0", "libxcb-cursor.so.0", "library", False),
    Requirement("libxcb-icccm4", "libxcb-icccm.so.4", "library", False),
    Requirement("libxcb-keysyms1", "libxcb-keysyms.so.1", "library", False),
    Requirement("libxcb-shape0", "libxcb-shape.so.0", "library", False),
    Requirement("libxcb-xkb1", "libxcb-xkb.so.1", "library", False),
    Requirement("libxcb-randr0", "libxcb-randr.so.0", "library", False),
    Requirement("libxcb-render-util0", "libxcb-render-util.so.0", "library", False),
    Requirement("fonts-dejavu-core", "/usr/share/fonts", "fonts", False),
    # Tests and screenshots open their windows on a virtual screen.
    Requirement("xvfb", "Xvfb", "program", False),
    # A real TURN server for the tests of calls through one, which are skipped without it.
    Requirement("coturn", "turnserver", "program", False, starts_service=True),
)


def known_libraries() -> set[str]:
    """Sonames that the dynamic loader knows, or an empty set where it cannot be asked."""
    for program in ("ldconfig", "/sbin/ldconfig", "/usr/sbin/ldconfig"):
        try:
            listing = subprocess.run([program, "-p"], capture_output=True, text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError):
            continue
        return {line.split()[0] for line in listing.splitlines() if "=>" in line}
    return set()


def missing_requirements() -> list[Requirement]:
    """What this machine lacks; empty on systems other than Linux, whose wheels carry what they need."""
    if not sys.platform.startswith("linux"):
        return []
    libraries = known_libraries()
    wanted = [requirement for requirement in REQUIREMENTS if not (requirement.starts_service and SYSTEMD.is_dir())]
    return [requirement for requirement in wanted if not _is_present(requirement, libraries)]


def _is_present(requirement: Requirement, libraries: set[str]) -> bool:
    if requirement.kind == "library":
        return not libraries or requirement.name in libraries
    if requirement.kind == "program":
        return shutil.which(requirement.name) is not None
    return any(Path(requirement.name).rglob("*.[to]tf"))


def _install(packages: list[str]) -> bool:
    """Installs with apt-get where that needs no password; False where it cannot or fails."""
    apt = shutil.which("apt-get")
    if apt is None:
        return False
    as_root: list[str] = []
    if os.geteuid() != 0:
        if shutil.which("sudo") is None or subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode != 0:
            return False
        as_root = ["sudo", "-n"]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", *packages]):
        try:
            subprocess.run([*as_root, apt, *arguments], env=environment, stdout=subprocess.DEVNULL, check=True)
        except subprocess.CalledProcessError:
            return False
    return True


def main() -> int:
    """Installs what is missing or says it in one line; 1 when something is missing without which nothing runs."""
    missing = missing_requirements()
    if not missing:
        return 0
    packages = [requirement.package for requirement in missing]
    print(f"Installing system libraries: {' '.join(packages)}", file=sys.stderr)
    if _install(packages):
        missing = missing_requirements()
        if not missing:
            return 0
    essential = any(requirement.essential for requirement in missing)
    need = "needed" if essential else "needed for windows and some tests only"
    names = " ".join(requirement.package for requirement in missing)
    print(f"Missing system libraries ({need}); as root: apt-get install {names}", file=sys.stderr)
    return 1 if essential else 0


if __name__ == "__main__":
    raise SystemExit(main())
