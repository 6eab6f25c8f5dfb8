"""`visavis host`: prints a code and waits for whoever types it."""

from __future__ import annotations

import argparse

from app.commands import calling

EXAMPLES = """\
examples:
  visavis host                                        a code from the public meeting point
  visavis host --clip talk.mp4 --identity me          a clip in place of the camera, and your own face
  visavis host --rendezvous ws://192.168.1.20:4000    your own meeting point (visavis rendezvous), no internet needed
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "host",
        help="start a call: prints a code for the other person",
        description="Prints a short code on standard output and waits for the other person to type it with "
        "`visavis call`. The meeting point can neither listen in nor pass for one of you.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    calling.add_flags(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Holds the call; see `calling.hold` for what it raises."""
    return calling.hold(arguments, None)
