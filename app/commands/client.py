"""`visavis` without a command: the client."""

from __future__ import annotations

import argparse


def set_defaults(parser: argparse.ArgumentParser) -> None:
    """Makes the client what is run where no command is given."""
    parser.set_defaults(run=run, json=False, verbose=False)


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Opens the client's window, and returns when it is closed.

    Raises:
        ValueError: there is no display.
    """
    # Qt is loaded for a window only: a machine without its libraries can run everything else.
    from app.ui.main_window import run_client

    run_client()
    return {}
