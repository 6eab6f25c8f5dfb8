"""The files that `encode` and `decode` begin with: each one that is wrong is named in one line."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from app.commands import conversion
from codec.identity import Identity, identity_id, write_identity


def parse(*words: str | Path) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("clip", type=Path)
    conversion.add_flags(parser, "O", "where it goes")
    return parser.parse_args([str(word) for word in words])


@pytest.fixture
def identity(tmp_path: Path) -> Path:
    path = tmp_path / "ada.visavis"
    write_identity(path, Identity("Ada", 1))
    return path


def test_files_are_found_and_the_identity_is_read(clip: Path, identity: Path, tmp_path: Path) -> None:
    out = tmp_path / "o.vvs"
    files = conversion.open_conversion(parse(clip, "--identity", identity, "--out", out), "clip")
    assert (files.source, files.out, files.identity_file) == (clip, out, identity)
    assert files.identity.name == "Ada"
    assert files.identity_id == identity_id(identity.read_bytes())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [("clip", "no such clip"), ("identity", "no such identity"), ("damaged", "identity"), ("out", "no such folder")],
)
def test_a_wrong_file_is_named(wrong: str, message: str, clip: Path, identity: Path, tmp_path: Path) -> None:
    none = tmp_path / "none" / "none"
    if wrong == "damaged":
        identity.write_bytes(identity.read_bytes()[:-1])
    arguments = parse(
        none if wrong == "clip" else clip,
        "--identity",
        none if wrong == "identity" else identity,
        "--out",
        none if wrong == "out" else tmp_path / "o.vvs",
    )
    with pytest.raises(ValueError, match=f"^.*{message}.*$"):
        conversion.open_conversion(arguments, "clip")
