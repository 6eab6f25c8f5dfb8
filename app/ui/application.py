"""Starting Qt beside a cv2 that brings a Qt of its own."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtWidgets import QApplication

from app.settings import Settings, load_settings
from app.ui import theme
from app.ui.language import install_language

CV2_VARIABLES = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")
"""What the Linux cv2 wheel sets on import, so that its Qt 5 finds its plugins; Qt 6 would load those and abort."""


def scrub_cv2_variables() -> None:
    """Removes cv2's Qt variables from the environment; values that point elsewhere are the user's and stay."""
    for name in CV2_VARIABLES:
        value = os.environ.get(name)
        if value is not None and "cv2" in Path(value).parts:
            del os.environ[name]


def make_application() -> QApplication:
    """The process's QApplication, made on the first call.

    Raises:
        ValueError: there is no display to open a window on.
    """
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    scrub_cv2_variables()
    if not has_display():
        raise ValueError("no display to open a window on; visavis demo, host and call have --headless")
    QGuiApplication.setDesktopFileName("visavis")
    application = QApplication(["visavis"])
    application.setApplicationName("Visavis")
    application.setStyle("Fusion")
    settings = _settings()
    install_language(application, settings.language)
    theme.apply(application, theme.choose(settings.theme, application.styleHints().colorScheme()))
    font = QFont()
    font.setFamilies(list(theme.FONT_FAMILIES))
    font.setPointSizeF(theme.FONT_POINTS)
    application.setFont(font)
    return application


def run_until_closed(close: Callable[[], object]) -> None:
    """Run Qt's loop until the last window is closed; Ctrl-C asks to close it.

    Args:
        close: closes the window.
    """
    # Python sees a Ctrl-C only when it runs: wake it up now and then.
    previous = signal.signal(signal.SIGINT, lambda number, frame: close())
    wake = QTimer()
    wake.timeout.connect(lambda: None)
    wake.start(200)
    try:
        QApplication.exec()
    finally:
        wake.stop()
        signal.signal(signal.SIGINT, previous)


def _settings() -> Settings:
    """Look and language; damaged settings are told of where they are needed."""
    try:
        return load_settings()
    except ValueError:
        return Settings()


def has_display() -> bool:
    """Whether a window can open, as far as the environment says: Qt would abort the process where it cannot."""
    if not sys.platform.startswith("linux"):
        return True
    without_screen = os.environ.get("QT_QPA_PLATFORM", "").split(":")[0] in {"offscreen", "minimal", "vnc"}
    return without_screen or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
