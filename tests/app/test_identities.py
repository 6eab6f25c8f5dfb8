"""Kept identities: listed with what is damaged, renamed in and out, exported, deleted."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import identities, paths
from codec.identity import Identity, read_identity, write_identity


@pytest.fixture
def kept() -> Path:
    folder = paths.identities_folder()
    folder.mkdir(parents=True)
    write_identity(folder / "ada.visavis", Identity("Ada", 1_700_000_000))
    (folder / "broken.visavis").write_bytes(b"nothing")
    return folder


def test_all_are_listed_and_damage_is_told(kept: Path) -> None:
    ada, broken = identities.kept_identities()
    assert (ada.key, ada.name, ada.created_s, ada.error) == ("ada", "Ada", 1_700_000_000, "")
    assert len(ada.id) == 32
    assert (broken.key, broken.name) == ("broken", "")
    assert broken.error


def test_a_new_name_is_in_the_file_and_of_the_file(kept: Path) -> None:
    path = identities.rename("ada", " Ada L. ")
    assert path == kept / "Ada L..visavis"
    assert read_identity(path).name == "Ada L."
    assert not (kept / "ada.visavis").exists()
    assert identities.rename("Ada L.", "Ada L.") == path


@pytest.mark.parametrize("name", ["", "  ", "a/b", "..", ".hidden", "x" * 61, "a\nb", "what?"])
def test_names_that_no_file_can_have_are_refused(kept: Path, name: str) -> None:
    with pytest.raises(ValueError, match="a name"):
        identities.rename("ada", name)
    assert (kept / "ada.visavis").exists()


@given(st.text(max_size=80))
def test_a_name_that_passes_stays_in_its_folder(name: str) -> None:
    try:
        checked = identities.check_name(name)
    except ValueError:
        return
    assert paths.kept_identity(checked).parent == paths.identities_folder()


def test_a_name_that_is_taken_and_a_damaged_file_are_refused(kept: Path) -> None:
    with pytest.raises(ValueError, match="of that name"):
        identities.rename("ada", "broken")
    with pytest.raises(ValueError, match="identity"):
        identities.rename("broken", "mended")
    assert (kept / "broken.visavis").exists()


def test_export_checks_what_it_copies(kept: Path, tmp_path: Path) -> None:
    identities.export(kept / "ada.visavis", tmp_path / "copy.visavis")
    assert (tmp_path / "copy.visavis").read_bytes() == (kept / "ada.visavis").read_bytes()
    with pytest.raises(ValueError, match="identity"):
        identities.export(kept / "broken.visavis", tmp_path / "other.visavis")
    assert not (tmp_path / "other.visavis").exists()


@pytest.mark.parametrize("key", ["", "nobody", "../ada", "a/b"])
def test_only_what_is_kept_is_deleted(kept: Path, key: str) -> None:
    with pytest.raises(ValueError, match="no such identity"):
        identities.delete(key)
    identities.delete("ada")
    assert [path.name for path in kept.iterdir()] == ["broken.visavis"]
