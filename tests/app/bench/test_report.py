"""Tables, CSVs and plots of a bench."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2

from app.bench.report import Axis, Plot, Row, format_table, write_csv, write_plot

ROWS: list[Row] = [
    {"codec": "a", "kbps": 2.0, "psnr": 30.123},
    {"codec": "a", "kbps": 1.0, "psnr": 28.0},
    {"codec": "b", "kbps": 10.5, "psnr": 29.5},
]


def plot(*panels: Axis) -> Plot:
    return Plot("codec", Axis("kbps", "kbps", logarithmic=True), panels, "title")


def test_the_table_is_aligned_markdown() -> None:
    lines = format_table(ROWS).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[0].split("|")[1].strip() == "codec"
    assert set(lines[1]) == set("|-:")
    assert "30.12" in lines[2]


def test_csv_and_plot_are_written_whole(tmp_path: Path) -> None:
    write_csv(tmp_path / "rd.csv", ROWS)
    with (tmp_path / "rd.csv").open() as file:
        assert [float(row["kbps"]) for row in csv.DictReader(file)] == [2.0, 1.0, 10.5]
    write_plot(tmp_path / "rd.png", ROWS, plot(Axis("psnr", "dB")))
    assert (tmp_path / "rd.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["rd.csv", "rd.png"]


def test_a_figure_that_is_missing_is_a_dash_and_no_point(tmp_path: Path) -> None:
    rows: list[Row] = [*ROWS, {"codec": "b", "kbps": 20.0, "psnr": float("nan")}]
    assert format_table(rows).splitlines()[-1].split("|")[-2].strip() == "-"
    write_plot(tmp_path / "rd.png", rows, plot(Axis("psnr", "dB")))


def test_each_measure_has_a_panel(tmp_path: Path) -> None:
    sizes = []
    for panels in (1, 3, 4):
        measures = [Axis("psnr", f"measure {n}") for n in range(panels)]
        write_plot(tmp_path / "rd.png", ROWS, plot(*measures))
        picture = cv2.imread(str(tmp_path / "rd.png"))
        assert picture is not None
        sizes.append(picture.shape[:2])
    (height, width), three, four = sizes
    assert three == (height, 3 * width)
    assert four == (2 * height, 3 * width)
