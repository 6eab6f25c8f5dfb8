"""The people one has talked to."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.people import FILE_MAX, NAME_MAX, PEOPLE_MAX, People, Person, _people_of

IDENTITY = b"an identity" * 1000
DIGEST = hashlib.sha256(IDENTITY).digest()
PICTURE = np.full((64, 64, 3), 200, np.uint8)


def test_somebody_met_is_there_the_next_time(tmp_path: Path) -> None:
    people = People(tmp_path)
    assert people.keep_identity(IDENTITY) == DIGEST
    met = people.met("Anna", DIGEST, PICTURE, 1000.0, 60.0)
    assert People(tmp_path).all() == (met,) == (Person(DIGEST.hex(), "Anna", True, 1000.0, 60.0),)
    assert People(tmp_path).known_identity(DIGEST) == IDENTITY
    assert people.picture_file(met).read_bytes().startswith(b"\x89PNG")


def test_the_most_recent_comes_first_and_is_there_once(tmp_path: Path) -> None:
    people = People(tmp_path)
    people.met("Anna", DIGEST, None, 1.0, 1.0)
    people.met("", None, None, 2.0, 1.0)
    people.met("Anna", DIGEST, None, 3.0, 1.0)
    assert [person.name for person in people.all()] == ["Anna", ""]


def test_a_new_name_stays_and_forgetting_takes_the_files_along(tmp_path: Path) -> None:
    people = People(tmp_path)
    people.keep_identity(IDENTITY)
    met = people.met("Mother's laptop", DIGEST, PICTURE, 1.0, 1.0)
    people.rename(met.key, "Mum\n\x1b[2J")
    people.met("Mother's laptop", DIGEST, None, 2.0, 1.0)
    assert people.all()[0].name == "Mum  [2J"
    people.forget(met.key)
    assert people.all() == ()
    assert [path.name for path in tmp_path.iterdir()] == ["people.json"]


def test_there_are_never_too_many(tmp_path: Path) -> None:
    people = People(tmp_path)
    for number in range(PEOPLE_MAX + 3):
        people.met("x" * 500, None, PICTURE, float(number), 1.0)
    assert len(people.all()) == PEOPLE_MAX
    assert len(people.all()[0].name) == NAME_MAX
    assert len(list(tmp_path.glob("*.png"))) == PEOPLE_MAX


def test_an_identity_that_was_changed_on_disk_is_not_known(tmp_path: Path) -> None:
    people = People(tmp_path)
    people.keep_identity(IDENTITY)
    people.identity_file(DIGEST).write_bytes(b"something else")
    assert people.known_identity(DIGEST) is None
    assert people.known_identity(bytes(32)) is None


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "[" * 100_000,
        '{"schema_version": 2, "people": []}',
        '{"schema_version": 1, "people": 7}',
        json.dumps({"schema_version": 1, "people": [{"key": "../../etc"}]}),
        " " * (FILE_MAX + 1),
    ],
    ids=["empty", "list", "deep", "newer", "no list", "path", "huge"],
)
def test_a_damaged_list_is_put_aside_and_told_of(tmp_path: Path, content: str) -> None:
    (tmp_path / "people.json").write_text(content)
    people = People(tmp_path)
    assert "the list of people" in people.damage
    assert people.all() == ()
    assert (tmp_path / "people.damaged").exists()
    people.met("Anna", None, None, 1.0, 1.0)
    assert People(tmp_path).damage == ""


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=5),
    max_leaves=10,
)


@given(st.lists(ANYTHING, max_size=3))
def test_any_json_gives_people_or_a_value_error(entries: list[object]) -> None:
    try:
        assert all(isinstance(person, Person) for person in _people_of(entries, Path("people.json")))
    except ValueError:
        return
