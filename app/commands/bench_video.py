"""`visavis bench video`: H.265 over links that change and lose."""

from __future__ import annotations

import argparse

from app import paths
from app.commands import arguments as arg

RATES_KBPS = (400.0, 150.0, 400.0)
"""A link that a neighbour fills for a while."""

SECONDS = 15.0
"""At each rate: twice what the call needs to find it."""

DELAYS_MS = (10.0, 50.0)
"""A usual link, one way, and one across an ocean."""

VIDEO_EXAMPLES = """\
examples:
  visavis bench video                                      the sample: 400, 150 and 400 kbps, and both jitter buffers
  visavis bench video --clip me.mp4 --rates 1000,80,1000 --seconds 30 --delays 5,25,75 --json
  visavis bench video --loss 5%

The encoder and all that decides are the call's own; link and clock are emulated, so other work on the machine changes
nothing. used: share of the link that was taken, with headers and 26 kbit/s of sound, from the change of its rate on.
freeze: the longest time without a new picture. late: from sending to the whole picture, beyond the link's own delay.
The second table gives the same pictures at 150 kbps to this program's jitter buffer and to aiortc's.
"""


def add_video_flags(bench: argparse.ArgumentParser) -> None:
    """Adds the flags of `bench video`."""
    rates = ",".join(f"{rate:g}" for rate in RATES_KBPS)
    delays = ",".join(f"{delay:g}" for delay in DELAYS_MS)
    bench.add_argument("--rates", type=_rates, default=RATES_KBPS, metavar="KBPS,...", help=f"of the link ({rates})")
    text = f"at each rate ({SECONDS:g})"
    bench.add_argument("--seconds", type=arg.positive, default=SECONDS, metavar="N", help=text)
    text = f"one-way delays of the link ({delays})"
    bench.add_argument("--delays", type=_delays, default=DELAYS_MS, metavar="MS,...", help=text)
    bench.add_argument("--loss", type=arg.share, default=0.0, metavar="P", help="share of packets lost, each way (0)")
    bench.set_defaults(run=run_video)


def _rates(text: str) -> tuple[float, ...]:
    return tuple(arg.positive(part) for part in text.split(","))


def _delays(text: str) -> tuple[float, ...]:
    return tuple(arg.not_negative(part) for part in text.split(","))


def run_video(arguments: argparse.Namespace) -> dict[str, object]:
    """Measures H.265 over links.

    Raises:
        ValueError: the clip or a rate cannot be used.
    """
    from app.bench.report import Plot
    from app.bench.video import PANELS, X, measure_buffers, measure_steps, phases, read_pictures
    from app.commands.bench_sheets import publish, publish_parts
    from app.progress import show_progress
    from models.clip import probe_clip

    clip = paths.check_input(arguments.clip or paths.sample_clip(), "clip")
    fps = probe_clip(clip).fps
    arguments.out.mkdir(parents=True, exist_ok=True)
    pictures = read_pictures(clip)
    course = phases(arguments.rates, arguments.seconds)
    with show_progress("sending pictures") as bar:
        rows = []
        for done, delay_ms in enumerate(arguments.delays):
            bar.update(done / (len(arguments.delays) + 1))
            rows += measure_steps(pictures, fps, course, delay_ms, arguments.loss)
        buffers = measure_buffers(pictures, fps, arguments.seconds * len(course))
    outcome = publish(arguments, rows, Plot("delay_ms", X, PANELS, "H.265 over links"))
    return {**outcome, **publish_parts(arguments, "buffers", buffers)}
