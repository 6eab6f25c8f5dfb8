"""`visavis prepare`: compiles for this processor what a call needs."""

from __future__ import annotations

import argparse

from app import preparation
from app.call.stage import give_way
from app.commands import arguments as arg
from app.paths import sample_clip, sample_identity
from app.progress import show_progress


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "prepare",
        help="compile for this processor ahead of the first call",
        description="Compiles for this processor what a call needs, so that the first one need not wait. Where that is "
        "done already it ends at once. The client does it by itself.",
        epilog="example:\n  visavis prepare\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    arg.add_output_flags(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Compiles what is not compiled yet.

    Raises:
        ValueError: the sample is missing.
    """
    was_prepared = preparation.is_prepared()
    if not was_prepared:
        give_way()  # a call may be held meanwhile
        _prepare()
    if not arguments.json:
        print("Everything is compiled for this processor.")
    return {"was_prepared": was_prepared}


def prepare_first() -> None:
    """Compile, with the time left, what a command would otherwise compile without a word; the first time only."""
    if not preparation.is_prepared() and sample_clip().is_file() and sample_identity().is_file():
        _prepare()


def _prepare() -> None:
    with show_progress("compiling for this processor, once") as bar:
        preparation.prepare(bar.update)
