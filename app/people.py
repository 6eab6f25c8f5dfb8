"""The people one has talked to: who, when, what they look like, and their identities, which then need not cross again.

A small JSON file with a schema version beside identity files and little pictures. What it holds came from other ends,
so names are shown as plain text and everything is bounded.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import threading
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app import paths

SCHEMA_VERSION = 1

PEOPLE_MAX = 40
"""The least recent is forgotten; with 2 MB of identity each this stays below 100 MB."""

NAME_MAX = 60
"""Characters of a name that are kept."""

FILE_MAX = 1 << 20
"""Bytes of the JSON file that are read: forty people take ten thousand."""

IDENTITY_MAX = 64 << 20
"""Largest identity that is kept, bytes: what a call takes from the other end at most."""

PICTURE_SIDE = 160
"""Side of the kept pictures, pixels."""

_KEY = re.compile(r"[0-9a-f]{8,64}")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody one has talked to.

    Attributes:
        key: names this person's files; the SHA-256 of the identity in hexadecimal where there is one.
        name: as the identity says, or as one has renamed them; "" for somebody unknown.
        identity: whether the identity is kept, so that the next call need not carry it again.
        last_call: when the last call with them ended, seconds since 1970.
        seconds: how long it took.
    """

    key: str
    name: str
    identity: bool
    last_call: float
    seconds: float


class People:
    """The store. Every method may be called from any thread.

    Args:
        folder: where it is; the user's own when not given.

    Attributes:
        damage: why the list could not be read, in a line, or "": then it begins anew, and the old file is put aside.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or paths.people_folder()
        self._lock = threading.Lock()
        self.damage = ""
        self._people: tuple[Person, ...] = ()
        try:
            self._people = _read(self._file)
        except ValueError as error:
            self.damage = str(error)
            with contextlib.suppress(OSError):
                os.replace(self._file, self._file.with_suffix(".damaged"))

    @property
    def _file(self) -> Path:
        return self._folder / "people.json"

    def all(self) -> tuple[Person, ...]:
        """Everybody, the most recent first."""
        with self._lock:
            return self._people

    def picture_file(self, person: Person) -> Path:
        """Where a person's picture is; it need not exist."""
        return self._folder / f"{person.key}.png"

    def identity_file(self, digest: bytes) -> Path:
        """Where an identity with that SHA-256 is; it need not exist."""
        return self._folder / f"{digest.hex()}{paths.IDENTITY_SUFFIX}"

    def known_identity(self, digest: bytes) -> bytes | None:
        """The identity file with that SHA-256, where it is kept."""
        path = self.identity_file(digest)
        try:
            if path.stat().st_size > IDENTITY_MAX:
                return None
            data = path.read_bytes()
        except OSError:
            return None
        return data if hashlib.sha256(data).digest() == digest else None

    def keep_identity(self, data: bytes) -> bytes:
        """Keep an identity that came in a call, and give its SHA-256.

        Raises:
            OSError: it cannot be written.
        """
        digest = hashlib.sha256(data).digest()
        path = self.identity_file(digest)
        if not path.is_file():
            self._folder.mkdir(parents=True, exist_ok=True)
            with paths.whole_file(path) as temporary:
                temporary.write_bytes(data)
        return digest

    def met(
        self, name: str, digest: bytes | None, picture: NDArray[np.uint8] | None, now: float, seconds: float
    ) -> Person:
        """Note a call that has ended.

        Args:
            name: as the identity says, "" where there was none.
            digest: SHA-256 of the identity, None where there was none.
            picture: what was shown last, uint8 (H, W, 3), or None.
            now: seconds since 1970.
            seconds: length of the call.

        Raises:
            OSError: it cannot be written.
        """
        key = digest.hex() if digest is not None else uuid.uuid4().hex
        with self._lock:
            before = next((person for person in self._people if person.key == key), None)
            kept_name = before.name if before is not None else _tidy(name)
            person = Person(key, kept_name, digest is not None, now, seconds)
            self._write((person, *(other for other in self._people if other.key != key)))
        if picture is not None:
            self._keep_picture(person, picture)
        return person

    def rename(self, key: str, name: str) -> None:
        """Call somebody otherwise.

        Raises:
            OSError: it cannot be written.
        """
        with self._lock:
            self._write(
                tuple(replace(person, name=_tidy(name)) if person.key == key else person for person in self._people)
            )

    def forget(self, key: str) -> None:
        """Forget somebody, identity and picture too.

        Raises:
            OSError: it cannot be written.
        """
        with self._lock:
            self._write(tuple(person for person in self._people if person.key != key))

    def _write(self, people: tuple[Person, ...]) -> None:
        people, gone = people[:PEOPLE_MAX], people[PEOPLE_MAX:]
        kept = {person.key for person in people}
        gone += tuple(person for person in self._people if person.key not in kept)
        self._folder.mkdir(parents=True, exist_ok=True)
        with paths.whole_file(self._file) as temporary:
            temporary.touch(mode=0o600)
            stored = {"schema_version": SCHEMA_VERSION, "people": [asdict(person) for person in people]}
            temporary.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
        self._people = people
        for person in gone:
            for path in (self.picture_file(person), self._folder / f"{person.key}{paths.IDENTITY_SUFFIX}"):
                path.unlink(missing_ok=True)

    def _keep_picture(self, person: Person, picture: NDArray[np.uint8]) -> None:
        from PIL import Image

        image = Image.fromarray(np.ascontiguousarray(picture)).resize((PICTURE_SIDE, PICTURE_SIDE))
        with paths.whole_file(self.picture_file(person)) as temporary:
            image.save(temporary)


def _tidy(name: str) -> str:
    """A name as it is kept: one line, not too long, nothing that cannot be printed."""
    return "".join(letter if letter.isprintable() else " " for letter in name[:NAME_MAX]).strip()


def _read(path: Path) -> tuple[Person, ...]:
    try:
        if path.stat().st_size > FILE_MAX:
            raise ValueError(f"the list of people is too large: {path}")
        stored = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError, RecursionError, json.JSONDecodeError) as error:
        raise ValueError(f"the list of people cannot be read: {path}") from error
    if not isinstance(stored, dict) or stored.get("schema_version") != SCHEMA_VERSION:
        raise ValueError(f"the list of people is of another Visavis: {path}")
    people = stored.get("people")
    if not isinstance(people, list):
        raise ValueError(f"the list of people is damaged: {path}")
    return tuple(_people_of(people[:PEOPLE_MAX], path))


def _people_of(entries: list[object], path: Path) -> Iterator[Person]:
    for entry in entries:
        match entry:
            case {
                "key": str(key),
                "name": str(name),
                "identity": bool(identity),
                "last_call": int() | float() as last_call,
                "seconds": int() | float() as seconds,
            } if _KEY.fullmatch(key):
                yield Person(key, _tidy(name), identity, float(last_call), float(seconds))
            case _:
                raise ValueError(f"the list of people is damaged: {path}")
