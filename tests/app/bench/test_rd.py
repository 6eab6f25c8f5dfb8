"""The rate-distortion bench on a few frames of the sample."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from app import paths


def test_rd_and_render_give_table_csv_and_plot(tmp_path: Path) -> None:
    flags = ["--clip", paths.sample_clip(), "--identity", paths.sample_identity(), "--frames", "0:8", "--json"]
    for bench, extra in (("rd", ["--size", "64"]), ("render", ["--sizes", "32,64"])):
        command = [sys.executable, "-m", "app", "bench", bench, *flags, *extra, "--out", tmp_path]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=110)
        assert done.returncode == 0, done.stderr
        *table, last = done.stdout.splitlines()
        rows = json.loads(last)["rows"]
        assert len(table) == len(rows) + 2
        assert (tmp_path / f"{bench}.csv").stat().st_size > 0
        assert (tmp_path / f"{bench}.png").stat().st_size > 0
