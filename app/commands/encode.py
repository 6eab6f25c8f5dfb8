"""`visavis encode`: a clip of a person becomes a face stream."""

from __future__ import annotations

import argparse
import sys
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands import arguments as arg
from app.commands import conversion
from app.commands.prepare import prepare_first
from app.progress import ProgressBar

if TYPE_CHECKING:
    from app.offline import Coding
    from codec.stream import StreamInfo

ANALYSED_SIZE = 256
"""The tracker's own size in pixels: larger pictures would only be scaled down to it."""

FRAMES_PER_PACKET = 5
"""Most frames that a packet holds (BITSTREAM.md, "Face packet"): a file need not be quick."""

EXAMPLES = """\
examples:
  visavis encode talk.mp4 --identity me.visavis --out talk.vvs
  visavis encode talk.mp4 --identity me.visavis --out talk.vvs --frames 1429:1779 --json
  visavis encode talk.mp4 --identity me.visavis --out talk.vvs --fps 12.5 --kbps 1
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "encode",
        help="turn a clip into a face stream",
        description="Tracks a person through a clip and writes what a call would send of them.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("clip", type=Path, metavar="V", help="a video of the person")
    conversion.add_flags(parser, "S.vvs", "where the stream goes")
    parser.add_argument("--frames", type=arg.frame_range, metavar="A:B", help="frames A to B-1 only")
    parser.add_argument("--fps", type=arg.positive, metavar="N", help="drop frames down to N a second")
    parser.add_argument("--kbps", type=arg.positive, metavar="K", help="coarser steps until the payload fits into K")
    parser.add_argument(
        "--frames-per-packet",
        type=int,
        choices=range(1, FRAMES_PER_PACKET + 1),
        default=FRAMES_PER_PACKET,
        metavar="N",
        help=f"frames to code jointly, up to {FRAMES_PER_PACKET} ({FRAMES_PER_PACKET}); with 1 as in a call",
    )
    arg.add_output_flags(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Tracks, codes and writes.

    Raises:
        ValueError: the clip or the identity cannot be used.
    """
    files = conversion.open_conversion(arguments, "clip")

    from codec.statistics import FaceTables
    from codec.stream import StreamInfo
    from models.clip import probe_clip

    tables = FaceTables.from_arrays(files.identity.part("codec"))
    info = probe_clip(files.source)

    prepare_first()
    import numpy as np

    from app.offline import code_frames, code_within, read_range, see, thin_out

    fps = Fraction(arguments.fps).limit_denominator(1001) if arguments.fps else info.fps
    first, end = arguments.frames or (0, info.frames)
    expected = (end - first) * float(fps / info.fps)
    frames = thin_out(read_range(files.source, arguments.frames, ANALYSED_SIZE), float(info.fps), float(fps))
    bar = ProgressBar("tracking")
    seen = see(frames, files.identity, lambda done: bar.update(done / max(done, expected)))
    bar.close()
    bundle = arguments.frames_per_packet
    if arguments.kbps:
        coding = code_within(seen, tables, float(fps), arguments.kbps, bundle)
    else:
        coding = code_frames(seen, tables, bundle=bundle)
    size = _write(files.out, coding, StreamInfo(fps, files.identity_id, tables.layout))
    kbps = coding.payload_bytes * 8 / 1000 * float(fps) / len(seen)
    found = sum(frame.code is not None for frame in seen)
    print(f"{files.out}: {len(seen)} frames, {found} with a face, {kbps:.2f} kbps", file=sys.stderr)
    return {
        "frames": len(seen),
        "fps": float(fps),
        "bytes": size,
        "payload_kbps": round(kbps, 4),
        "track_ms_p50": round(float(np.median([frame.track_ms for frame in seen])), 3),
        "encode_ms_p50": round(float(np.median(coding.encode_ms)), 3),
        "faces_found": found,
        "plate_bytes": sum(len(frame.renewal.plate or b"") for frame in seen),
        "texture_bytes": sum(len(frame.renewal.texture or b"") for frame in seen),
    }


def _write(out: Path, coding: Coding, info: StreamInfo) -> int:
    from codec.stream import Kind, StreamWriter

    with StreamWriter(out, info) as writer:
        for packet in coding.packets:
            if packet.renewal.plate is not None:
                writer.write(Kind.PLATE, packet.renewal.plate)
            if packet.renewal.texture is not None:
                writer.write(Kind.TEXTURE, packet.renewal.texture)
            if packet.face is not None:
                writer.write(Kind.FACE, packet.face, packet.frames)
            else:
                writer.write(Kind.REPEAT)
        return writer.close()
