"""Opens what one end of a call has: camera, microphone, loudspeaker, and the analyser of its face, warmed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.call.audio import FileMicrophone, NullSpeaker
from app.call.audio_card import SoundCard
from app.call.audio_devices import PortAudio, SoundChoice
from app.call.camera import FileCamera
from app.call.identity_exchange import IdentityOfferer
from app.call.identity_file import read_identity_bytes
from app.call.live_camera import LiveCamera
from app.call.options import CAPTURE_SIDE, SessionOptions
from app.call.stages import Analyser, Stages, face_tables
from app.net.peer import Peer
from app.paths import sample_clip
from codec.face import FaceEncoder
from codec.identity import unpack_identity
from codec.types import Frame
from models.clip import probe_clip, read_clip

WARM_FRAMES = 3
"""Frames analysed before the call: the first compiles and loads, the second and third settle what it left."""

OnFailure = Callable[[str, Exception], None]


@dataclass(frozen=True, slots=True)
class Portrayal:
    """What it takes to be rendered at the other end.

    Attributes:
        analyser: finds the face.
        encoder: codes it.
        offerer: offers the identity.
    """

    analyser: Analyser
    encoder: FaceEncoder
    offerer: IdentityOfferer


def open_camera(
    source: int | Path, on_frame: Callable[[Frame], None], on_failure: OnFailure, off: threading.Event
) -> FileCamera | LiveCamera:
    """Open a camera, or a clip in its place; it gives no pictures while `off` is set.

    Raises:
        ValueError: it gives no picture.
    """
    if isinstance(source, int):
        return LiveCamera(source, CAPTURE_SIDE, on_frame, on_failure, off)
    return FileCamera(source, CAPTURE_SIDE, on_frame, on_failure, off)


def open_portrayal(identity: Path, source: int | Path, stages: Stages) -> Portrayal:
    """Load an identity and warm its analyser; with a camera, on the sample, for that one is not on yet.

    Raises:
        ValueError: the identity cannot be used.
    """
    data = read_identity_bytes(identity)
    unpacked = unpack_identity(data)
    encoder = FaceEncoder(face_tables(unpacked))
    analyser = stages.open_analyser(unpacked)
    clip = sample_clip() if isinstance(source, int) else source
    for frame in read_clip(clip, frames=(0, WARM_FRAMES), size=CAPTURE_SIDE):
        analyser.analyse(Frame(frame.rgb, time.monotonic_ns(), frame.seq))
    return Portrayal(analyser, encoder, IdentityOfferer(data, unpacked.name))


def open_speaker(
    options: SessionOptions, peer: Peer, on_event: Callable[[str], None], on_failure: OnFailure
) -> NullSpeaker | SoundCard:
    """Give what plays the other end's sound; devices are opened once it runs."""
    if options.sound is None:
        return NullSpeaker(on_failure)
    choice = options.sound if options.microphone is None else SoundChoice(None, options.sound.speaker)
    return SoundCard(PortAudio(), choice, peer.send_audio, lambda: peer.plan, on_event, on_failure)


def open_microphone(
    options: SessionOptions, speaker: NullSpeaker | SoundCard, peer: Peer, on_failure: OnFailure
) -> FileMicrophone | SoundCard | None:
    """Give what speaks: a clip, the sound card, or nothing.

    Raises:
        ValueError: the clip cannot be read.
    """
    microphone: FileMicrophone | SoundCard | None = None
    if options.microphone is not None and probe_clip(options.microphone).has_audio:
        microphone = FileMicrophone(options.microphone, peer.send_audio, lambda: peer.plan, on_failure)
    elif isinstance(speaker, SoundCard) and options.sound is not None and options.sound.microphone is not None:
        microphone = speaker
    if microphone is not None:
        microphone.talker.mute = options.mute
    return microphone
