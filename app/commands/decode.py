"""`visavis decode`: a face stream becomes a video again, at any size."""

from __future__ import annotations

import argparse
import sys
from fractions import Fraction
from pathlib import Path

from app import paths
from app.commands import arguments as arg
from app.commands import conversion
from app.commands.prepare import prepare_first
from app.progress import ProgressBar
from app.settings import load_settings

DEFAULT_SIZE = (256, 256)

EXAMPLES = """\
examples:
  visavis decode talk.vvs --identity me.visavis --out talk.mkv
  visavis decode talk.vvs --identity me.visavis --out talk.mp4 --size 512x512
  visavis decode talk.vvs --identity me.visavis --out talk.mkv --backend cpu --threads 2 --json
  visavis decode slow.vvs --identity me.visavis --out smooth.mkv --fps 25

A .mkv is lossless (FFV1), a .mp4 is H.264 for any player.
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "decode",
        help="render a face stream into a video",
        description="Renders a face stream with the person's identity and writes a video.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("stream", type=Path, metavar="S.vvs", help="the face stream")
    conversion.add_flags(parser, "O.mkv", "where the video goes, .mkv or .mp4")
    parser.add_argument("--size", type=arg.picture_size, default=DEFAULT_SIZE, metavar="WxH", help="(256x256)")
    parser.add_argument(
        "--fps", type=arg.positive, metavar="N", help="more frames a second than the stream has, with faces in between"
    )
    parser.add_argument("--threads", type=arg.thread_count, metavar="N", help="threads of the renderer")
    parser.add_argument("--backend", choices=arg.BACKENDS, help="renderer (auto)")
    arg.add_output_flags(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Reads, renders and writes.

    Raises:
        ValueError: the stream or the identity cannot be used, or they do not belong together.
    """
    files = conversion.open_conversion(arguments, "stream")

    from app.video import VideoWriter, check_video
    from codec.statistics import FaceTables
    from codec.stream import Kind, StreamReader

    check_video(files.out, arguments.size)
    settings = load_settings()
    reader = StreamReader(files.source)
    if reader.info.identity != files.identity_id:
        raise ValueError(f"{files.source} was encoded with another identity than {files.identity_file}")
    tables = FaceTables.from_arrays(files.identity.part("codec"))
    if reader.info.layout != tables.layout:
        raise ValueError(f"damaged stream, its layout is not the identity's: {files.source}")
    if not reader.payload_bytes[Kind.FACE]:
        raise ValueError(f"{files.source} holds no face")

    prepare_first()
    import numpy as np

    from app.call.stages import warm_renderer
    from app.offline import Player, at_pace, decode_frames, read_stream
    from models.render.registry import open_renderer

    threads = arguments.threads or settings.threads or None
    renderer = open_renderer(files.identity, arguments.backend or settings.backend, threads)
    warm_renderer(renderer, tables, {arguments.size})  # loading its kernels takes 0.4 s, and is no frame's doing
    player = Player(files.identity, renderer, arguments.size)
    fps = Fraction(arguments.fps).limit_denominator(1001) if arguments.fps else reader.info.fps
    shown = at_pace(decode_frames(tables, read_stream(reader)), float(reader.info.fps), float(fps))
    expected = reader.info.frames * float(fps / reader.info.fps)
    bar = ProgressBar("rendering")
    frames = 0
    with paths.whole_file(files.out) as temporary, VideoWriter(temporary, arguments.size, fps) as video:
        for frame in shown:
            video.write(player.show(frame))
            frames += 1
            bar.update(frames / expected)
    bar.close()
    spent = np.asarray(player.render_ms)
    p50, p95 = np.percentile(spent, (50, 95))
    width, height = arguments.size
    speed = 1000 / float(spent.mean())
    print(f"{files.out}: {frames} frames of {width}x{height}, rendered at {speed:.1f} fps", file=sys.stderr)
    return {
        "frames": frames,
        "width": width,
        "height": height,
        "render_fps": round(speed, 2),
        "render_ms_p50": round(float(p50), 3),
        "render_ms_p95": round(float(p95), 3),
        "backend": renderer.name,
    }
