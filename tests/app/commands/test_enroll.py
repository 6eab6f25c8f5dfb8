"""Clips that nobody can be learned from are refused before they fill the memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import cli, paths
from app.commands import enroll
from models import clip as clips

PICTURE_BYTES = 256 * 256 * 3


def refuse(clip: Path, out: Path, capfd: pytest.CaptureFixture[str], *flags: str) -> str:
    """Runs the command and gives its one line."""
    assert cli.main(["enroll", "--clip", str(clip), "--out", str(out), *flags]) == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert not out.exists()
    return line


def test_a_clip_without_a_face_is_given_up_early(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(enroll, "FACELESS_BYTES", 30 * PICTURE_BYTES)
    assert "no face in 30 frames" in refuse(clip, tmp_path / "o.visavis", capfd)


def test_a_clip_with_a_face_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enroll, "FACELESS_BYTES", 30 * PICTURE_BYTES)
    assert len(enroll._read(paths.sample_clip(), (0, 60), 256)) == 60


@pytest.mark.parametrize("flags", [(), ("--frames", "0:45")])
def test_too_long_a_clip_is_not_even_read(
    flags: tuple[str, ...],
    clip: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(enroll, "MEMORY_BYTES", 40 * PICTURE_BYTES)
    monkeypatch.setattr(clips, "read_clip", None)
    assert "more than 40 frames of 256x256" in refuse(clip, tmp_path / "o.visavis", capfd, *flags)
