"""The benches as a person runs them, on a few frames of the sample."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app import cli


def run_bench(bench: str, out: Path, *flags: str) -> dict[str, object]:
    """Runs a bench as a process of its own: what its JSON says, once table, CSV and plot are proved to be there."""
    command = [sys.executable, "-m", "app", "bench", bench, *flags, "--json", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stderr
    *lines, last = done.stdout.splitlines()
    outcome: dict[str, object] = json.loads(last)
    tables = [part for key in ("rows", "stages") if isinstance(part := outcome.get(key), list)]
    assert sum(line.startswith("|") for line in lines) == sum(len(rows) + 2 for rows in tables)
    for key in ("csv", "plot"):
        assert Path(str(outcome[key])).parent == out
        assert Path(str(outcome[key])).stat().st_size > 0
    return outcome


def test_rd_also_shows_pictures_and_says_why_there_is_no_vmaf(tmp_path: Path) -> None:
    outcome = run_bench("rd", tmp_path, "--frames", "800:806", "--size", "62")
    assert Path(str(outcome["pictures"])).read_bytes().startswith(b"\x89PNG")
    rows = outcome["rows"]
    assert isinstance(rows, list)
    assert {row["codec"] for row in rows} == {"visavis", "x265"}
    assert all(row["psnr"] > 10 and row["ms_ssim"] is None and "vmaf" not in row for row in rows)


def test_render_measures_each_size_and_its_stages(tmp_path: Path) -> None:
    outcome = run_bench("render", tmp_path, "--frames", "0:8", "--sizes", "32,64", "--threads", "1")
    rows, stages = outcome["rows"], outcome["stages"]
    assert isinstance(rows, list)
    assert isinstance(stages, list)
    assert [(row["threads"], row["size"]) for row in rows] == [(1, "32x32"), (1, "64x64")]
    assert {row["stage"] for row in stages} == {"prepare", "march", "encode", "MLP", "composite", "whole"}
    assert Path(str(outcome["stages_csv"])).stat().st_size > 0


def test_only_the_cpu_renderer_has_stages(tmp_path: Path) -> None:
    flags = ("--frames", "0:3", "--sizes", "16", "--threads", "1", "--backend", "reference")
    assert "stages" not in run_bench("render", tmp_path, *flags)


def test_an_odd_size_is_refused_before_any_work(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "bench"
    assert cli.main(["bench", "rd", "--size", "63", "--out", str(out)]) == 2
    assert "even sides" in capfd.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("bench", ["render", "rd"])
def test_each_bench_has_examples(bench: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        cli.build_parser().parse_args(["bench", bench, "--help"])
    assert f"visavis bench {bench}" in capsys.readouterr().out.split("examples:")[1]
