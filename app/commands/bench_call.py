"""`visavis bench wire` and `bench latency`: what a call costs on the wire, and how long it takes to the display."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from app import paths
from app.commands import arguments as arg

if TYPE_CHECKING:
    from app.bench.wire import Content

SECONDS = 20.0
"""Counted length of each of the four calls: reports come once or twice a second, so their share is right to 5 %."""

SPEECH_BLOCKS = 1500
"""Blocks of 20 ms that speech is looked for in: half a minute."""

WIRE_EXAMPLES = """\
examples:
  visavis bench wire                                       the sample: plain and low wire, talking and silent
  visavis bench wire --clip me.mp4 --identity me.visavis --seconds 60 --json
  visavis bench wire --rate 32 --delay 75 --loss 2%

Two real peers, both sending faces and sound; rates are of one direction, with 28 bytes of headers for each packet.
Speech is cut of its pauses, so talking means all the time. audio: sound packets and what rides on them; data: messages;
sctp, rtcp, stun: what the protocols say of themselves. face_gap, face_ms: the longest time without a face, and how long
one takes from the encoder to the other end, waiting for company included; sound_gap: sound that had to be made up.
"""


LATENCY_SECONDS = 60.0
"""Of each call: long enough to meet two lost packets in a row now and then."""

LATENCY_EXAMPLES = """\
examples:
  visavis bench latency                                    the sample over three links, a minute each
  visavis bench latency --seconds 20 --size 512x512
  visavis bench latency --loss 5% --delay 100 --rate 64    one link of your own

Whole calls between two processes, with tracking and rendering: other work on the machine spoils them. over_link: beyond
the link's own delay. sound_gap: the longest stretch of sound that was made up, recovered packets not counted. lips:
shown behind their sound, negative when ahead; lips_within: the share within 45 ms.
"""


def add_wire_flags(bench: argparse.ArgumentParser) -> None:
    """Adds the flags of `bench wire`."""
    bench.add_argument("--seconds", type=arg.positive, default=SECONDS, metavar="N", help=f"of each call ({SECONDS:g})")
    add_link_flags(bench)
    bench.set_defaults(run=run_wire)


def add_link_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of an emulated link."""
    parser.add_argument("--loss", type=arg.share, default=0.0, metavar="P", help="share of packets lost, each way (0)")
    parser.add_argument("--delay", type=arg.not_negative, default=0.0, metavar="MS", help="one-way delay in ms (0)")
    parser.add_argument("--jitter", type=arg.not_negative, default=0.0, metavar="MS", help="most delay beyond it (0)")
    parser.add_argument("--rate", type=arg.positive, metavar="KBPS", help="rate of the link each way (unlimited)")


def run_wire(arguments: argparse.Namespace) -> dict[str, object]:
    """Measures what each way of sending costs.

    Raises:
        ValueError: the clip or the identity cannot be used.
    """
    from app.bench.report import Plot
    from app.bench.wire import PANELS, X, measure_wire
    from app.commands.bench_sheets import publish
    from app.net.emulator import LinkConditions
    from app.progress import show_progress

    content = _read_content(arguments)
    conditions = LinkConditions(arguments.loss, arguments.delay, arguments.rate, jitter_ms=arguments.jitter)
    with show_progress("in calls") as bar:
        rows = measure_wire(content, arguments.seconds, conditions, bar.update)
    drawn = [{**row, "row": index} for index, row in enumerate(rows)]
    return publish(arguments, rows, Plot("wire", X, PANELS, "Bytes of a call"), drawn)


def _read_content(arguments: argparse.Namespace) -> Content:
    from app.bench.wire import Content, continuous_speech
    from app.call.audio import read_sound
    from app.call.stages import face_tables
    from app.commands.bench_footage import look

    identity, _, seen, fps = look(arguments, None)
    codes = [frame.code for frame in seen if frame.code is not None]
    clip = paths.check_input(arguments.clip or paths.sample_clip(), "clip")
    speech = continuous_speech(read_sound(clip), SPEECH_BLOCKS)
    if not codes:
        raise ValueError(f"{clip}: no face was found")
    return Content(face_tables(identity), codes, fps, speech)


def add_latency_flags(bench: argparse.ArgumentParser) -> None:
    """Adds the flags of `bench latency`."""
    bench.add_argument("--identity", metavar="ID", help="the person's identity (the sample's)")
    text = f"of each call ({LATENCY_SECONDS:g})"
    bench.add_argument("--seconds", type=arg.positive, default=LATENCY_SECONDS, metavar="N", help=text)
    bench.add_argument("--size", type=arg.picture_size, default=(256, 256), metavar="WxH", help="output size (256x256)")
    add_link_flags(bench)
    bench.set_defaults(run=run_latency)


def run_latency(arguments: argparse.Namespace) -> dict[str, object]:
    """Measures calls over some links.

    Raises:
        ValueError: the clip or the identity cannot be used.
        RuntimeError: a call failed.
    """
    from app.bench.latency import LINKS, PANELS, Link, X, measure_latency
    from app.bench.report import Plot
    from app.commands.bench_sheets import publish
    from app.progress import show_progress

    clip = paths.check_input(arguments.clip or paths.sample_clip(), "clip")
    identity = paths.find_identity(arguments.identity) if arguments.identity else paths.sample_identity()
    own = Link("given", arguments.loss, arguments.delay, arguments.jitter, arguments.rate)
    links = LINKS if own == Link("given") else (own,)
    arguments.out.mkdir(parents=True, exist_ok=True)
    with show_progress("in calls") as bar:
        rows = list(measure_latency(links, clip, identity, arguments.size, arguments.seconds, bar.update))
    drawn = [{**row, "row": index} for index, row in enumerate(rows)]
    return publish(arguments, rows, Plot("link", X, PANELS, "Calls over links"), drawn)
