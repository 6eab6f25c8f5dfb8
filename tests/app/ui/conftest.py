"""Windows in tests open on a virtual screen of their own, a real X server, where the machine has one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from app.ui.application import make_application


@pytest.fixture(scope="session")
def screen() -> Iterator[str]:
    """Starts Xvfb and points Qt at it; without Xvfb, Qt draws off screen. Gives Qt's platform name."""
    program = shutil.which("Xvfb")
    names = ("DISPLAY", "QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "LC_ALL")
    before = {name: os.environ.get(name) for name in names}
    os.environ["LC_ALL"] = "C.UTF-8"  # texts are compared in English
    server = None
    if program is None:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    else:
        read_end, write_end = os.pipe()
        command = [program, "-displayfd", str(write_end), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"]
        server = subprocess.Popen(command, pass_fds=(write_end,), stderr=subprocess.DEVNULL)
        os.close(write_end)
        with os.fdopen(read_end) as pipe:
            number = pipe.readline().strip()
        os.environ["DISPLAY"] = f":{number}"
        os.environ["QT_QPA_PLATFORM"] = "xcb"
    yield os.environ["QT_QPA_PLATFORM"]
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    if server is not None:
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="session")
def qapp(screen: str) -> QApplication:
    """The application that pytest-qt uses, made the way the program makes it."""
    return make_application()
