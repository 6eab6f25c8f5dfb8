"""A bench's outcome: a table for people, a CSV for programs, a plot for the eye."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app import paths

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Row = Mapping[str, str | float | int]

PANELS_ACROSS = 3
PANEL_INCHES = (5.0, 3.6)

NO_FIGURE = "-"
"""What a table shows where a measure could not be taken."""


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


@dataclass(frozen=True, slots=True)
class Plot:
    """How rows are drawn.

    Attributes:
        series: the column that tells the lines apart.
        x: what goes along all panels.
        panels: what goes up in each.
        title: what is measured.
    """

    series: str
    x: Axis
    panels: Sequence[Axis]
    title: str


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
        if np.isnan(value):
            return NO_FIGURE
        return f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}"
    return str(value)


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    """Writes all rows, whole or not at all."""
    with paths.whole_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def write_plot(path: Path, rows: Sequence[Row], plot: Plot) -> None:
    """Draws a panel for each measure, with one line per value of the series' column.

    Args:
        path: the PNG.
        rows: what to draw; points without a figure are left out.
        plot: how.

    Raises:
        ValueError: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ValueError("plots need matplotlib, which the extra 'dev' brings: make setup") from error
    across = min(PANELS_ACROSS, len(plot.panels))
    down = -(-len(plot.panels) // across)
    figure = Figure(figsize=(PANEL_INCHES[0] * across, PANEL_INCHES[1] * down), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(plot.title)
    for place, y in enumerate(plot.panels):
        _draw_panel(figure.add_subplot(down, across, place + 1), rows, plot.series, plot.x, y)
    with paths.whole_file(path) as temporary:
        figure.savefig(temporary)


def _draw_panel(axes: Axes, rows: Sequence[Row], series: str, x: Axis, y: Axis) -> None:
    for name in dict.fromkeys(row[series] for row in rows):
        known = [row for row in rows if row[series] == name and not np.isnan(float(row[y.key]))]
        points = sorted((float(row[x.key]), float(row[y.key])) for row in known)
        axes.plot([at for at, _ in points], [value for _, value in points], marker="o", label=str(name))
    for axis, scale, along in ((x, axes.set_xscale, axes.xaxis), (y, axes.set_yscale, axes.yaxis)):
        if axis.logarithmic:
            scale("log")
            along.set_major_formatter("{x:g}")
    axes.set(xlabel=x.label, ylabel=y.label)
    axes.grid(alpha=0.3)
    axes.legend()
