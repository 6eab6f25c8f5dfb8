"""Compiling ahead of the first call."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app import preparation
from app.preparation import KEPT_S, KERNELS, is_prepared, prepare, share_prepared


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of kernels that is not there yet."""
    folder = tmp_path / "kernels" / "this version"
    monkeypatch.setattr(preparation, "kernel_folder", lambda: folder)
    return folder


def test_it_tells_how_far_it_is_and_what_is_done_stays_done(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparation, "LOOK_S", 0.01)
    told: list[float] = []

    def compile_some() -> None:
        (folder / "part").mkdir(parents=True)
        for number in range(KERNELS):
            (folder / "part" / f"kernel-{number}.nbi").touch()
            count = len(told)
            while len(told) == count:
                time.sleep(0.005)

    monkeypatch.setattr(preparation, "_compile", compile_some)
    assert (is_prepared(), share_prepared()) == (False, 0.0)
    prepare(told.append)
    assert (is_prepared(), share_prepared()) == (True, 1.0)
    assert told == sorted(told)
    assert 0 < told[0] < told[-1] <= 1


def test_what_could_not_be_compiled_is_not_taken_for_done(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ValueError("the sample is missing")

    monkeypatch.setattr(preparation, "_compile", fail)
    with pytest.raises(ValueError, match="sample"):
        prepare(lambda share: None)
    assert not is_prepared()


def test_kernels_of_old_versions_go_and_newer_ones_stay(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparation, "_compile", lambda: folder.mkdir(parents=True))
    old, other = folder.parent / "old", folder.parent / "other"
    for made, age in ((old, KEPT_S + 60), (other, KEPT_S / 2)):
        made.mkdir(parents=True)
        os.utime(made, (time.time() - age,) * 2)
    prepare(lambda share: None)
    assert sorted(path.name for path in folder.parent.iterdir()) == ["other", "this version"]


@pytest.mark.slow
def test_a_call_compiles_as_many_as_are_counted(tmp_path: Path) -> None:
    """On a machine that never rendered; a minute or two."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    for was_prepared in (False, True):
        done = subprocess.run(
            [sys.executable, "-m", "app", "prepare", "--json"],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=600,
        )
        assert json.loads(done.stdout) == {"was_prepared": was_prepared}
    assert len(list(tmp_path.rglob("*.nbi"))) == KERNELS
