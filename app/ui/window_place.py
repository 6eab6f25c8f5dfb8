"""Where the main window was and how large, from one start to the next."""

from __future__ import annotations

import base64
import binascii
import json
from pathlib import Path

from PySide6.QtWidgets import QMainWindow

from app import paths

SCHEMA_VERSION = 1

FILE_MAX = 4096
"""Bytes; a geometry takes some 100."""


def restore_place(window: QMainWindow, path: Path | None = None) -> bool:
    """Put a window where it was; False, and nothing is changed, where that is not known. Qt keeps it on a screen."""
    path = path or paths.window_file()
    try:
        if path.stat().st_size > FILE_MAX:
            return False
        stored = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(stored, dict) or stored.get("schema_version") != SCHEMA_VERSION:
            return False
        return bool(window.restoreGeometry(base64.b64decode(stored.get("geometry", ""), validate=True)))
    except (OSError, ValueError, TypeError, binascii.Error):
        return False  # it opens in its usual size


def keep_place(window: QMainWindow, path: Path | None = None) -> None:
    """Note where a window is; a disk that takes nothing is no reason to complain about that."""
    path = path or paths.window_file()
    geometry = base64.b64encode(window.saveGeometry().data()).decode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with paths.whole_file(path) as temporary:
            temporary.write_text(json.dumps({"schema_version": SCHEMA_VERSION, "geometry": geometry}) + "\n")
    except OSError:
        return
