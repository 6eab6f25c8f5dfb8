"""Measures the client's window: how soon it is there, what it costs, how long its thread stalls."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from app.call.figures import Figures
from app.call.meeting import MeetingEvents, MeetingOptions, MeetingReport
from app.call.shown import LiveStats, ShownFrame
from app.call.wishes import Wishes
from app.ui.application import has_display, make_application
from app.ui.call_page import CallPage
from app.ui.call_request import CallRequest
from app.ui.context import Context, Hold
from app.ui.demo_call import demo_options, hold_demo
from app.ui.home_page import HomePage
from app.ui.main_window import AHEAD_MS, MainWindow
from app.ui.page_pictures import run_for
from app.ui.pages import ENTRIES, PageEntry
from app.ui.stall_probe import StallProbe
from codec.types import Frame
from models.clip import read_clip

Row = dict[str, str | float | int]

WINDOW = (1920, 1080)

SIDE = 512

FPS = 25.0

CLIP_FRAMES = 50
"""Two seconds of the clip, over and over: enough that no picture is like the one before."""

STARTS = 3

SETTLE_S = 2.0
"""Before measuring, so that what happens once is over."""

FIRST_PICTURE_S = 240.0
"""A machine that has never rendered compiles its kernels first."""

STARTING = (
    "import time; from app.ui.application import make_application; from app.ui.context import Context\n"
    "from app.ui.main_window import MainWindow\n"
    "application = make_application(); window = MainWindow(Context()); window.show()\n"
    "application.processEvents(); window.repaint(); print(time.time()); window.close_now()"
)


def measure_start() -> float:
    """Seconds from starting Python to the first window painted, the median of some."""
    root = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((root, os.environ.get("PYTHONPATH", "")))}
    took = []
    for _ in range(STARTS):
        began = time.time()
        done = subprocess.run(
            [sys.executable, "-c", STARTING], capture_output=True, text=True, env=environment, check=True, timeout=120
        )
        took.append(float(done.stdout) - began)
    return float(np.median(took))


def measure_window(clip: Path, seconds: float, on_progress: Callable[[str], None]) -> list[Row]:
    """Measure the home page and calls, each for so long.

    Args:
        clip: what plays the camera and the other person.
        seconds: of each measurement.
        on_progress: told what is being measured.

    Raises:
        RuntimeError: no picture came.
    """
    if not has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    make_application()
    rows = []
    for name, measure in (
        ("home, nothing on", _measure_home),
        ("home, mirror on", _measure_mirror),
        ("call, pictures of 512 in 1080p", _measure_pictures),
        ("demo call at 512 in 1080p", _measure_demo),
    ):
        on_progress(name)
        rows.append({"situation": name, **measure(clip, seconds)})
    return rows


def _measure_home(clip: Path, seconds: float) -> Row:
    return _watch(_open(Context(), clip), seconds)


def _measure_mirror(clip: Path, seconds: float) -> Row:
    window = _open(Context(), clip)
    assert isinstance(window.page, HomePage)
    with _probing() as opening:
        window.page.mirror.switch.click()
        run_for(SETTLE_S)
    return _watch(window, seconds, opening)


def _measure_pictures(clip: Path, seconds: float) -> Row:
    frames = [frame.rgb for frame in read_clip(clip, frames=(0, CLIP_FRAMES), size=SIDE)]
    return _measure_call(clip, seconds, lambda *call: _hold_pictures(frames, *call))


def _measure_demo(clip: Path, seconds: float) -> Row:
    return _measure_call(clip, seconds, hold_demo)


def _measure_call(clip: Path, seconds: float, hold: Hold) -> Row:
    context = Context(hold=hold, make_options=lambda settings, code, known: demo_options(replace(settings, size=SIDE)))
    window = _open(context, clip)
    with _probing() as opening:
        window.show_page("call", CallRequest("demo"))
        page = window.page
        assert isinstance(page, CallPage)
        end = time.monotonic() + FIRST_PICTURE_S
        while page.deck.top.badge.property("tone") != "face":  # before, an avatar crosses and is loaded
            if time.monotonic() > end:
                raise RuntimeError("no picture came")
            run_for(0.1)
    return _watch(window, seconds, opening)


def _open(context: Context, clip: Path) -> MainWindow:
    home = PageEntry("home", "Home", "", lambda shared: HomePage(shared, clip))
    window = MainWindow(context, (home, *(entry for entry in ENTRIES if entry.name == "call")))
    window.resize(*WINDOW)
    window.show()
    run_for(AHEAD_MS / 1000)
    window.make_ahead()
    return window


@contextmanager
def _probing() -> Iterator[StallProbe]:
    probe = StallProbe()
    probe.start()
    try:
        yield probe
    finally:
        probe.stop()


def _watch(window: MainWindow, seconds: float, opening: StallProbe | None = None) -> Row:
    """Measure a window, with what was measured while it came to this."""
    run_for(SETTLE_S)
    before_s, began_s = time.process_time(), time.monotonic()
    run_for(seconds)
    cpu = (time.process_time() - before_s) / (time.monotonic() - began_s)
    with _probing() as probe:  # it takes time itself, so that is not counted
        run_for(seconds)
    window.close_now()
    p50, p99 = np.percentile(probe.waits_ms, (50, 99))
    return {
        "cpu_percent": 100 * cpu,
        "stall_ms_p50": float(p50),
        "stall_ms_p99": float(p99),
        "stall_ms_max": max(probe.waits_ms),
        "opening_stall_ms_max": max(opening.waits_ms) if opening else 0.0,
    }


def _hold_pictures(
    frames: list[np.ndarray],
    options: MeetingOptions,
    events: MeetingEvents,
    on_frame: Callable[[ShownFrame], None],
    wishes: Wishes,
) -> MeetingReport:
    """Show pictures as a call would, without one, so that what is measured is the window."""
    events.on_phase("connected")
    events.news.on_mode("face", "the other end renders the face")
    began_s = time.monotonic()
    for seq in itertools.count():
        if wishes.leave.wait(max(0.0, began_s + seq / FPS - time.monotonic())):
            break
        now_ns = time.monotonic_ns()
        stats = LiveStats(2.0, 40.0, 40.0, 16.0, FPS, 0.0)
        on_frame(ShownFrame(frames[seq % len(frames)], seq, "face", 0, now_ns, "", stats))
        events.news.on_own(Frame(frames[(seq + 7) % len(frames)], now_ns, seq))
        if seq % round(FPS) == 0:
            events.on_figures(Figures(2.0, 2.0, 40.0, 40.0, FPS))
    return MeetingReport("demo", "this end left", "", 1.0, {}, 0, 0, 0, 0, 0, 0, 0, 0)
