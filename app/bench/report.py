"""A bench's outcome: a table for people, a CSV for programs, a plot for the eye."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app import paths

Row = Mapping[str, str | float | int]


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a plot.

    Attributes:
        key: the column it shows.
        label: what is written beside it.
        logarithmic: whether equal steps are equal factors.
    """

    key: str
    label: str
    logarithmic: bool = False


def format_table(rows: Sequence[Row]) -> str:
    """Rows as a table with aligned columns, in Markdown."""
    names = list(rows[0])
    cells = [names, *([_cell(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(names))]
    lines = [" | ".join(text.rjust(width) for text, width in zip(line, widths, strict=True)) for line in cells]
    rule = "|".join("-" * (width + 1) + ":" for width in widths)
    return "\n".join([f"| {lines[0]} |", f"|{rule}|", *(f"| {line} |" for line in lines[1:])])


def _cell(value: str | float | int) -> str:
    if isinstance(value, float):
        return f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}"
    return str(value)


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    """Writes all rows, whole or not at all."""
    with paths.whole_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def write_plot(path: Path, rows: Sequence[Row], series: str, x: Axis, y: Axis, title: str) -> None:
    """Draws one line per value of the column `series`.

    Raises:
        ValueError: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ValueError("plots need matplotlib, which the extra 'dev' brings: make setup") from error
    figure = Figure(figsize=(7, 4.5), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for name in dict.fromkeys(row[series] for row in rows):
        points = sorted((row[x.key], row[y.key]) for row in rows if row[series] == name)
        axes.plot([point[0] for point in points], [point[1] for point in points], marker="o", label=str(name))
    if x.logarithmic:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
    axes.set(xlabel=x.label, ylabel=y.label, title=title)
    axes.grid(alpha=0.3)
    axes.legend()
    with paths.whole_file(path) as temporary:
        figure.savefig(temporary)
