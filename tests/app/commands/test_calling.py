"""`visavis host`, `call` and `rendezvous`: flags, settings, and errors before anything is done."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import pytest

from app import paths
from app.call.audio_devices import SoundChoice
from app.cli import EXIT_BAD_INPUT, build_parser, main
from app.commands.calling import format_report, meeting_options
from app.commands.rendezvous import listening_address
from app.net.ice_servers import IceServer
from app.settings import NO_CAMERA, Settings, save_settings
from tests.fakes.meeting import REPORT


def parse(*arguments: str) -> argparse.Namespace:
    return build_parser().parse_args(arguments)


def test_settings_are_the_defaults_and_flags_come_first(clip: Path) -> None:
    servers = (IceServer("turn:h:3478", "me", "secret"),)
    save_settings(Settings(size=512, rendezvous="ws://own:4000/v1", ice_servers=servers, relay_only=True))
    options = meeting_options(parse("host", "--clip", str(clip)), None)
    assert options.rendezvous == "ws://own:4000/v1"
    assert options.session.size == (512, 512)
    assert (options.session.camera, options.session.microphone) == (clip, clip)
    assert (options.session.peer.ice_servers, options.session.peer.relay_only) == (servers, True)
    flags = ("--rendezvous", "ws://other", "--ice-server", "turns:a:b@x", "--ice-server", "stun:y", "--size", "64")
    options = meeting_options(parse("call", "7-crossover-clockwork", *flags, "--seconds", "9"), "7-crossover-clockwork")
    assert options.rendezvous == "ws://other/v1"
    assert [server.url for server in options.session.peer.ice_servers] == ["turns:x:5349", "stun:y:3478"]
    assert (options.code, options.seconds, options.session.size) == ("7-crossover-clockwork", 9, (64, 64))
    assert (options.session.camera, options.session.microphone) == (0, None)
    assert meeting_options(parse("host", "--camera", "2"), None).session.camera == 2
    assert meeting_options(parse("host", "--camera", "none"), None).session.camera is None


def test_sound_devices_are_chosen_by_name_and_a_clip_takes_their_place(clip: Path) -> None:
    session = meeting_options(parse("host", "--microphone", "USB", "--speaker", "none", "--mute"), None).session
    assert session.sound == SoundChoice("USB", None)
    assert session.mute.is_set()
    session = meeting_options(parse("host"), None).session
    assert session.sound == SoundChoice("", "")
    assert not session.mute.is_set()
    assert meeting_options(parse("host", "--clip", str(clip)), None).session.sound is None
    session = meeting_options(parse("host", "--clip", str(clip), "--speaker", "default"), None).session
    assert session.sound == SoundChoice(None, "")


def test_devices_and_the_own_identity_come_from_the_settings(clip: Path) -> None:
    save_settings(Settings(camera=3, microphone="Headset", speaker="none", identity="me"))
    session = meeting_options(parse("host"), None).session
    assert (session.camera, session.sound) == (3, SoundChoice("Headset", None))
    assert session.identity is None  # it was deleted by hand: the call goes on without
    kept = paths.kept_identity("me")
    kept.parent.mkdir(parents=True)
    kept.write_bytes(paths.sample_identity().read_bytes())
    assert meeting_options(parse("host"), None).session.identity == kept
    flags = ("--camera", "1", "--microphone", "default", "--speaker", "default")
    session = meeting_options(parse("host", *flags), None).session
    assert (session.camera, session.sound) == (1, SoundChoice("", ""))
    save_settings(Settings(camera=NO_CAMERA, most_kbps=64))
    session = meeting_options(parse("host"), None).session
    assert (session.camera, session.peer.most_kbps) == (None, 64)


def test_local_network_alone_is_asked_for_with_none() -> None:
    options = meeting_options(parse("host", "--ice-server", "none"), None)
    assert options.session.peer.ice_servers == ()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["call", "crossover"], "'crossover' is no code"),
        (["host", "--rendezvous", "http://h"], "'http://h' is no meeting point"),
        (["host", "--ice-server", "h"], "'h' is no STUN or TURN server"),
        (["host", "--relay-only"], "needs a TURN server"),
        (["host", "--clip", "missing.mp4"], "no such clip"),
        (["host", "--camera", "front"], "'front' is no camera"),
        (["host", "--identity", "nobody"], "no such identity"),
        (
            ["call", "7-a-b", "--rendezvous", "ws://127.0.0.1:9", "--headless", "--camera", "none"],
            "cannot be reached: nothing listens there",
        ),
        (["rendezvous", "--listen", "nowhere"], "'nowhere' is no address"),
        (["rendezvous", "--listen", "192.0.2.1:4000"], "cannot listen on 192.0.2.1 port 4000"),
    ],
)
def test_errors_are_one_line_and_exit_2(arguments: list[str], reason: str, capfd: pytest.CaptureFixture[str]) -> None:
    try:
        status = main(arguments)
    except SystemExit as end:
        status = end.code  # type: ignore[assignment]
    assert status == EXIT_BAD_INPUT
    said = capfd.readouterr().err.strip().splitlines()
    assert reason in said[-1]
    assert not any("Traceback" in line for line in said)


def test_listening_addresses() -> None:
    assert listening_address("4001") == ("0.0.0.0", 4001)
    assert listening_address("127.0.0.1:0") == ("127.0.0.1", 0)
    assert listening_address("[::1]:80") == ("::1", 80)
    for text in ("", "x", "1.2.3.4", "1.2.3.4:70000", ":80"):
        with pytest.raises(argparse.ArgumentTypeError):
            listening_address(text)


def test_report_is_a_table_for_people() -> None:
    table = format_report(REPORT)
    assert "face 20.0 s" in table
    assert "hung up" in table
    assert "reconnected" not in table
    assert "1 times, after 0.5 s" in format_report(replace(REPORT, reconnections=1, outage_seconds=(0.5,)))
