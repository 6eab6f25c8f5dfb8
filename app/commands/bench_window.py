"""`visavis bench window`: how soon the client is there, what it costs, and how long its window stalls."""

from __future__ import annotations

import argparse

from app import paths
from app.commands import arguments as arg

SECONDS = 10.0

WINDOW_EXAMPLES = """\
examples:
  visavis bench window                        the home page, a call, a demo call: a minute
  visavis bench window --seconds 60 --json

Processor time is that of the window's process, 100 for one core. A stall is the time from asking the window's thread to
its answer, asked 200 times a second. Without a display, pictures are painted off screen.
"""


def add_window_flags(bench: argparse.ArgumentParser) -> None:
    """Adds the flags of `bench window`."""
    bench.add_argument("--seconds", type=arg.positive, default=SECONDS, metavar="N", help=f"of each ({SECONDS:g})")
    bench.set_defaults(run=run_window)


def run_window(arguments: argparse.Namespace) -> dict[str, object]:
    """Measures the client's window.

    Raises:
        ValueError: the clip cannot be used.
        RuntimeError: a call showed nothing.
    """
    # Qt is loaded for a window only: a machine without its libraries can run everything else.
    from app.bench.report import format_table, write_csv
    from app.progress import show_progress
    from app.ui.window_bench import measure_start, measure_window

    clip = paths.check_input(arguments.clip or paths.sample_clip(), "clip")
    arguments.out.mkdir(parents=True, exist_ok=True)
    with show_progress("watching the window") as bar:
        rows = measure_window(clip, arguments.seconds, lambda name: bar.update(0.0, None, name))
        start_s = measure_start()
    csv = arguments.out / "window.csv"
    write_csv(csv, rows)
    print(format_table(rows))
    print(f"first window after {start_s:.2f} s")
    return {"rows": rows, "start_s": start_s, "csv": str(csv)}
