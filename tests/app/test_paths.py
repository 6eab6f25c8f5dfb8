"""Files are replaced whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import paths
from app.settings import Settings, load_settings, save_settings


def test_a_whole_file_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "clip.mkv"
    target.write_text("old")
    with paths.whole_file(target) as temporary:
        temporary.write_text("new")
        assert target.read_text() == "old"
        assert temporary.suffix == ".mkv"
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_a_failure_leaves_the_old_file_and_no_scraps(tmp_path: Path) -> None:
    target = tmp_path / "clip.mkv"
    target.write_text("old")

    def fail() -> None:
        with paths.whole_file(target) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_an_identity_is_a_path_or_a_kept_name(tmp_path: Path) -> None:
    file = tmp_path / "ada.visavis"
    file.write_bytes(b"x")
    assert paths.find_identity(str(file)) == file
    kept = paths.identities_folder()
    kept.mkdir(parents=True)
    (kept / "bob.visavis").write_bytes(b"x")
    assert paths.find_identity("bob") == kept / "bob.visavis"
    assert paths.find_identity("bob.visavis") == kept / "bob.visavis"
    with pytest.raises(ValueError, match="no such identity"):
        paths.find_identity("../identities/bob")


def test_settings_come_back_as_they_were_kept() -> None:
    assert load_settings() == Settings()
    save_settings(Settings(size=512, threads=2))
    assert load_settings() == Settings(size=512, threads=2)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"schema_version": 99}', '{"schema_version": 1, "size": "big"}', "\u0000"],
)
def test_damaged_settings_are_told_of(text: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text)
    with pytest.raises(ValueError, match="settings"):
        load_settings(path)
