"""PySide6 beside the cv2 wheel, which brings a Qt 5 of its own: in processes of their own, because imports stay."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication

WINDOW = """
window = QWidget()
window.show()
application.processEvents()
print(application.platformName())
"""

CV2_FIRST = f"""
import cv2
from app.ui.application import make_application
from PySide6.QtWidgets import QWidget
application = make_application()
{WINDOW}
"""

CV2_LAST = f"""
from app.ui.application import make_application
from PySide6.QtWidgets import QWidget
application = make_application()
import cv2
{WINDOW}
"""


class Bell(QObject):
    rang = Signal()


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("program", [CV2_FIRST, CV2_LAST], ids=["cv2 first", "cv2 last"])
def test_a_window_opens_beside_cv2(program: str, screen: str) -> None:
    done = run(program)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == screen


def test_cv2_alone_would_break_it(screen: str) -> None:
    """The reason for the scrubbing: when this fails, cv2 no longer sets the variable and the scrubbing may go."""
    done = run("import cv2, os; print(os.environ.get('QT_QPA_PLATFORM_PLUGIN_PATH', ''))")
    if not sys.platform.startswith("linux"):
        pytest.skip("only the Linux wheel brings Qt 5")
    assert "cv2" in done.stdout


def test_a_plugin_path_of_the_users_own_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    from app.ui.application import scrub_cv2_variables

    monkeypatch.setenv("QT_QPA_PLATFORM_PLUGIN_PATH", "/opt/qt/plugins")
    monkeypatch.setenv("QT_QPA_FONTDIR", "/venv/cv2/qt/fonts")
    scrub_cv2_variables()
    assert os.environ["QT_QPA_PLATFORM_PLUGIN_PATH"] == "/opt/qt/plugins"
    assert "QT_QPA_FONTDIR" not in os.environ


def test_without_a_display_it_says_so() -> None:
    environment = {key: value for key, value in os.environ.items() if key not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    environment.pop("QT_QPA_PLATFORM", None)
    program = "from app.ui.application import make_application; make_application()"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, env=environment, check=False
    )
    assert done.returncode == 1
    assert "ValueError: no display" in done.stderr


def test_signals_keep_the_count_of_true(qapp: QApplication) -> None:
    """PySide6 6.12.0 loses one reference to True per emit, until the interpreter aborts."""
    bell = Bell()
    bell.rang.connect(lambda: None)
    before = sys.getrefcount(True)
    for _ in range(300):
        bell.rang.emit()
    assert sys.getrefcount(True) > before - 150
