"""Where Visavis keeps what it keeps, and how a file gets there whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

ASSETS = Path(__file__).resolve().parents[1] / "assets"
"""The sample that comes with the source tree."""

IDENTITY_SUFFIX = ".visavis"


def sample_clip() -> Path:
    """The sample portrait's clip."""
    return ASSETS / "sample.mp4"


def sample_identity() -> Path:
    """The identity that was enrolled on the sample portrait."""
    return ASSETS / f"sample{IDENTITY_SUFFIX}"


def settings_file() -> Path:
    """The settings, in the user's configuration folder; it need not exist."""
    return platformdirs.user_config_path("visavis", appauthor=False) / "settings.json"


def window_file() -> Path:
    """Where the main window was last, in the user's folder for such state; it need not exist."""
    return platformdirs.user_state_path("visavis", appauthor=False) / "window.json"


def identities_folder() -> Path:
    """The folder of enrolled and received identities; it need not exist."""
    return platformdirs.user_data_path("visavis", appauthor=False) / "identities"


def people_folder() -> Path:
    """The folder of the people one has talked to; it need not exist."""
    return platformdirs.user_data_path("visavis", appauthor=False) / "people"


def enrolment_folder() -> Path:
    """The folder of recordings and trainings that are not done; it need not exist."""
    return platformdirs.user_data_path("visavis", appauthor=False) / "enrolment"


def kept_identity(name: str) -> Path:
    """Where the identity of that name is kept; it need not exist."""
    return identities_folder() / f"{name}{IDENTITY_SUFFIX}"


def find_identity(name: str) -> Path:
    """The identity file that a person means by `name`: a path, or the name of a stored one.

    Raises:
        ValueError: neither exists.
    """
    path = Path(name)
    if path.is_file():
        return path
    if path.name == name:
        stored = kept_identity(name.removesuffix(IDENTITY_SUFFIX))
        if stored.is_file():
            return stored
    raise ValueError(f"no such identity: {name}")


def check_input(path: Path, what: str) -> Path:
    """Returns `path` when it is a file that can be read.

    Raises:
        ValueError: one line that names `what` is missing.
    """
    if path.is_dir():
        raise ValueError(f"{what} is a folder: {path}")
    if not path.exists():
        raise ValueError(f"no such {what}: {path}")
    if not os.access(path, os.R_OK):
        raise ValueError(f"{what} cannot be read: {path}")
    return path


def check_output(path: Path) -> Path:
    """Returns `path` when a file can be written there, so that long work does not end in an error.

    Raises:
        ValueError: its folder is missing or may not be written, or it is a folder itself.
    """
    folder = path.absolute().parent
    if path.is_dir():
        raise ValueError(f"output is a folder: {path}")
    if not folder.is_dir():
        raise ValueError(f"no such folder for the output: {folder}")
    if not os.access(folder, os.W_OK):
        raise ValueError(f"the output's folder cannot be written: {folder}")
    return path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends well and vanishes when it does not.

    Args:
        path: where the finished file is to be; an older file there stays untouched until then.

    Yields:
        The path to write to; its suffix is that of `path`.
    """
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
