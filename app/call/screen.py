"""What a session shows of the other end: each picture with its time, its reason and the figures of the moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from fractions import Fraction

from app.call.camera import frame_time_ns
from app.call.control_line import ControlLine
from app.call.lips import LipSync
from app.call.renderer import Picture
from app.call.shown import Mode, ShownFrame
from app.call.stats import ViewerStats
from app.net import control
from app.net.peer import Peer


class Screen:
    """Counts pictures as they are shown and hands them on, on the renderer's thread.

    Args:
        peer: asked what went over the wire.
        stats: counts pictures.
        lips: told of faces.
        line: tells the other end that its first face was shown.
        on_shown: gets every picture; it must return at once.
        on_mode: told what the other end sends, and why.

    Attributes:
        reason: why the other end sends what it sends.
    """

    def __init__(
        self,
        peer: Peer,
        stats: ViewerStats,
        lips: LipSync,
        line: ControlLine,
        on_shown: Callable[[ShownFrame], None],
        on_mode: Callable[[Mode, str], None],
    ) -> None:
        self.reason = "waiting for the first picture"
        self._peer = peer
        self._stats = stats
        self._lips = lips
        self._line = line
        self._on_shown = on_shown
        self._on_mode = on_mode
        self._capture: tuple[int, Fraction] | None = None
        self._tell_face_shown = threading.Event()

    def know_capture_clock(self, epoch_ns: int, fps: Fraction) -> None:
        """Learn when the other end's frame 0 was taken, on this machine's clock, so that latency can be measured."""
        self._capture = (epoch_ns, fps)

    def announced(self, change: control.ModeChange) -> None:
        """Take word of what the other end sends from now on, from the net thread."""
        self.reason = change.reason
        self._on_mode(change.mode, change.reason)
        if change.mode == "face":
            self._tell_face_shown.set()

    def show(self, picture: Picture) -> None:
        """Show a picture."""
        now_ns = time.monotonic_ns()
        taken_ns = frame_time_ns(picture.seq, *self._capture) if self._capture and picture.seq >= 0 else 0
        latency_ms = (now_ns - taken_ns) / 1e6 if taken_ns else None
        height, width = picture.rgb.shape[:2]
        live = self._stats.shown(picture.mode, (width, height), latency_ms, now_ns, self._peer.counts())
        if picture.mode == "face":
            self._lips.shown(picture.seq, now_ns)
        if picture.mode == "face" and self._tell_face_shown.is_set():
            self._tell_face_shown.clear()
            self._line.send(control.FaceShown(picture.seq))
        self._on_shown(ShownFrame(picture.rgb, picture.seq, picture.mode, taken_ns, now_ns, self.reason, live))
