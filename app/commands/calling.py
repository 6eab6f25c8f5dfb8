"""What `visavis host` and `visavis call` have in common: flags, options, and what is said while the call goes on."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from app import paths
from app.commands import arguments as arg
from app.commands.prepare import prepare_first
from app.net.codes import parse_url
from app.net.ice_servers import IceServer, parse_ice_server
from app.settings import NO_CAMERA, Settings, load_settings

if TYPE_CHECKING:
    from app.call.audio_devices import SoundChoice
    from app.call.meeting import MeetingEvents, MeetingOptions, MeetingReport, Phase
    from app.net.safety import SafetyString

PHASES = {
    "preparing": "getting ready",
    "pairing": "asking the meeting point",
    "waiting": "waiting for the other end",
    "connecting": "the other end is there, connecting",
    "connected": "connected",
    "reconnecting": "reconnecting",
}


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of both commands."""
    parser.add_argument(
        "--camera",
        type=camera_number,
        default=argparse.SUPPRESS,
        metavar="N",
        help="which camera, from 0; none for none (the settings')",
    )
    parser.add_argument("--clip", type=Path, metavar="V", help="a video in place of camera and microphone")
    parser.add_argument(
        "--microphone",
        metavar="NAME",
        help="part of its name; default for the system's choice, none for none (the settings')",
    )
    parser.add_argument("--speaker", metavar="NAME", help="the same for the loudspeaker (with --clip none)")
    parser.add_argument("--mute", action="store_true", help="begin with the microphone muted")
    parser.add_argument("--identity", metavar="ID", help="your identity (the settings'): the face stream needs it")
    parser.add_argument(
        "--size", type=arg.picture_size, metavar="WxH", help="size of the other's picture (as chosen last)"
    )
    parser.add_argument("--seconds", type=arg.positive, metavar="N", help="hang up after this long")
    parser.add_argument("--headless", action="store_true", help="no window")
    parser.add_argument("--record", type=Path, metavar="O.mp4", help="write the other's picture to a file (no window)")
    parser.add_argument("--rendezvous", metavar="URL", help="the meeting point (the settings'; a public one)")
    parser.add_argument(
        "--ice-server",
        action="append",
        metavar="URL",
        help="a STUN or TURN server in place of the settings', turn:USER:PASSWORD@HOST:PORT?transport=tcp; "
        "more than once for several; none for the local network alone",
    )
    parser.add_argument(
        "--relay-only", action="store_true", help="go through the TURN server alone: the other end sees its address"
    )
    parser.add_argument("--h265-only", action="store_true", help="never send the face stream")
    parser.add_argument("--threads", type=arg.thread_count, metavar="N", help="threads of the renderer")
    parser.add_argument("--backend", choices=arg.BACKENDS, help="renderer (auto)")
    parser.add_argument("--stages", default="app.call.stages", help=argparse.SUPPRESS)
    arg.add_output_flags(parser)


def camera_number(text: str) -> int | None:
    """The number of a camera, or None for `none`."""
    if text == "none":
        return None
    if not text.isdigit() or len(text) > 3:
        raise argparse.ArgumentTypeError(f"'{text}' is no camera, write its number, from 0, or none")
    return int(text)


def hold(arguments: argparse.Namespace, code: str | None) -> dict[str, object]:
    """Holds the call, in a window where there is a display.

    Raises:
        ValueError: a file, a flag, the code or the meeting point cannot be used, or the ends did not come together.
        ConnectionError: the ends met but could not connect.
        RuntimeError: this end failed.
    """
    options = meeting_options(arguments, code)
    in_window = not arguments.headless and _has_display()
    if in_window and arguments.record is not None:
        raise ValueError("--record goes with --headless")
    prepare_first()
    report = _hold_in_window(options) if in_window else _hold_headless(options, arguments.record)
    if not arguments.json:
        print(format_report(report))
    return asdict(report)


def meeting_options(arguments: argparse.Namespace, code: str | None) -> MeetingOptions:
    """The call that the command line and the settings ask for.

    Raises:
        ValueError: something of it cannot be.
    """
    from app.call.meeting import MeetingOptions
    from app.call.options import SessionOptions
    from app.net.peer import PeerOptions
    from codec.identity import read_identity

    settings = load_settings()
    clip = None if arguments.clip is None else paths.check_input(arguments.clip, "clip")
    identity = _own_identity(arguments, settings)
    if identity is not None:
        read_identity(identity)  # a damaged one is told of before somebody is called
    session = SessionOptions(
        camera=_camera(arguments, settings) if clip is None else clip,
        microphone=clip,
        sound=_sound_choice(arguments, settings),
        mute=_mute(arguments),
        identity=identity,
        h265_only=arguments.h265_only,
        size=arguments.size or (settings.size, settings.size),
        backend=arguments.backend or settings.backend,
        threads=arguments.threads or settings.threads or None,
        stages=arguments.stages,
        peer=PeerOptions(
            _ice_servers(arguments, settings),
            arguments.relay_only or settings.relay_only,
            most_kbps=settings.most_kbps,
        ),
    )
    return MeetingOptions(session, parse_url(arguments.rendezvous or settings.rendezvous), code, arguments.seconds)


def _mute(arguments: argparse.Namespace) -> threading.Event:
    mute = threading.Event()
    if arguments.mute:
        mute.set()
    return mute


def _own_identity(arguments: argparse.Namespace, settings: Settings) -> Path | None:
    if arguments.identity is not None:
        return paths.find_identity(arguments.identity)
    kept = paths.kept_identity(settings.identity) if settings.identity else None
    return kept if kept is not None and kept.is_file() else None


def _camera(arguments: argparse.Namespace, settings: Settings) -> int | None:
    chosen: int | None = getattr(arguments, "camera", settings.camera)
    return None if chosen == NO_CAMERA else chosen


def _sound_choice(arguments: argparse.Namespace, settings: Settings) -> SoundChoice | None:
    from app.call.audio_devices import named_choice

    microphone, speaker = arguments.microphone or settings.microphone, arguments.speaker
    if arguments.clip is not None:  # it speaks in the microphone's place, and is heard where that is asked for
        microphone, speaker = "none", speaker or "none"
    choice = named_choice(microphone, speaker or settings.speaker)
    return None if choice.microphone is None and choice.speaker is None else choice


def _ice_servers(arguments: argparse.Namespace, settings: Settings) -> tuple[IceServer, ...]:
    if arguments.ice_server is None:
        return settings.ice_servers
    return tuple(parse_ice_server(url) for url in arguments.ice_server if url != "none")


def _has_display() -> bool:
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _hold_headless(options: MeetingOptions, record: Path | None) -> MeetingReport:
    from app.call.meeting import hold_meeting

    if record is None:
        return hold_meeting(options, printing_events())
    from app.call.take import open_take

    with paths.whole_file(paths.check_output(record)) as temporary, open_take(temporary, options.session.size) as take:
        report = hold_meeting(options, printing_events(), take)
    print(f"wrote {record}", file=sys.stderr)
    return report


def _hold_in_window(options: MeetingOptions) -> MeetingReport:
    # Qt is loaded for a window only: a machine without its libraries can run everything else.
    from app.ui.one_call import show_call

    return show_call(options, printing_events())


def printing_events() -> MeetingEvents:
    """Events that are printed: the code on standard output, for whoever passes it on, the rest on standard error."""
    from app.call.meeting import MeetingEvents

    def tell(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def tell_code(code: str) -> None:
        print(code, flush=True)
        tell(f"the other person types: visavis call {code}")

    def tell_phase(phase: Phase) -> None:
        if phase in PHASES:
            tell(PHASES[phase])

    def tell_safety(safety: SafetyString) -> None:
        tell(f"the same six pictures must show at the other end: {safety.emoji} ({safety.names})")

    return MeetingEvents(tell_code, tell_phase, tell_safety, tell)


def format_report(report: MeetingReport) -> str:
    """The call's figures as a table for people."""
    modes = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in report.mode_seconds.items() if seconds > 0)
    rows = [
        ("ended", report.ended),
        ("length", f"{report.seconds:.1f} s ({modes or 'no picture'})"),
        ("picture", f"{report.payload_kbps:.2f} kbps, {report.frames_shown} shown, {report.fps:.1f} fps"),
        ("sound", f"{report.audio_kbps:.1f} kbps"),
        ("on the wire", f"{report.wire_kbps_out:.1f} kbps out, {report.wire_kbps_in:.1f} kbps in"),
    ]
    if report.reconnections:
        lasted = ", ".join(f"{seconds:.1f} s" for seconds in report.outage_seconds)
        rows.append(("reconnected", f"{report.reconnections} times, after {lasted or 'nothing'}"))
    return "\n".join(f"{name:<14} {value}" for name, value in rows)
