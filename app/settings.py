"""What a person chose and Visavis remembers: a small JSON file with a schema version."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from app import paths
from app.net.codes import PUBLIC_URL, parse_url
from app.net.ice_servers import PUBLIC_STUN, IceServer, parse_ice_server

SCHEMA_VERSION = 2
"""2 added devices, the data limit, one's own identity, theme and language; files of 1 are read as they are."""

ICE_SERVERS_MAX = 8
"""More STUN and TURN servers than this help nobody: one of each is asked at a time."""


THEMES = ("system", "light", "dark")

LANGUAGES = ("system", "en", "de")

CAMERAS_MAX = 100
"""Numbers of cameras that are believed."""

NO_CAMERA = -1

LIMIT_KBPS = (20, 100_000)
"""What a data limit may be: sound alone takes 16 kbit/s of the wire at its least."""

DEVICE_NAME_MAX = 200


@dataclass(frozen=True, slots=True)
class Settings:
    """Defaults for what a command line leaves open.

    Attributes:
        size: width and height of the rendered picture in pixels, chosen last in the window.
        backend: the renderer: auto, cpu, cuda or reference.
        threads: threads for rendering and training; 0 lets the backend choose.
        rendezvous: URL of the meeting point.
        ice_servers: STUN and TURN servers, tried in this order.
        relay_only: go through a TURN server alone, so that nobody who is called learns this machine's address.
        camera: number of the camera, from 0; `NO_CAMERA` for none.
        microphone: part of its name, "default" for the system's choice, "none" for none.
        speaker: the same for the loudspeaker.
        most_kbps: most that a call may send, kbit/s with packet headers; 0 for no limit.
        identity: name of the kept identity that shows this machine's owner; empty before there is one.
        theme: one of `THEMES`.
        language: one of `LANGUAGES`.
    """

    size: int = 256
    backend: str = "auto"
    threads: int = 0
    rendezvous: str = PUBLIC_URL
    ice_servers: tuple[IceServer, ...] = (IceServer(PUBLIC_STUN),)
    relay_only: bool = False
    camera: int = 0
    microphone: str = "default"
    speaker: str = "default"
    most_kbps: int = 0
    identity: str = ""
    theme: str = "system"
    language: str = "system"


def _read_servers(value: object) -> tuple[IceServer, ...]:
    if not isinstance(value, list) or len(value) > ICE_SERVERS_MAX:
        raise ValueError("no list of servers")
    servers = []
    for entry in value:
        if not isinstance(entry, dict) or not entry.keys() <= {"url", "username", "password"}:
            raise ValueError("a server has a url, and for TURN a username and a password")
        if not all(isinstance(part, str) for part in entry.values()):
            raise ValueError("url, username and password are texts")
        servers.append(parse_ice_server(entry.get("url", ""), entry.get("username", ""), entry.get("password", "")))
    return tuple(servers)


def _one_of(choices: tuple[str, ...]) -> Callable[[object], str]:
    def read(value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            raise ValueError(f"choose from {', '.join(choices)}")
        return value

    return read


def _within(low: int, high: int, also: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if type(value) is not int or not (low <= value <= high or value == also):
            raise ValueError(f"{low} to {high}, or {also}")
        return value

    return read


def _read_device(value: object) -> str:
    if not isinstance(value, str) or not value or len(value) > DEVICE_NAME_MAX:
        raise ValueError("no name of a device")
    return value


def _read_rendezvous(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a URL is a text")
    return parse_url(value)


def _read_identity(value: object) -> str:
    if not isinstance(value, str) or Path(value).name != value:
        raise ValueError("no name of a kept identity")
    return value


_READERS: dict[str, Callable[[object], Any]] = {
    "rendezvous": _read_rendezvous,
    "ice_servers": _read_servers,
    "camera": _within(0, CAMERAS_MAX, NO_CAMERA),
    "microphone": _read_device,
    "speaker": _read_device,
    "most_kbps": _within(*LIMIT_KBPS, 0),
    "identity": _read_identity,
    "theme": _one_of(THEMES),
    "language": _one_of(LANGUAGES),
}
"""How what is more than any number, word or switch is read from JSON; each raises a ValueError with a reason."""


def load_settings(path: Path | None = None) -> Settings:
    """Reads the settings; the defaults when there are none yet.

    Args:
        path: the file; the user's own when not given.

    Raises:
        ValueError: the file is damaged or written by a newer Visavis.
    """
    path = path or paths.settings_file()
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"damaged settings, delete or mend them: {path}") from error
    if not isinstance(stored, dict) or not isinstance(stored.get("schema_version"), int):
        raise ValueError(f"damaged settings, delete or mend them: {path}")
    if stored["schema_version"] > SCHEMA_VERSION:
        raise ValueError(f"settings of a newer Visavis (schema {stored['schema_version']}): {path}")
    chosen: dict[str, Any] = {}
    for field in fields(Settings):
        if field.name in stored:
            chosen[field.name] = _read(field.name, stored[field.name], field.default, path)
    return Settings(**chosen)


def _read(name: str, value: object, default: object, path: Path) -> object:
    reader = _READERS.get(name)
    if reader is None:
        if type(value) is not type(default):
            raise ValueError(f"damaged settings ({name}), delete or mend them: {path}")
        return value
    try:
        return reader(value)
    except ValueError as error:
        raise ValueError(f"damaged settings ({name}: {error}), delete or mend them: {path}") from error


def save_settings(settings: Settings, path: Path | None = None) -> None:
    """Writes the settings, whole or not at all, for their owner's eyes: they may hold a TURN server's password."""
    path = path or paths.settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    with paths.whole_file(path) as temporary:
        temporary.touch(mode=0o600)
        temporary.write_text(json.dumps({"schema_version": SCHEMA_VERSION, **asdict(settings)}, indent=2) + "\n")
