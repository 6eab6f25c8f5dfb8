"""`visavis doctor`: says what works on this machine and why something does not."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from app import doctor
from app.commands import arguments as arg

MARKS = {"ok": "  ", "note": "- ", "fault": "! "}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "doctor",
        help="examine this machine",
        description="Says what works on this machine, which renderer is chosen, and what is missing (marked !).",
        epilog="example:\n  visavis doctor\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    arg.add_output_flags(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Prints the findings."""
    findings = doctor.examine()
    if not arguments.json:
        for finding in findings:
            print(f"{MARKS[finding.verdict]}{finding.subject:<20} {finding.text}")
    return {
        "faults": sum(finding.verdict == "fault" for finding in findings),
        "findings": [asdict(finding) for finding in findings],
    }
