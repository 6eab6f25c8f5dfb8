"""`visavis bench outage`: how a call comes back after its link was away."""

from __future__ import annotations

import argparse

from app import paths
from app.commands import arguments as arg

SECONDS = 10.0
"""Length of an outage: a lift, a tunnel, a router that starts again."""

DELAYS_MS = (1.0, 50.0, 150.0)
"""A local network, a usual link, and one by satellite or a full mobile cell."""

OUTAGE_EXAMPLES = """\
examples:
  visavis bench outage                                     ten seconds, three times each, at three delays: 5 minutes
  visavis bench outage --seconds 30 --delays 50 --repeat 1 --json

Both ends, the meeting point and the links between them are in one process. The link alone goes away, or the way to the
meeting point with it. Every figure is the worst of all outages of its row and both ends.
"""


def add_outage_flags(bench: argparse.ArgumentParser) -> None:
    """Adds the flags of `bench outage`."""
    bench.add_argument("--seconds", type=arg.positive, default=SECONDS, metavar="N", help=f"of an outage ({SECONDS:g})")
    delays = ",".join(f"{delay:g}" for delay in DELAYS_MS)
    bench.add_argument(
        "--delays", type=_delays, default=DELAYS_MS, metavar="MS,MS,...", help=f"one-way delays of the link ({delays})"
    )
    bench.add_argument("--repeat", type=arg.thread_count, default=3, metavar="N", help="outages of each kind (3)")
    bench.set_defaults(run=run_outage)


def _delays(text: str) -> tuple[float, ...]:
    return tuple(arg.not_negative(part) for part in text.split(","))


def run_outage(arguments: argparse.Namespace) -> dict[str, object]:
    """Measures how a call comes back after an outage.

    Raises:
        ValueError: the clip cannot be used.
        RuntimeError: a call did not come back.
    """
    from app.bench.outage import PANELS, X, measure_outages
    from app.bench.report import Plot
    from app.commands.bench_sheets import publish
    from app.progress import show_progress

    clip = paths.check_input(arguments.clip or paths.sample_clip(), "clip")
    arguments.out.mkdir(parents=True, exist_ok=True)
    with show_progress("cutting links") as bar:
        rows = measure_outages(clip, arguments.seconds, arguments.delays, arguments.repeat, bar.update)
    return publish(arguments, rows, Plot("gone", X, PANELS, "A call after an outage"))
