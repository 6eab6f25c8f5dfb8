"""The line in the window that tells of compiling ahead."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QMainWindow
from pytestqt.qtbot import QtBot

from app import preparation
from app.preparation import KERNELS
from app.ui import preparation as shown
from app.ui.preparation import Preparation


@pytest.fixture
def window(qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[QMainWindow]:
    monkeypatch.setattr(preparation, "kernel_folder", lambda: tmp_path)
    monkeypatch.setattr(shown, "LOOK_MS", 20)
    window = QMainWindow()
    window.show()
    yield window
    window.close()


def test_it_tells_how_far_it_is_until_it_is_done(window: QMainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    code = (
        "import sys, time\nfrom pathlib import Path\nfolder, count = Path(sys.argv[1]), int(sys.argv[2])\n"
        "for number in range(count):\n    (folder / f'{number}.nbi').touch()\n"
        "while not (folder / 'go on').exists():\n    time.sleep(0.01)\n"
    )
    bar, half = window.statusBar(), KERNELS // 2
    work = Preparation(bar, (sys.executable, "-c", code, str(tmp_path), str(half)))
    assert not bar.isVisible()
    work.start()
    expected = f"{round(100 * half / KERNELS)} %, about"
    qtbot.waitUntil(lambda: expected in bar.currentMessage())
    assert bar.isVisible()
    (tmp_path / "go on").touch()
    qtbot.waitUntil(lambda: not bar.isVisible())
    work.stop()


def test_closing_the_window_ends_it(window: QMainWindow, qtbot: QtBot) -> None:
    work = Preparation(window.statusBar(), (sys.executable, "-c", "import time; time.sleep(60)"))
    work.start()
    qtbot.waitUntil(lambda: work.is_running)
    work.stop()
    assert not work.is_running


def test_what_cannot_run_tells_nothing(window: QMainWindow, qtbot: QtBot) -> None:
    work = Preparation(window.statusBar(), ("/no/such/program",))
    work.start()
    qtbot.waitUntil(lambda: not window.statusBar().isVisible())
    work.stop()
