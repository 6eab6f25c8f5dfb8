"""What the client's window costs: that it is measured, not what comes out."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui import window_bench
from app.ui.stall_probe import StallProbe


def test_a_stall_is_met_and_the_probe_ends(qapp: QApplication, qtbot: QtBot) -> None:
    before = set(threading.enumerate())
    probe = StallProbe()
    probe.start()
    qtbot.waitUntil(lambda: len(probe.waits_ms) > 10)
    QTimer.singleShot(0, lambda: time.sleep(0.12))
    qtbot.waitUntil(lambda: max(probe.waits_ms) > 50)
    probe.stop()
    assert set(threading.enumerate()) <= before


def test_what_holds_up_every_thread_counts_in_full(qapp: QApplication, qtbot: QtBot) -> None:
    """An import may hold the interpreter, and with it the thread that asks."""
    probe = StallProbe()
    probe.start()
    qtbot.waitUntil(lambda: len(probe.waits_ms) > 10)
    hold = threading.Thread(target=lambda: sum(range(8_000_000)))  # one call: no other thread has its turn before
    hold.start()
    qtbot.waitUntil(lambda: not hold.is_alive() and len(probe.waits_ms) > 20)
    probe.stop()
    assert max(probe.waits_ms) > 40


def test_the_home_page_and_a_call_are_measured(qapp: QApplication, monkeypatch: pytest.MonkeyPatch, clip: Path) -> None:
    monkeypatch.setattr(window_bench, "SETTLE_S", 0.1)
    for measure in (window_bench._measure_home, window_bench._measure_mirror, window_bench._measure_pictures):
        row = measure(clip, 0.3)
        figures = {"cpu_percent", "stall_ms_p50", "stall_ms_p99", "stall_ms_max", "opening_stall_ms_max"}
        assert set(row) == figures
        assert all(float(value) >= 0 for value in row.values())


def test_the_first_window_is_timed(screen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window_bench, "STARTS", 1)
    assert 0 < window_bench.measure_start() < 60
