"""Writes pictures of every page, of the sample portrait: `python -m app.ui.screenshots FOLDER`. Needs no display."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from PySide6.QtCore import QTimer

from app import paths
from app.call.demo import DemoOptions, run_demo
from app.ui.application import has_display, make_application
from app.ui.bridge import RunDemo
from app.ui.demo_window import DemoWindow
from app.ui.page_pictures import take_pages

WINDOW = (1320, 720)
SIZE = (256, 256)
SCALE = "2"
"""Pixels per point, as on a sharp screen."""

SETTLED_NS = 6_000_000_000
"""Time in the face mode after which the figures and their trends have something to show."""

LONGEST_S = 90.0


def take_demo(folder: Path, options: DemoOptions, run: RunDemo = run_demo, settled_ns: int = SETTLED_NS) -> Path:
    """Writes `demo.png`: the demo's window in the face mode.

    Args:
        folder: where it goes; made if it is missing.
        options: what the demo shows.
        run: what holds the call.
        settled_ns: time in the face mode before the picture is taken.

    Raises:
        RuntimeError: the call ended before its face mode had settled.
    """
    application = make_application()
    window = DemoWindow(options, run, close_at_end=True)
    window.resize(*WINDOW)
    window.show()
    target = folder / "demo.png"
    folder.mkdir(parents=True, exist_ok=True)
    first_ns: int | None = None
    taken = False

    def look() -> None:
        nonlocal first_ns, taken
        shown = window.latest
        if shown is None or shown.mode != "face":
            return
        first_ns = shown.t_shown_ns if first_ns is None else first_ns
        if not taken and shown.t_shown_ns - first_ns >= settled_ns:
            taken = window.grab().save(str(target))
            window.close()

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(50)
    application.exec()
    timer.stop()
    if window.bridge.error is not None:
        raise window.bridge.error
    if not taken:
        raise RuntimeError("the call ended before the face stream had settled")
    return target


def main() -> int:
    """Takes every picture."""
    os.environ.setdefault("QT_SCALE_FACTOR", SCALE)
    if not has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    options = DemoOptions(paths.sample_clip(), paths.sample_identity(), LONGEST_S, SIZE)
    folder = Path(sys.argv[1])
    for path in (take_demo(folder, options), *take_pages(folder)):
        print(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
