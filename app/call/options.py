"""What one end of a call has, and how it is to behave."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from app.call.audio_devices import SoundChoice
from app.net.peer import PeerOptions

CAPTURE_SIDE = 512
"""Side of the camera's pictures, pixels: the largest that the H.265 ladder sends."""


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """One end of a call.

    Attributes:
        camera: number of a camera, a clip in place of one, or None without one.
        microphone: clip in place of a microphone, or None without one.
        identity: this person's identity file, offered to the other end; None where there is none.
        needs_camera: whether there is no call where the camera cannot be opened; else it goes on without.
        sound: real sound devices, or None to hear nothing; with a clip as microphone its loudspeaker alone counts.
        mute: while it is set the microphone sends silence; from any thread.
        camera_off: while it is set the camera is off; from any thread.
        h265_only: never send faces.
        size: first output size, width and height.
        backend: render backend for the other end's face.
        threads: the renderer's threads, or None for its own choice.
        stages: module that opens analyser and renderer.
        known: gives the identity file with that SHA-256 where one came in an earlier call: it need not cross again.
        peer: how to reach the other end.
    """

    camera: int | Path | None = None
    microphone: Path | None = None
    identity: Path | None = None
    needs_camera: bool = True
    sound: SoundChoice | None = None
    mute: threading.Event = field(default_factory=threading.Event)
    camera_off: threading.Event = field(default_factory=threading.Event)
    h265_only: bool = False
    size: tuple[int, int] = (CAPTURE_SIDE, CAPTURE_SIDE)
    backend: str = "auto"
    threads: int | None = None
    stages: str = "app.call.stages"
    known: Callable[[bytes], bytes | None] = lambda digest: None
    peer: PeerOptions = field(default_factory=PeerOptions)
