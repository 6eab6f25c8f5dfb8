"""`visavis call CODE`: joins the call of whoever was given that code."""

from __future__ import annotations

import argparse

from app.commands import calling
from app.net.codes import tidy_code

EXAMPLES = """\
examples:
  visavis call 7-crossover-clockwork                  the code that `visavis host` printed
  visavis call 7-crossover-clockwork --clip talk.mp4 --identity me
  visavis call 7-crossover-clockwork --relay-only --ice-server turn:me:secret@turn.example
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "call",
        help="join a call by its code",
        description="Joins the call of the person who was given the code by `visavis host`.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("code", metavar="CODE", help="a number and two words")
    calling.add_flags(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Holds the call; see `calling.hold` for what it raises."""
    return calling.hold(arguments, tidy_code(arguments.code))
