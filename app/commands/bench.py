"""`visavis bench`: measures this machine and this model, with a table, a CSV and a plot."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from app import paths
from app.commands import arguments as arg
from app.commands import bench_call, bench_outage, bench_video, bench_window
from app.commands.bench_footage import look
from app.commands.bench_sheets import publish, publish_parts
from app.progress import show_progress

if TYPE_CHECKING:
    from app.bench.report import Row
    from app.bench.train import Material

SIZES = (128, 256, 512, 1024)

MINUTES = (1.0, 3.0, 10.0)

LEARNED = 0.8
"""Share of a clip that is enrolled; what follows is measured on."""

MOST_HELD_OUT = 250
"""Frames that are measured on, ten seconds: more change no figure by much."""

EXAMPLES = """\
examples:
  visavis bench render --sizes 128,256,512 --out out/bench
  visavis bench rd --clip me.mp4 --identity me.visavis --frames 1000:1250 --out out/bench
  visavis bench train --clip me.mp4 --minutes 1,3,10 --out out/bench
"""

RENDER_EXAMPLES = """\
examples:
  visavis bench render                                     the sample, 128 to 1024 pixels, on one thread and on two
  visavis bench render --sizes 256 --threads 1,2,4,8 --out out/bench --json
  visavis bench render --backend reference --sizes 64,128

rss_mb is the memory of a process that does nothing but render. The second table is of the CPU renderer on one thread:
what each stage takes, how many operations and bytes it has to do with, and the least that this machine needs for them
by what small kernels of their own reach here. Other work on the machine spoils all of it.
"""

RD_EXAMPLES = """\
examples:
  visavis bench rd                                         the sample, on frames that its identity has not seen
  visavis bench rd --clip me.mp4 --identity me.visavis --frames 1000:1250 --size 512 --json

Give frames that the enrolment has not seen. Beside table, CSV and plot it writes rd-pictures.png: the same moments as
they were filmed, rendered, and through H.265 at the rate that comes nearest. psnr_person counts the pixels of the
person, psnr_features boxes around mouth and eyes. prmse is the head's error in degrees, csim how alike a network
for faces finds the persons: two frames of one person have some 0.96 to 1, two people 0.77 to 0.94.
"""

RATE_EXAMPLES = """\
examples:
  visavis bench rate                                       the sample, on frames that its identity has not seen
  visavis bench rate --clip me.mp4 --identity me.visavis --frames 1000:1250 --json

Give frames that the enrolment has not seen. The curve tells what each quality loses against the picture of the numbers
as they are, with five frames to a packet and with one. The second table tells where the bits go: each component moves
many numbers, and its bits are shared out among them. The third writes the same numbers in other ways.
"""

TRAIN_EXAMPLES = """\
examples:
  visavis bench train                                      the sample, 1, 3 and 10 minutes
  visavis bench train --clip me.mp4 --frames 0:1250 --held-out 1250:1500 --minutes 1,2,5 --json

Enrols once for each time, tracking included, as `visavis enroll` does, and measures on frames that were held out.
train_psnr is that of the enrolment's own frames. The second table tells what a step of training consists of, on the
CPU, while density is learned and once it is baked. Ctrl-C keeps the enrolments that are done.
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "bench",
        help="measure speed and likeness",
        description="Measures on a clip: prints a table, and writes a CSV and a plot into --out.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    benches = parser.add_subparsers(dest="bench", metavar="bench", required=True)
    _add_render(benches)
    _add_rd(benches)
    _add_rate(benches)
    _add_train(benches)
    _add_wire(benches)
    _add_outage(benches)
    _add_video(benches)
    _add_window(benches)


def _add_render(benches: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "Renders the codes of a clip at each size, and tells where the time goes."
    render = _add_bench(benches, "render", "pictures per second at each size", text, RENDER_EXAMPLES)
    _add_person_flags(render)
    sizes = ",".join(map(str, SIZES))
    render.add_argument("--sizes", type=_sizes, default=SIZES, metavar="N,N,...", help=f"sides ({sizes})")
    render.add_argument("--threads", type=_threads, metavar="N,N,...", help="threads of the renderer (1,2)")
    render.set_defaults(run=run_render)


def _add_rd(benches: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "Codes the same frames as a face stream and with libx265, and measures likeness and bitrate."
    rd = _add_bench(benches, "rd", "likeness against bitrate, beside H.265", text, RD_EXAMPLES)
    _add_person_flags(rd)
    rd.add_argument("--size", type=arg.square_size, default=256, metavar="N", help="side of the pictures (256)")
    rd.add_argument("--threads", type=arg.thread_count, metavar="N", help="threads of the renderer")
    rd.set_defaults(run=run_rd)


def _add_rate(benches: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "Codes a clip at several qualities, and tells where its bits go and what they buy."
    rate = _add_bench(benches, "rate", "where the bits go, and what they buy", text, RATE_EXAMPLES)
    _add_person_flags(rate)
    rate.add_argument("--size", type=arg.square_size, default=256, metavar="N", help="side of the pictures (256)")
    rate.add_argument("--threads", type=arg.thread_count, metavar="N", help="threads of the renderer")
    rate.set_defaults(run=run_rate)


def _add_train(benches: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "Enrols for some minutes each, and measures likeness on frames that the enrolments have not seen."
    train = _add_bench(benches, "train", "likeness against the time of enrolment", text, TRAIN_EXAMPLES)
    train.add_argument(
        "--frames", type=arg.frame_range, metavar="A:B", help="enrol frames A to B-1 (the first four fifths)"
    )
    train.add_argument(
        "--held-out", type=arg.frame_range, metavar="A:B", help=f"measure on these (up to {MOST_HELD_OUT} that follow)"
    )
    minutes = ",".join(f"{minutes:g}" for minutes in MINUTES)
    train.add_argument("--minutes", type=_minutes, default=MINUTES, metavar="M,M,...", help=f"times ({minutes})")
    train.add_argument("--size", type=arg.square_size, default=256, metavar="N", help="side of the pictures (256)")
    train.add_argument("--threads", type=arg.thread_count, metavar="N", help="CPU threads (all cores)")
    train.add_argument("--backend", choices=("auto", "cpu", "cuda"), default="auto", help="what trains (auto)")
    train.set_defaults(run=run_train)


def _add_wire(benches: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "Holds calls between two peers on this machine and counts their bytes by kind."
    wire = _add_bench(benches, "wire", "what a call costs on the wire", text, bench_call.WIRE_EXAMPLES)
    _add_person_flags(wire)
    bench_call.add_wire_flags(wire)
    text = "Holds whole calls over some links, and measures latency, freezes, and gaps in the sound."
    latency = _add_bench(benches, "latency", "from camera to display", text, bench_call.LATENCY_EXAMPLES)
    bench_call.add_latency_flags(latency)


def _add_outage(benches: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "Holds calls whose link goes away and comes back, and measures how soon picture and sound are there again."
    outage = _add_bench(benches, "outage", "how a call comes back", text, bench_outage.OUTAGE_EXAMPLES)
    bench_outage.add_outage_flags(outage)


def _add_video(benches: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "Sends a clip in H.265 over links whose rate changes, and gives two jitter buffers the same lost packets."
    video = _add_bench(benches, "video", "H.265 on links that change and lose", text, bench_video.VIDEO_EXAMPLES)
    bench_video.add_video_flags(video)


def _add_window(benches: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "Opens the client, and measures how soon it is there, its processor time, and how long its thread stalls."
    window = _add_bench(benches, "window", "what the client's window costs", text, bench_window.WINDOW_EXAMPLES)
    bench_window.add_window_flags(window)


def _add_bench(
    benches: argparse._SubParsersAction[argparse.ArgumentParser], name: str, summary: str, text: str, examples: str
) -> argparse.ArgumentParser:
    bench: argparse.ArgumentParser = benches.add_parser(
        name, help=summary, description=text, epilog=examples, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    bench.add_argument("--clip", type=Path, metavar="V", help="the clip (the sample portrait)")
    bench.add_argument("--out", type=Path, default=Path("out/bench"), metavar="DIR", help="folder (out/bench)")
    arg.add_output_flags(bench)
    return bench


def _add_person_flags(bench: argparse.ArgumentParser) -> None:
    bench.add_argument("--identity", metavar="ID", help="the person's identity (the sample's)")
    bench.add_argument(
        "--frames", type=arg.frame_range, metavar="A:B", help="frames A to B-1 (0:100; of the sample 800:900)"
    )
    bench.add_argument("--backend", choices=arg.BACKENDS, default="auto", help="renderer (auto)")


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(arg.square_size(part) for part in text.split(","))


def _threads(text: str) -> tuple[int, ...]:
    return tuple(arg.thread_count(part) for part in text.split(","))


def _minutes(text: str) -> tuple[float, ...]:
    return tuple(arg.positive(part) for part in text.split(","))


def run_render(arguments: argparse.Namespace) -> dict[str, object]:
    """Measures pictures per second at each size.

    Raises:
        ValueError: the clip or the identity cannot be used.
    """
    from app.bench.render import PANELS, X, measure_render, spread
    from app.bench.report import Plot
    from app.bench.roofline import measure_stages

    identity, _, seen, _ = look(arguments, None)
    codes = [frame.code for frame in seen if frame.code is not None]
    threads = arguments.threads or tuple(range(1, min(2, os.cpu_count() or 1) + 1))
    with show_progress("rendering") as bar:
        rows = measure_render(identity, codes, arguments.sizes, threads, arguments.backend, bar.update)
    outcome = publish(arguments, rows, Plot("threads", X, PANELS, "Rendering speed"))
    if arguments.backend not in ("auto", "cpu"):
        return outcome
    with show_progress("timing stages") as bar:
        machine, stages = measure_stages(identity, spread(codes), arguments.sizes, bar.update)
    print(f"\n{machine.describe()}\n")
    return {**outcome, "machine": asdict(machine), **publish_parts(arguments, "stages", stages)}


def run_rd(arguments: argparse.Namespace) -> dict[str, object]:
    """Measures likeness against bitrate.

    Raises:
        ValueError: the clip or the identity cannot be used, or H.265 does not take the size.
    """
    from app.bench.face_likeness import FaceRecogniser, why_no_csim
    from app.bench.picture_grid import write_grid
    from app.bench.rd import PANELS, Footage, X, measure_rd, nearest_rival
    from app.bench.regions import find_regions
    from app.bench.report import Plot
    from app.bench.vmaf import why_no_vmaf
    from codec.h265 import require_size
    from models.render.registry import open_renderer

    require_size(arguments.size, arguments.size)
    recogniser = FaceRecogniser() if why_no_csim() is None else None
    identity, frames, seen, fps = look(arguments, arguments.size)
    with show_progress("finding mouth and eyes") as bar:
        regions = find_regions(frames, identity, lambda done: bar.update(done / len(frames)), recogniser)
    footage = Footage([frame.rgb for frame in frames], seen, regions, fps, identity, recogniser)
    renderer = open_renderer(identity, arguments.backend, arguments.threads)
    with show_progress("comparing") as bar:
        points = measure_rd(identity, renderer, footage, bar.update)
    for reason in (why_no_vmaf(arguments.size), why_no_csim()):
        if reason is not None:
            print(reason, file=sys.stderr)
    pair = nearest_rival(points)
    pictures = arguments.out / "rd-pictures.png"
    captions = ["original", *(f"{point.codec}, {point.kbps:.1f} kbps" for point in pair)]
    originals = [footage.originals[number] for number in footage.shown]
    write_grid(pictures, captions, [originals, *(point.pictures for point in pair)])
    panels = [axis for axis in PANELS if axis.key in points[0].likeness]
    size = f"{arguments.size} x {arguments.size}"
    plot = Plot("codec", X, panels, f"Likeness at {size}")
    outcome = publish(arguments, [point.row for point in points], plot)
    print(f"wrote {pictures}", file=sys.stderr)
    return {**outcome, "pictures": str(pictures)}


def run_rate(arguments: argparse.Namespace) -> dict[str, object]:
    """Measures where the face stream's bits go, and what they buy.

    Raises:
        ValueError: the clip or the identity cannot be used.
    """
    import numpy as np

    from app.bench.rate import PANELS, Footage, X, field_rows, measure_rate, rival_rows
    from app.bench.report import Plot
    from codec.statistics import FaceTables
    from models.render.registry import open_renderer

    identity, frames, seen, fps = look(arguments, arguments.size)
    footage = Footage([frame.rgb for frame in frames], seen, fps)
    tables = FaceTables.from_arrays(identity.part("codec"))
    renderer = open_renderer(identity, arguments.backend, arguments.threads)
    with show_progress("comparing") as bar:
        rows = measure_rate(identity, renderer, footage, bar.update)
    panels = [axis for axis in PANELS if not np.isnan(float(rows[0][axis.key]))]
    outcome = publish(arguments, rows, Plot("frames_per_packet", X, panels, "What each quality loses"))
    print()
    fields = publish_parts(arguments, "fields", field_rows(tables, footage))
    print()
    return {**outcome, **fields, **publish_parts(arguments, "rivals", rival_rows(tables, footage))}


def run_train(arguments: argparse.Namespace) -> dict[str, object]:
    """Measures likeness against the time of enrolment.

    Raises:
        ValueError: the clip cannot be used, or leaves nothing to measure on.
    """
    from app.bench.report import Plot
    from app.bench.step_profile import profile_steps
    from app.bench.train import PANELS, X, measure_training, plot_rows

    material = _read_material(arguments)
    with show_progress("profiling a step") as bar:
        parts = profile_steps(material.enrolled, bar.update)
    rows: list[Row] = []
    with show_progress("enrolling") as bar, _keep_what_is_done(rows):
        for row in measure_training(material, arguments.minutes, arguments.threads, arguments.backend, bar.update):
            rows.append(row)
            print(f"{row['minutes']:g} min: {row['psnr']:.2f} dB on unseen frames", file=sys.stderr)
    outcome = publish(arguments, rows, Plot("frames", X, PANELS, "Likeness by enrolment time"), plot_rows(rows))
    print("\na training step on the CPU\n")
    return {**outcome, **publish_parts(arguments, "steps", parts)}


def _read_material(arguments: argparse.Namespace) -> Material:
    from app.bench.train import Material
    from app.offline import read_range
    from models.clip import probe_clip

    clip = paths.check_input(arguments.clip or paths.sample_clip(), "clip")
    info = probe_clip(clip)
    first, end = arguments.frames or (0, int(LEARNED * info.frames))
    held_out = arguments.held_out or (end, min(end + MOST_HELD_OUT, info.frames))
    if held_out[1] <= held_out[0]:
        raise ValueError(f"{clip}: nothing is left to measure on after frame {end}; choose less with --frames")
    if held_out[0] < end and first < held_out[1]:
        raise ValueError("--held-out names frames that are enrolled")
    arguments.out.mkdir(parents=True, exist_ok=True)
    enrolled = [frame.rgb for frame in read_range(clip, (first, end), arguments.size)]
    return Material(enrolled, list(read_range(clip, held_out, arguments.size)), float(info.fps))


@contextmanager
def _keep_what_is_done(rows: Sequence[Row]) -> Iterator[None]:
    """Lets Ctrl-C end the block once there are rows."""
    try:
        yield
    except KeyboardInterrupt:
        if not rows:
            raise
        print("stopped; what is done is kept", file=sys.stderr)
