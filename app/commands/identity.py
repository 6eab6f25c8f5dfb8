"""`visavis identity`: the people that this machine can show."""

from __future__ import annotations

import argparse
import datetime
from pathlib import Path
from typing import Any

from app import paths
from app.commands import arguments as arg

EXAMPLES = """\
examples:
  visavis identity list
  visavis identity show me.visavis
  visavis identity export me backup.visavis
  visavis identity delete me
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "identity",
        help="list, show, export or delete people",
        description="The identities that this machine keeps: enrolled here, or received in a call.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    for name, text, run in (
        ("list", "list the identities kept here", run_list),
        ("show", "show what is in one", run_show),
        ("export", "copy one to a file", run_export),
        ("delete", "delete one that is kept here", run_delete),
    ):
        action = actions.add_parser(name, help=text, description=text.capitalize() + ".")
        if name != "list":
            what = "a kept identity's name" + (" or a file" if name != "delete" else "")
            action.add_argument("identity", metavar="ID", help=what)
        if name == "export":
            action.add_argument("file", type=Path, metavar="FILE", help="where the copy goes")
        arg.add_output_flags(action)
        action.set_defaults(run=run)


def run_list(arguments: argparse.Namespace) -> dict[str, object]:
    """Lists what is kept; a damaged file is listed as such."""
    folder = paths.identities_folder()
    rows = [_describe(path) for path in sorted(folder.glob(f"*{paths.IDENTITY_SUFFIX}"))]
    if not arguments.json:
        if not rows:
            print(f"No identities in {folder}")
        for row in rows:
            print(f"{row['file']:<24}  {row['bytes'] / 1e6:5.2f} MB  {row.get('error') or row['created']}")
    return {"folder": str(folder), "identities": rows}


def run_show(arguments: argparse.Namespace) -> dict[str, object]:
    """Shows an identity's name, age, parts and settings.

    Raises:
        ValueError: there is no such identity or it is damaged.
    """
    from codec.identity import read_identity

    path = paths.find_identity(arguments.identity)
    identity = read_identity(path)
    parts: dict[str, int] = {}
    for name, array in identity.arrays.items():
        part = name.split(".")[0]
        parts[part] = parts.get(part, 0) + array.nbytes
    row = _describe(path) | {"meta": dict(identity.meta), "parts": parts}
    if not arguments.json:
        print(f"{identity.name}\n  file     {path}\n  size     {row['bytes'] / 1e6:.2f} MB")
        print(f"  id       {row['id']}\n  created  {row['created']}")
        for part, size in sorted(parts.items()):
            print(f"  {part:<8} {size / 1e3:.0f} kB in memory")
        for key, value in sorted(identity.meta.items()):
            print(f"  {key} = {value}")
    return row


def run_export(arguments: argparse.Namespace) -> dict[str, object]:
    """Copies an identity to a file, after checking that it is whole.

    Raises:
        ValueError: there is no such identity, it is damaged, or the copy has nowhere to go.
    """
    from app.identities import export

    target = arguments.file
    export(paths.find_identity(arguments.identity), target)
    if not arguments.json:
        print(target)
    return {"file": str(target), "bytes": target.stat().st_size}


def run_delete(arguments: argparse.Namespace) -> dict[str, object]:
    """Deletes a kept identity; files elsewhere are the user's own to delete.

    Raises:
        ValueError: no such identity is kept here.
    """
    from app.identities import delete

    path = delete(Path(arguments.identity).name.removesuffix(paths.IDENTITY_SUFFIX))
    if not arguments.json:
        print(f"deleted {path}")
    return {"deleted": str(path)}


def _describe(path: Path) -> dict[str, Any]:
    from app.identities import describe

    kept = describe(path)
    row: dict[str, Any] = {"file": path.name, "bytes": kept.size}
    if kept.error:
        return row | {"error": kept.error}
    created = datetime.datetime.fromtimestamp(kept.created_s, datetime.UTC)
    return row | {"name": kept.name, "id": kept.id, "created": created.isoformat(timespec="seconds")}
