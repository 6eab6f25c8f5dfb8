"""`visavis demo`: two peers talk on this machine, in a window or into a file."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from app import paths
from app.commands import arguments as arg
from app.commands.prepare import prepare_first
from app.progress import ProgressBar
from app.settings import load_settings

if TYPE_CHECKING:
    from app.call.demo import DemoOptions, DemoReport, ShownFrame

HEADLESS_SECONDS = 20.0
"""Long enough for the identity to cross and for the figures to settle."""

WINDOW_SECONDS = 24 * 3600.0
"""A window stays open until somebody closes it."""

EXAMPLES = """\
examples:
  visavis demo                                        the sample portrait, in a window
  visavis demo --clip me.mp4 --identity me.visavis    a face that was enrolled
  visavis demo --headless --seconds 20 --record out/demo.mp4
  visavis demo --headless --loss 5% --delay 100 --rate 64 --json
  visavis demo --headless --sizes 128,256,512,256     the same stream at four sizes, one loop of the clip each
  visavis demo --h265-only                            the same call without the face stream
  visavis demo --headless --h265-only --seconds 40 --rate 400 --rate-steps 15:150,28:400

Keys in the window: 1 to 5 or the arrows change the resolution, Space holds the picture, F fills the screen, Esc closes.
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "demo",
        help="watch two peers talk on this machine",
        description="Two peers, each a process of its own, talk over a real WebRTC connection on this machine. "
        "The portrayed peer's camera and microphone play a clip.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--clip", type=Path, metavar="V", help="what the camera plays (the sample portrait)")
    parser.add_argument("--identity", metavar="ID", help="the person's identity (the sample's; none with --clip)")
    parser.add_argument("--seconds", type=arg.positive, metavar="N", help="length of the call (20 without a window)")
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument("--size", type=arg.picture_size, metavar="WxH", help="first output size (as chosen last)")
    sizes.add_argument(
        "--sizes",
        type=arg.picture_sizes,
        metavar="A,B,...",
        help="change the output size mid-call, after each loop of the clip, or evenly over --seconds",
    )
    parser.add_argument("--headless", action="store_true", help="no window: hold the call and print its figures")
    parser.add_argument("--record", type=Path, metavar="O.mp4", help="write what the window shows to a file")
    parser.add_argument("--loss", type=arg.share, default=0.0, metavar="P", help="share of packets lost, each way (0)")
    parser.add_argument("--delay", type=arg.not_negative, default=0.0, metavar="MS", help="one-way delay in ms (0)")
    parser.add_argument("--jitter", type=arg.not_negative, default=0.0, metavar="MS", help="most delay beyond it (0)")
    parser.add_argument("--rate", type=arg.positive, metavar="KBPS", help="rate of the link each way (unlimited)")
    parser.add_argument(
        "--rate-steps",
        type=arg.timed_rates,
        default=(),
        metavar="S:KBPS,...",
        help="change the rate at these seconds after the ends meet; goes with --rate",
    )
    parser.add_argument(
        "--wire",
        choices=("auto", "plain", "low"),
        default="auto",
        help="let the face ride on the sound's packets: when the link is narrow, never, or always (auto)",
    )
    parser.add_argument("--known", action="store_true", help="the viewer has the identity from an earlier call")
    parser.add_argument("--h265-only", action="store_true", help="stay with H.265")
    parser.add_argument("--threads", type=arg.thread_count, metavar="N", help="threads of the renderer")
    parser.add_argument("--backend", choices=arg.BACKENDS, help="renderer (auto)")
    arg.add_output_flags(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Holds the call.

    Raises:
        ValueError: the clip, the identity or an option cannot be used.
        RuntimeError: the call failed.
    """
    options = _options(arguments)
    prepare_first()
    if arguments.headless:
        report = _run_headless(options, arguments.record)
    else:
        for flag in ("record", "sizes"):
            if getattr(arguments, flag) is not None:
                raise ValueError(f"--{flag} goes with --headless")
        report = _run_window(options, close_at_end=arguments.seconds is not None)
    if not arguments.json:
        print(format_report(report))
    return report.as_json()


def _options(arguments: argparse.Namespace) -> DemoOptions:
    from app.call.demo import DemoOptions
    from codec.identity import read_identity

    settings = load_settings()
    clip = paths.check_input(arguments.clip or paths.sample_clip(), "clip")
    identity = None
    if arguments.identity is not None:
        identity = paths.find_identity(arguments.identity)
    elif arguments.clip is None and not arguments.h265_only:
        identity = paths.check_input(paths.sample_identity(), "identity")
    if identity is not None:
        read_identity(identity)  # a damaged one is told of before a call is made
    sizes = arguments.sizes or (arguments.size or (settings.size, settings.size),)
    seconds = _seconds(arguments, clip)
    return DemoOptions(
        clip=clip,
        identity=identity,
        seconds=seconds,
        size=sizes[0],
        size_schedule=tuple((seconds * index / len(sizes), size) for index, size in enumerate(sizes) if index),
        loss=arguments.loss,
        delay_ms=arguments.delay,
        jitter_ms=arguments.jitter,
        rate_kbps=arguments.rate,
        rate_steps=arguments.rate_steps,
        h265_only=arguments.h265_only,
        wire=arguments.wire,
        identity_known=arguments.known,
        threads=arguments.threads or settings.threads or None,
        backend=arguments.backend or settings.backend,
    )


def _seconds(arguments: argparse.Namespace, clip: Path) -> float:
    """Length of the call."""
    if arguments.seconds is not None:
        return float(arguments.seconds)
    if not arguments.headless:
        return WINDOW_SECONDS
    if arguments.sizes is None:
        return HEADLESS_SECONDS

    from models.clip import probe_clip

    info = probe_clip(clip)
    if not info.frames:
        raise ValueError(f"{clip}: its length is not known; give the call's with --seconds")
    return len(arguments.sizes) * float(info.frames / info.fps)


def _run_headless(options: DemoOptions, record: Path | None) -> DemoReport:
    from app.call.demo import run_demo

    bar = ProgressBar("in the call")
    first_ns: int | None = None

    with ExitStack() as stack:
        take = None
        if record is not None:
            from app.call.recording import open_recording

            temporary = stack.enter_context(paths.whole_file(paths.check_output(record)))
            take = stack.enter_context(open_recording(temporary, options.clip))

        def on_frame(shown: ShownFrame) -> None:
            nonlocal first_ns
            first_ns = shown.t_shown_ns if first_ns is None else first_ns
            elapsed_s = (shown.t_shown_ns - first_ns) / 1e9
            bar.update(elapsed_s / options.seconds, options.seconds - elapsed_s, f"{shown.mode}, {shown.reason}")
            if take is not None:
                take(shown)

        report = run_demo(options, on_frame)
    bar.close()
    if record is not None:
        print(f"wrote {record}", file=sys.stderr)
    return report


def _run_window(options: DemoOptions, close_at_end: bool) -> DemoReport:
    # Qt is loaded for a window only: a machine without its libraries can run everything else.
    from app.ui.demo_window import show_demo

    report = show_demo(options, close_at_end)
    if report is None:
        raise RuntimeError("closed before the call began")
    return report


def format_report(report: DemoReport) -> str:
    """The call's figures as a table for people."""
    modes = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in report.mode_seconds.items() if seconds > 0)
    rows = [
        ("length", f"{report.seconds:.1f} s ({modes or 'no picture'})"),
        ("picture", f"{report.payload_kbps:.2f} kbps"),
        ("sound", f"{report.audio_kbps:.1f} kbps"),
        ("on the wire", f"{report.wire_kbps_out:.1f} kbps out, {report.wire_kbps_back:.1f} kbps back"),
        ("camera", f"{report.frames_sent} pictures, {report.analyse_ms:.0f} ms to find the face in each"),
        (
            "shown",
            f"{report.frames_shown} pictures, {report.fps:.1f} fps, longest freeze {report.freeze_ms_max:.0f} ms",
        ),
        ("latency", f"{report.latency_ms_p50:.0f} ms median, {report.latency_ms_p95:.0f} ms at 95 %"),
        (
            "sound heard",
            f"{report.audio_delay_ms:.0f} ms against jitter, {report.audio_lost} packets lost, "
            f"{report.audio_recovered} recovered, longest gap {report.audio_gap_ms_max:.0f} ms",
        ),
        ("lips", f"{report.lips_ms_p5:+.0f} to {report.lips_ms_p95:+.0f} ms behind the sound"),
        ("likeness", f"{report.psnr:.1f} dB PSNR"),
    ]
    if report.resolution_switches:
        rows.append(("switches", f"{report.resolution_switches} of the output size, within one connection"))
    for interval in report.by_size:
        width, height = interval.size
        rows.append(
            (
                f"at {width}x{height}",
                f"{interval.payload_kbps:.2f} kbps, {interval.fps:.1f} fps for {interval.seconds:.1f} s",
            )
        )
    return "\n".join(f"{name:<14} {value}" for name, value in rows)
