"""The pictures for the README."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from app.call.demo import DemoOptions
from app.ui.screenshots import WINDOW, take_demo
from tests.fakes.staged_demo import stage_demo


def test_the_demo_is_pictured_in_its_face_mode(qapp: QApplication, clip: Path, tmp_path: Path) -> None:
    target = take_demo(tmp_path / "shots", DemoOptions(clip, seconds=30), stage_demo, settled_ns=300_000_000)
    image = QImage(str(target))
    assert (image.width(), image.height()) == WINDOW
    colours = {image.pixelColor(x, WINDOW[1] // 2).name() for x in range(0, WINDOW[0], 7)}
    assert len(colours) > 10


def test_a_call_that_ends_too_early_is_told_of(qapp: QApplication, clip: Path, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="before the face stream"):
        take_demo(tmp_path, DemoOptions(clip, seconds=0.5), stage_demo)
