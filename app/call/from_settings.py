"""The call that a person's settings ask for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app import paths
from app.call.audio_devices import SoundChoice, named_choice
from app.call.meeting import MeetingOptions
from app.call.options import SessionOptions
from app.net.codes import parse_url
from app.net.peer import PeerOptions
from app.settings import NO_CAMERA, Settings


def own_identity(settings: Settings) -> Path | None:
    """The identity that shows this machine's owner, where it has been enrolled and is kept."""
    kept = paths.kept_identity(settings.identity) if settings.identity else None
    return kept if kept is not None and kept.is_file() else None


def sound_choice(microphone: str, speaker: str) -> SoundChoice | None:
    """The sound devices of those names, None for none at all."""
    choice = named_choice(microphone, speaker)
    return None if choice.microphone is None and choice.speaker is None else choice


def meeting_options(
    settings: Settings, code: str | None, known: Callable[[bytes], bytes | None] = lambda digest: None
) -> MeetingOptions:
    """A call as the settings have it; a host is asked before it takes somebody's call.

    Args:
        settings: what the person chose.
        code: what the other person gave; None to host.
        known: see `SessionOptions.known`.

    Raises:
        ValueError: going through a relay alone is wanted, and there is none.
    """
    session = SessionOptions(
        camera=None if settings.camera == NO_CAMERA else settings.camera,
        needs_camera=False,
        sound=sound_choice(settings.microphone, settings.speaker),
        identity=own_identity(settings),
        size=(settings.size, settings.size),
        backend=settings.backend,
        threads=settings.threads or None,
        known=known,
        peer=PeerOptions(settings.ice_servers, settings.relay_only, most_kbps=settings.most_kbps),
    )
    return MeetingOptions(session, parse_url(settings.rendezvous), code, asks=code is None)
