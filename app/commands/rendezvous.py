"""`visavis rendezvous`: runs a meeting point of one's own."""

from __future__ import annotations

import argparse
import re
import signal
import sys
import threading

from app.commands import arguments as arg

EXAMPLES = """\
examples:
  visavis rendezvous                                  on all addresses of this machine, port 4000
  visavis rendezvous --listen 127.0.0.1:4000          behind a web server that adds TLS
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "rendezvous",
        help="run a meeting point of your own",
        description="Runs the server at which two ends find each other by a code, until Ctrl-C. It keeps everything in "
        "memory, sees addresses and times, and cannot read what passes.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--listen", type=listening_address, default="0.0.0.0:4000", metavar="ADDRESS:PORT", help="where (0.0.0.0:4000)"
    )
    parser.add_argument("--seconds", type=arg.positive, metavar="N", help="stop after this long")
    arg.add_output_flags(parser)
    parser.set_defaults(run=run)


def listening_address(text: str) -> tuple[str, int]:
    """`ADDRESS:PORT`, or the port alone, as (address, port)."""
    match = re.fullmatch(r"(?:(?P<host>[0-9.]+|\[[0-9a-fA-F:]+\]):)?(?P<port>\d{1,5})", text)
    if match is None or int(match["port"]) > 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is no address, write for example 0.0.0.0:4000")
    return (match["host"] or "0.0.0.0").strip("[]"), int(match["port"])


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Runs the server until it is told to stop.

    Raises:
        OSError: it cannot listen there.
    """
    from app.net.rendezvous import Address, MeetingPoint, reachable_urls

    host, port = arguments.listen
    stopped = threading.Event()
    previous = {number: signal.signal(number, lambda *_: stopped.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    point = MeetingPoint(Address(host, port))
    urls = reachable_urls(host, point.port)
    try:
        for url in urls:
            print(f"visavis host --rendezvous {url}", file=sys.stderr)
        print("the meeting point is open; Ctrl-C closes it", file=sys.stderr, flush=True)
        # Waiting without an end would keep Windows from seeing Ctrl-C.
        waited_s = 0.0
        while not stopped.wait(0.5) and (arguments.seconds is None or waited_s < arguments.seconds):
            waited_s += 0.5
    finally:
        point.close()
        for number, handler in previous.items():
            signal.signal(number, handler)
    return {"urls": urls, "port": point.port}
