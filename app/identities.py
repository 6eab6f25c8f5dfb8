"""The identities that this machine keeps: list, rename, export, delete."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from app import paths
from codec.identity import identity_id, pack_identity, read_identity, read_identity_bytes, unpack_identity

NAME_MAX = 60
"""Characters of a name: longer ones break windows, and file systems take 255 bytes."""


@dataclass(frozen=True, slots=True)
class KeptIdentity:
    """One file.

    Attributes:
        path: where it is.
        size: of the file, bytes.
        name: whom it shows; empty where it is damaged.
        id: by which streams and calls name it, hexadecimal; empty where it is damaged.
        created_s: when it was enrolled, seconds since 1970.
        error: why it cannot be used; empty otherwise.
    """

    path: Path
    size: int
    name: str = ""
    id: str = ""
    created_s: int = 0
    error: str = ""

    @property
    def key(self) -> str:
        """The name of the file, by which settings and commands mean it."""
        return self.path.name.removesuffix(paths.IDENTITY_SUFFIX)


def describe(path: Path) -> KeptIdentity:
    """What an identity file holds; a damaged one says why."""
    size = path.stat().st_size
    try:
        data = read_identity_bytes(path)
        identity = unpack_identity(data)
    except ValueError as error:
        return KeptIdentity(path, size, error=str(error))
    return KeptIdentity(path, size, identity.name, identity_id(data).hex(), identity.created_s)


def kept_identities() -> list[KeptIdentity]:
    """All of them, by name of the file."""
    return [describe(path) for path in sorted(paths.identities_folder().glob(f"*{paths.IDENTITY_SUFFIX}"))]


def check_name(name: str) -> str:
    """The name without spaces around it.

    Raises:
        ValueError: no file and no person can be called so.
    """
    name = name.strip()
    if not 1 <= len(name) <= NAME_MAX or not name.isprintable():
        raise ValueError(f"a name has 1 to {NAME_MAX} characters")
    if name.startswith(".") or any(character in '/\\:*?"<>|' for character in name):
        raise ValueError('a name has no / \\ : * ? " < > | and does not begin with a dot')
    return name


def rename(key: str, name: str) -> Path:
    """Gives a kept identity another name, in the file and of the file.

    Args:
        key: the name of the file.
        name: the new one.

    Returns:
        Where it is now.

    Raises:
        ValueError: there is none, it is damaged, or the name is taken or cannot be.
        OSError: it cannot be written.
    """
    name = check_name(name)
    path, target = _require(key), paths.kept_identity(name)
    if target.exists() and not target.samefile(path):
        raise ValueError(f"there is one of that name: {name}")
    data = pack_identity(replace(read_identity(path), name=name))
    with paths.whole_file(target) as temporary:
        temporary.write_bytes(data)
    if not target.samefile(path):
        path.unlink()
    return target


def export(path: Path, target: Path) -> None:
    """Copies an identity to a file, after checking that it is whole.

    Raises:
        ValueError: it is damaged, or the copy has nowhere to go.
        OSError: it cannot be written.
    """
    paths.check_output(target)
    read_identity(path)
    with paths.whole_file(target) as temporary:
        shutil.copyfile(path, temporary)


def delete(key: str) -> Path:
    """Deletes a kept identity.

    Raises:
        ValueError: there is none.
    """
    path = _require(key)
    path.unlink()
    return path


def _require(key: str) -> Path:
    path = paths.kept_identity(key)
    if not key or Path(key).name != key or not path.is_file():
        raise ValueError(f"no such identity in {paths.identities_folder()}: {key}")
    return path
