"""What `encode` and `decode` begin with: one file is to become another, with a person's identity."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app import paths

if TYPE_CHECKING:
    from codec.identity import Identity


@dataclass(frozen=True, slots=True)
class Conversion:
    """What the command line named, found and read.

    Attributes:
        source: the file to read.
        out: the file to write.
        identity_file: the person's identity.
        identity: what is in it.
        identity_id: its id, 16 bytes, by which streams name it.
    """

    source: Path
    out: Path
    identity_file: Path
    identity: Identity
    identity_id: bytes


def add_flags(parser: argparse.ArgumentParser, out_metavar: str, out_help: str) -> None:
    """The identity and the output."""
    parser.add_argument("--identity", required=True, metavar="ID", help="the person's identity, a file or a kept name")
    parser.add_argument("--out", required=True, type=Path, metavar=out_metavar, help=out_help)


def open_conversion(arguments: argparse.Namespace, what: str) -> Conversion:
    """Finds out what can be wrong with the files, before anything is loaded that takes seconds.

    Args:
        arguments: the command line.
        what: name of the argument that is the source, in messages too.

    Raises:
        ValueError: a file is missing, or the identity is damaged.
    """
    source = paths.check_input(getattr(arguments, what), what)
    identity_file = paths.find_identity(arguments.identity)
    out = paths.check_output(arguments.out)

    from codec.identity import identity_id, read_identity_bytes, unpack_identity

    data = read_identity_bytes(identity_file)
    return Conversion(source, out, identity_file, unpack_identity(data), identity_id(data))
