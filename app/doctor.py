"""What this machine offers to Visavis, and what it lacks."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass
from importlib import metadata

from app import paths
from app.preparation import is_prepared
from app.settings import load_settings
from app.system_libraries import missing_requirements

PACKAGES = ("mediapipe", "numpy", "torch", "numba", "av", "aiortc", "zstandard", "PySide6-Essentials")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the examination.

    Attributes:
        subject: what was looked at.
        verdict: "ok", "note" (works, with a limit) or "fault" (something a person should mend).
        text: what was found.
    """

    subject: str
    verdict: str
    text: str


def examine() -> list[Finding]:
    """Looks at everything that a call needs; takes a few seconds, because the renderers are tried."""
    findings: list[Finding] = []
    for look in (_machine, _packages, _libraries, _codecs, _renderers, _kernels, _display, _sample, _settings):
        try:
            findings += look()
        except Exception as error:  # a broken installation is what this is for
            subject = look.__name__.removeprefix("_")
            findings.append(Finding(subject, "fault", f"cannot be examined: {type(error).__name__}: {error}"))
    return findings


def _machine() -> list[Finding]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    version = sys.version_info
    fits = (3, 11) <= version[:2] <= (3, 12)
    return [
        Finding("python", "ok" if fits else "fault", f"{platform.python_version()} on {platform.system()}"),
        Finding("processor", "ok" if cores >= 2 else "note", f"{cores} cores, {platform.machine()}"),
    ]


def _packages() -> list[Finding]:
    findings = []
    for name in PACKAGES:
        try:
            findings.append(Finding(name, "ok", metadata.version(name)))
        except metadata.PackageNotFoundError:
            findings.append(Finding(name, "fault", "not installed: run make setup"))
    return findings


def _libraries() -> list[Finding]:
    missing = [requirement.package for requirement in missing_requirements()]
    if missing:
        return [Finding("system libraries", "fault", f"missing, as root: apt-get install {' '.join(missing)}")]
    return [Finding("system libraries", "ok", "all there")]


def _codecs() -> list[Finding]:
    import av

    wanted = {"libx265": "H.265 track, out", "hevc": "H.265 track, in", "ffv1": "decode to .mkv"}
    return [
        Finding(f"codec {name}", "ok", use)
        if name in av.codecs_available
        else Finding(f"codec {name}", "fault", f"missing in PyAV: no {use}")
        for name, use in wanted.items()
    ]


def _renderers() -> list[Finding]:
    from models.render.registry import BACKENDS, choose, probe

    name, why = choose()
    findings = [Finding("renderer auto", "ok", f"takes {name}: {why}")]
    for backend in BACKENDS:
        reason = probe(backend)
        findings.append(Finding(f"renderer {backend}", "note" if reason else "ok", reason or "runs here"))
    return findings


def _kernels() -> list[Finding]:
    if is_prepared():
        return [Finding("kernels", "ok", "compiled for this processor")]
    return [Finding("kernels", "note", "not compiled yet: the first call waits a minute or two, or visavis prepare")]


def _display() -> list[Finding]:
    if not sys.platform.startswith("linux"):
        return [Finding("display", "ok", platform.system())]
    display = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")
    if display:
        return [Finding("display", "ok", display)]
    return [Finding("display", "note", "none: visavis demo --headless works without one")]


def _sample() -> list[Finding]:
    absent = [path.name for path in (paths.sample_clip(), paths.sample_identity()) if not path.is_file()]
    if absent:
        return [Finding("sample portrait", "fault", f"missing in {paths.ASSETS}: {', '.join(absent)}")]
    return [Finding("sample portrait", "ok", str(paths.ASSETS))]


def _settings() -> list[Finding]:
    try:
        settings = load_settings()
    except ValueError as error:
        return [Finding("settings", "fault", str(error))]
    return [Finding("settings", "ok", f"{paths.settings_file()}: size {settings.size}, backend {settings.backend}")]
