"""The `visavis` command: reads the command line, runs one command, turns errors into one line.

Results go to standard output, everything else to standard error. Heavy packages are imported by the commands that need
them, so that `visavis --help` answers at once.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import metadata

from app.commands import bench, call, client, decode, demo, doctor, encode, enroll, host, identity, prepare, rendezvous
from app.native_log import quiet_native_log

EXIT_FAILURE = 1
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130
"""What a shell expects of a program that Ctrl-C ended."""

EXAMPLES = """\
examples:
  visavis                                              open the client
  visavis host                                         start a call: prints a code
  visavis call 7-crossover-clockwork                   join it from the other machine
  visavis demo                                         watch two peers talk (the sample portrait)
  visavis enroll --clip me.mp4 --out me.visavis        learn a face from a clip of it
  visavis encode talk.mp4 --identity me.visavis --out talk.vvs
  visavis decode talk.vvs --identity me.visavis --out talk.mkv --size 512x512
"""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without repeating the usage."""

    def error(self, message: str) -> None:  # type: ignore[override]
        self.exit(EXIT_BAD_INPUT, f"{self.prog}: {message} (see {self.prog} --help)\n")


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = _Parser(
        prog="visavis",
        description="A video call for links that cannot carry video.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"visavis {metadata.version('visavis')}")
    commands = parser.add_subparsers(dest="command", metavar="command", parser_class=_Parser)
    client.set_defaults(parser)
    for module in (host, call, enroll, encode, decode, demo, bench, identity, rendezvous, prepare, doctor):
        module.add_parser(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        argv: the arguments; the process's own when not given.

    Returns:
        0 on success, 2 on bad usage or input, 1 on any other failure, 130 after Ctrl-C.
    """
    arguments = build_parser().parse_args(argv)
    with contextlib.nullcontext() if arguments.verbose else quiet_native_log():
        return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    try:
        result = arguments.run(arguments)
        if arguments.json:
            sys.stderr.flush()
            print(json.dumps(without_nan(result), allow_nan=False), flush=True)
        return 0
    except BrokenPipeError:
        # Whoever read standard output left; the interpreter must not try to flush it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return EXIT_FAILURE
    except KeyboardInterrupt as interrupt:
        return _report(arguments, str(interrupt) or "stopped", EXIT_INTERRUPTED)
    except (ValueError, OSError) as error:
        return _report(arguments, _one_line(error), EXIT_BAD_INPUT)
    except Exception as error:
        hint = "" if arguments.verbose else " (--verbose shows where)"
        return _report(arguments, _one_line(error) + hint, EXIT_FAILURE)


def without_nan(value: object) -> object:
    """Puts null where a figure could not be measured: JSON has no NaN."""
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _report(arguments: argparse.Namespace, message: str, status: int) -> int:
    if arguments.verbose:
        traceback.print_exc()
    name = f"visavis {arguments.command}" if arguments.command else "visavis"
    print(f"{name}: {message}", file=sys.stderr)
    return status


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.strerror}: {error.filename}"
    text = " ".join(str(error).split())
    if isinstance(error, MemoryError):
        return "not enough memory" + (f": {text}" if text else "")
    meant_for_people = isinstance(error, (ValueError, OSError, RuntimeError))
    return text if text and meant_for_people else f"{type(error).__name__}: {text}"


if __name__ == "__main__":
    raise SystemExit(main())
