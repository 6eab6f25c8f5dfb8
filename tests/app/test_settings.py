"""Settings of the meeting: what is read, what is refused, and who may see them."""

from __future__ import annotations

import json
import stat
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.net.ice_servers import IceServer
from app.settings import SCHEMA_VERSION, Settings, load_settings, save_settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.json"


def write(file: Path, **values: Any) -> Path:
    file.write_text(json.dumps({"schema_version": SCHEMA_VERSION, **values}))
    return file


def test_what_is_saved_comes_back_and_is_private(file: Path) -> None:
    servers = (IceServer("stun:h:3478"), IceServer("turns:h:5349", "me", "secret"))
    chosen = Settings(rendezvous="wss://meet.example/v1", ice_servers=servers, relay_only=True)
    save_settings(chosen, file)
    assert load_settings(file) == chosen
    if not sys.platform.startswith("win"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    save_settings(replace(chosen, size=512), file)
    assert load_settings(file).size == 512


def test_settings_of_before_get_the_new_defaults(file: Path) -> None:
    settings = load_settings(write(file, size=512, backend="cpu", threads=2))
    assert settings == Settings(size=512, backend="cpu", threads=2)
    assert settings.ice_servers[0].url.startswith("stun:")


def test_a_file_of_the_first_version_is_read(file: Path) -> None:
    file.write_text(json.dumps({"schema_version": 1, "size": 512}))
    assert load_settings(file) == Settings(size=512)


def test_devices_limit_looks_and_owner_come_back(file: Path) -> None:
    chosen = Settings(
        camera=-1, microphone="Headset", speaker="none", most_kbps=64, identity="me", theme="dark", language="de"
    )
    save_settings(chosen, file)
    assert load_settings(file) == chosen


def test_short_forms_are_completed(file: Path) -> None:
    settings = load_settings(
        write(file, rendezvous="ws://192.168.1.20:4000", ice_servers=[{"url": "turn:me:secret@h?transport=tcp"}])
    )
    assert settings.rendezvous == "ws://192.168.1.20:4000/v1"
    assert settings.ice_servers == (IceServer("turn:h:3478?transport=tcp", "me", "secret"),)
    assert load_settings(write(file, ice_servers=[])).ice_servers == ()


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"rendezvous": "http://h"}, "rendezvous: 'http://h' is no meeting point"),
        ({"rendezvous": 5}, "rendezvous: a URL is a text"),
        ({"ice_servers": "stun:h"}, "no list of servers"),
        ({"ice_servers": {}}, "no list of servers"),
        ({"ice_servers": [{"url": "stun:h"}] * 9}, "no list of servers"),
        ({"ice_servers": ["stun:h"]}, "a server has a url"),
        ({"ice_servers": [{"url": "stun:h", "more": 1}]}, "a server has a url"),
        ({"ice_servers": [{"url": 5}]}, "are texts"),
        ({"ice_servers": [{"url": "turn:h"}]}, "needs a user name"),
        ({"relay_only": 1}, r"\(relay_only\)"),
        ({"camera": -2}, "camera: 0 to 100, or -1"),
        ({"camera": True}, "camera: 0 to 100"),
        ({"microphone": ""}, "microphone: no name"),
        ({"speaker": "x" * 201}, "speaker: no name"),
        ({"most_kbps": 5}, "most_kbps: 20 to 100000, or 0"),
        ({"identity": "../me"}, "identity: no name"),
        ({"theme": "pink"}, "theme: choose from system, light, dark"),
        ({"language": 1}, "language: choose from"),
    ],
)
def test_what_is_damaged_is_named(file: Path, values: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as failure:
        load_settings(write(file, **values))
    assert str(file) in str(failure.value)
