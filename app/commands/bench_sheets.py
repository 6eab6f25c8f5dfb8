"""What benches leave: tables on standard output, CSV files and plots."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.bench.report import Plot, Row


def publish(
    arguments: argparse.Namespace, rows: Sequence[Row], plot: Plot, drawn: Sequence[Row] | None = None
) -> dict[str, object]:
    """Prints and writes a bench's rows, and draws them or others in their place."""
    from app.bench.report import format_table, write_csv, write_plot

    table, picture = arguments.out / f"{arguments.bench}.csv", arguments.out / f"{arguments.bench}.png"
    write_csv(table, rows)
    write_plot(picture, drawn or rows, plot)
    print(format_table(rows))
    print(f"wrote {table} and {picture}", file=sys.stderr)
    return {"bench": arguments.bench, "rows": [dict(row) for row in rows], "csv": str(table), "plot": str(picture)}


def publish_parts(arguments: argparse.Namespace, name: str, parts: Sequence[Row]) -> dict[str, object]:
    """Prints and writes a second table, of what something consists of."""
    from app.bench.report import format_table, write_csv

    table = arguments.out / f"{arguments.bench}-{name}.csv"
    write_csv(table, parts)
    print(format_table(parts))
    print(f"wrote {table}", file=sys.stderr)
    return {name: [dict(row) for row in parts], f"{name}_csv": str(table)}
