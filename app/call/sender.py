"""The portrayed side: each camera frame becomes a face packet, an H.265 access unit, both for a moment, or neither."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.call.mailbox import Backlog, Mailbox
from app.call.policy import Decision, Ladder, Sending, Situation, VideoRate, video_share
from app.call.shown import Mode
from app.call.stage import Stage
from app.call.stages import Analyser
from app.net.control import PLATE_MAX
from app.net.peer import LinkReport
from codec.face import FaceEncoder
from codec.h265 import H265Encoder
from codec.types import Frame
from models.clip import scale_square

ACKS_WAITING = 64
"""Acknowledgements that may wait for the next frame; there are six a second."""

ALIGN_SHARE = 0.6
"""Of a frame's time that its analysis may take; the frame after one that took more is not aligned with its picture, so
that a slow machine aligns every other frame rather than lose some."""

VIDEO_HZ = 90_000


class Outlet(Protocol):
    """The part of `app.net.peer.Peer` that a sender uses."""

    @property
    def face_ready(self) -> bool:
        """Whether a face packet would leave at once."""

    def send_face(self, payload: bytes) -> None:
        """Send a face packet."""

    def send_video(self, access_unit: bytes, timestamp: int) -> None:
        """Send an access unit."""


@dataclass(frozen=True, slots=True)
class SenderCounts:
    """What a sender has done so far.

    Attributes:
        frames: camera frames taken.
        frames_missed: camera frames that came while it was busy.
        face_frames: face packets sent.
        face_bytes: their bytes.
        plate_bytes: bytes of background packets.
        link_busy: faces found while the last packet was still waiting for the link, and dropped unencoded.
        video_frames: H.265 access units sent.
        video_bytes: their bytes.
        video_kbps: bitrate H.265 was last encoded at.
        analyse_ms: mean time of an analysis.
    """

    frames: int = 0
    frames_missed: int = 0
    face_frames: int = 0
    face_bytes: int = 0
    plate_bytes: int = 0
    link_busy: int = 0
    video_frames: int = 0
    video_bytes: int = 0
    video_kbps: int = 0
    analyse_ms: float = 0.0


class VideoSource:
    """Encodes square pictures at the bitrate and size that the rate controller wants."""

    def __init__(self, fps: Fraction) -> None:
        self._fps = fps
        self._encoder: H265Encoder | None = None
        self._opened: tuple[int, int] | None = None

    def encode(self, rgb: NDArray[np.uint8], side: int, kbps: int, force_key: bool) -> list[bytes]:
        """Encode a picture, uint8 square, at most ``side`` wide; a new size or bitrate begins with a key picture."""
        side = min(side, rgb.shape[0]) // 2 * 2
        if self._opened != (side, kbps) or self._encoder is None:
            self.close()
            self._encoder = H265Encoder(side, side, float(self._fps), kbps)
            self._opened = (side, kbps)
        return self._encoder.encode(scale_square(rgb, side), force_key)

    def close(self) -> None:
        """Let the encoder go; the next picture is a key picture."""
        if self._encoder is not None:
            self._encoder.close()
            self._encoder = None


class Sender(Stage):
    """Takes frames from the camera and keeps the other end supplied.

    What arrives from the other end is left in its attributes and mailboxes by the session, from the net thread. Until
    ``face_awaited_until_ns`` no H.265 is sent: the other end is about to render, and a narrow link would be full for
    seconds of what nobody will see.

    Args:
        outlet: where packets go.
        fps: the camera's.
        analyser: None when there is no identity to be rendered from.
        encoder: the face encoder of that identity.
        pack_plate: codes a renewed background.
        h265_only: never send faces.
        on_mode: told every change of rung.
        on_plate: told every renewed background: frame number and packet.
        on_failure: see `Stage`.
        most_kbps: most that may be sent, with packet headers; 0 for no limit.
        camera_off: while it is set there is no picture to send.
    """

    def __init__(
        self,
        outlet: Outlet,
        fps: Fraction,
        analyser: Analyser | None,
        encoder: FaceEncoder | None,
        pack_plate: Callable[[NDArray[np.uint8]], bytes],
        h265_only: bool,
        on_mode: Callable[[Decision], None],
        on_plate: Callable[[int, bytes], None],
        on_failure: Callable[[str, Exception], None],
        most_kbps: int = 0,
        camera_off: threading.Event | None = None,
    ) -> None:
        super().__init__("sender", on_failure)
        self.frames: Mailbox[Frame] = Mailbox()
        self.acknowledgements: Backlog[bytes] = Backlog(ACKS_WAITING)
        self.key_wanted = threading.Event()
        self.receiver_ready = False
        self.receiver_reason = "the other end has no identity yet"
        self.face_shown = False
        self.face_awaited_until_ns = 0
        self.output_side = 0
        self.wanted: Sending = "auto"
        self._outlet = outlet
        self._fps = fps
        self._analyser = analyser
        self._encoder = encoder
        self._pack_plate = pack_plate
        self._h265_only = h265_only
        self._camera_off = camera_off or threading.Event()
        self._on_mode = on_mode
        self._on_plate = on_plate
        self._ladder = Ladder()
        self._rate = VideoRate(video_share(most_kbps))
        self._video = VideoSource(fps)
        self._report = LinkReport()
        self._decision: Decision | None = None
        self._face_found: bool | None = None
        self._unlike: float | None = None
        self._analyse_ns = 0
        self._analysed = 0
        self._spare_time = True
        self._totals: dict[str, int] = dict.fromkeys(SenderCounts.__dataclass_fields__, 0)

    def reported(self, report: LinkReport, now_ns: int) -> None:
        """Take the other end's view of the link, once a second."""
        self._report = report
        if self._decision is not None and self._decision.mode == "h265":
            self._rate.update(report, now_ns)

    def counts(self) -> SenderCounts:
        """Give the totals so far."""
        values = dict(self._totals, frames_missed=self.frames.dropped, video_kbps=self._rate.kbps)
        mean_ms = self._analyse_ns / max(self._analysed, 1) / 1e6
        values.pop("analyse_ms")
        return SenderCounts(**values, analyse_ms=mean_ms)

    def step(self) -> None:
        """Handle the next camera frame."""
        frame = self.frames.take(0.2)
        if frame is None:
            if self._camera_off.is_set():
                self._decide(time.monotonic_ns())
            return
        self._totals["frames"] += 1
        if self._encoder is not None:
            for acknowledgement in self.acknowledgements.take_all():
                self._encoder.acknowledge(acknowledgement)
        now_ns = time.monotonic_ns()
        decision = self._decide(now_ns)
        if self._analyser is not None and self.receiver_ready and self._may_send_face:
            self._send_face(self._analyser, frame, decision)
        if self.face_shown if decision.mode == "face" else decision.mode == "audio_only":
            self._video.close()
        elif now_ns >= self.face_awaited_until_ns:
            self._send_video(frame)

    @property
    def _may_send_face(self) -> bool:
        return not self._h265_only and self.wanted in ("auto", "face")

    @property
    def mode(self) -> Mode:
        """What is being sent."""
        return "audio_only" if self._decision is None else self._decision.mode

    def _decide(self, now_ns: int) -> Decision:
        situation = Situation(
            self._h265_only,
            self._analyser is not None,
            self.receiver_ready,
            self.receiver_reason,
            self._face_found,
            self._report,
            self._unlike,
            self._rate.fits,
            self.wanted,
            self._camera_off.is_set(),
        )
        decision = self._ladder.decide(situation, now_ns)
        if self._decision is None or decision.mode != self._decision.mode:
            self.face_shown = False
            self.key_wanted.set()
            self._on_mode(decision)
        self._decision = decision
        return decision

    def _send_face(self, analyser: Analyser, frame: Frame, decision: Decision) -> None:
        assert self._encoder is not None
        began_ns = time.monotonic_ns()
        analysis = analyser.analyse(frame, align=self._spare_time)
        took_ns = time.monotonic_ns() - began_ns
        self._spare_time = not self._spare_time or took_ns < ALIGN_SHARE * 1e9 / self._fps
        self._analyse_ns += took_ns
        self._analysed += 1
        self._face_found, self._unlike = analysis.code is not None, analysis.unlike
        if analysis.plate is not None:
            packet = self._pack_plate(analysis.plate)
            if len(packet) <= PLATE_MAX:
                self._totals["plate_bytes"] += len(packet)
                self._on_plate(frame.seq, packet)
        if analysis.code is None or decision.mode != "face":
            return
        if not self._outlet.face_ready:
            self._totals["link_busy"] += 1
            return
        payload = self._encoder.encode(analysis.code, frame.seq).payload
        self._totals["face_frames"] += 1
        self._totals["face_bytes"] += len(payload)
        self._outlet.send_face(payload)

    def _send_video(self, frame: Frame) -> None:
        force_key = self.key_wanted.is_set()
        self.key_wanted.clear()
        side = min(self._rate.side_px, self.output_side or self._rate.side_px)
        timestamp = round(frame.seq * VIDEO_HZ / self._fps)
        for unit in self._video.encode(frame.rgb, side, self._rate.kbps, force_key):
            self._totals["video_frames"] += 1
            self._totals["video_bytes"] += len(unit)
            self._outlet.send_video(unit, timestamp)

    def request_stop(self) -> None:
        """Ask the stage to end, and wake it."""
        super().request_stop()
        self.frames.close()

    def close(self) -> None:
        """Close the encoder."""
        self._video.close()
