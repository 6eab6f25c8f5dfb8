"""The benches as a person runs them, on a few frames of the sample."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import cli
from app.bench import face_likeness, step_profile, train
from app.bench.report import Row
from app.commands import bench

TABLES = ("rows", "stages", "steps", "fields", "rivals", "buffers")


def run_bench(name: str, out: Path, *flags: str) -> dict[str, object]:
    """Runs a bench as a process of its own: what its JSON says, once table, CSV and plot are proved to be there."""
    command = [sys.executable, "-m", "app", "bench", name, *flags, "--json", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stderr
    *lines, last = done.stdout.splitlines()
    outcome: dict[str, object] = json.loads(last)
    tables = [part for key in TABLES if isinstance(part := outcome.get(key), list)]
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
    assert all("csim" in row for row in rows)
    assert all(0.9 < row["csim"] < 1 for row in rows if row["codec"] == "visavis")


def test_rd_without_the_packages_for_faces_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(face_likeness, "why_no_csim", lambda: "no CSIM: gone")
    assert cli.main(["bench", "rd", "--frames", "800:802", "--size", "62", "--json", "--out", str(tmp_path)]) == 0
    printed = capfd.readouterr()
    assert "no CSIM: gone\n" in printed.err
    rows = json.loads(printed.out.splitlines()[-1])["rows"]
    assert all("prmse" in row and "csim" not in row for row in rows)


def test_rate_draws_a_curve_and_tells_where_the_bits_go(tmp_path: Path) -> None:
    outcome = run_bench("rate", tmp_path, "--frames", "800:811", "--size", "62")
    rows, fields, rivals = outcome["rows"], outcome["fields"], outcome["rivals"]
    assert isinstance(rows, list)
    assert isinstance(fields, list)
    assert isinstance(rivals, list)
    for bundle in (5, 1):
        curve = [row["kbps"] for row in rows if row["frames_per_packet"] == bundle]
        assert curve == sorted(curve, reverse=True)
        assert len(curve) == 7
    assert {row["field"] for row in fields} >= {"header, kbps", "torso, kbps", "flush, kbps", "backgrounds, kbps"}
    assert rivals[0]["times ours"] == 1
    assert Path(str(outcome["fields_csv"])).stat().st_size > 0


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


def test_train_needs_frames_that_it_has_not_learned_from(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "bench"
    for flags, text in (
        (("--frames", "0:1000"), "nothing is left to measure on after frame 1000"),
        (("--frames", "0:500", "--held-out", "499:600"), "names frames that are enrolled"),
        (("--frames", "500:800", "--held-out", "400:501"), "names frames that are enrolled"),
    ):
        assert cli.main(["bench", "train", *flags, "--out", str(out)]) == 2
        assert text in capfd.readouterr().err
    assert not out.exists()


def train_arguments(out: Path, *flags: str) -> argparse.Namespace:
    return cli.build_parser().parse_args(["bench", "train", "--size", "64", "--out", str(out), *flags])


def test_train_learns_from_the_first_four_fifths(tmp_path: Path) -> None:
    material = bench._read_material(train_arguments(tmp_path))
    assert (len(material.enrolled), len(material.held_out)) == (800, 200)
    assert material.held_out[0].seq == 800
    material = bench._read_material(train_arguments(tmp_path, "--frames", "10:40"))
    assert (len(material.enrolled), material.held_out[0].seq, len(material.held_out)) == (30, 40, 250)


def test_a_stopped_train_keeps_what_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    row = {"minutes": 1.0, "psnr": 30.0, "ssim": 0.9, "psnr_features": 25.0, "train_psnr": 33.0}

    def measure(*arguments: object) -> Iterator[Row]:
        yield row
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "measure_training", measure)
    monkeypatch.setattr(step_profile, "profile_steps", lambda frames, progress: [{"part": "whole", "baked_ms": 30.0}])
    flags = ["--frames", "0:30", "--held-out", "30:33", "--size", "64", "--json", "--out", str(tmp_path)]
    assert cli.main(["bench", "train", *flags]) == 0
    printed = capfd.readouterr()
    assert "what is done is kept" in printed.err
    outcome = json.loads(printed.out.splitlines()[-1])
    assert outcome["rows"] == [row]
    assert outcome["steps"] == [{"part": "whole", "baked_ms": 30.0}]
    assert (tmp_path / "train.png").stat().st_size > 0
    assert (tmp_path / "train-steps.csv").stat().st_size > 0


def test_a_train_that_was_stopped_at_once_has_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(*arguments: object) -> Iterator[Row]:
        raise KeyboardInterrupt
        yield {}

    monkeypatch.setattr(train, "measure_training", measure)
    monkeypatch.setattr(step_profile, "profile_steps", lambda frames, progress: [])
    flags = ["--frames", "0:30", "--held-out", "30:33", "--size", "64", "--out", str(tmp_path)]
    assert cli.main(["bench", "train", *flags]) == 130
    assert not list(tmp_path.glob("*.csv"))


def test_an_odd_size_is_refused_before_any_work(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "bench"
    assert cli.main(["bench", "rd", "--size", "63", "--out", str(out)]) == 2
    assert "even sides" in capfd.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("name", ["render", "rd", "rate", "train"])
def test_each_bench_has_examples(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        cli.build_parser().parse_args(["bench", name, "--help"])
    assert f"visavis bench {name}" in capsys.readouterr().out.split("examples:")[1]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_outages_of_ten_seconds_are_survived_without_a_stale_picture(tmp_path: Path) -> None:
    outcome = run_bench("outage", tmp_path, "--seconds", "10", "--delays", "1,50", "--repeat", "1")
    rows = outcome["rows"]
    assert isinstance(rows, list)
    assert [row["gone"] for row in rows] == ["link", "link and meeting point"] * 2
    assert all(row["stale"] == 0 for row in rows)
    assert all(row["noticed_s"] < 10 for row in rows)


def test_video_measures_each_rate_and_both_buffers(tmp_path: Path) -> None:
    outcome = run_bench("video", tmp_path, "--rates", "300,120", "--seconds", "1", "--delays", "20")
    rows, buffers = outcome["rows"], outcome["buffers"]
    assert isinstance(rows, list)
    assert isinstance(buffers, list)
    assert [row["link_kbps"] for row in rows] == [300.0, 120.0]
    assert all(0.3 < row["used"] < 1.3 for row in rows)
    clean = {row["buffer"]: row["late_ms_p50"] for row in buffers if row["link"] == "clean"}
    assert clean["own buffer"] <= 10 < clean["aiortc's"]
