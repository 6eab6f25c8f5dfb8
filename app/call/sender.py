"""The portrayed side: each camera frame becomes a face packet, an H.265 access unit, both for a moment, or neither."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Protocol

from app.call.face_groups import FaceGroups
from app.call.mailbox import Backlog, Mailbox
from app.call.pace import next_care
from app.call.policy import Decision, Ladder, Sending, Situation
from app.call.shown import Mode
from app.call.stage import Stage
from app.call.stages import Analyser
from app.call.video_plan import VIDEO_LEAST_KBPS, video_limit_kbps
from app.call.video_source import VideoSource
from app.net.congestion import VideoRoom
from app.net.control import RENEWAL_MAX, Plate, TextureChange
from app.net.peer import LinkReport
from codec.face import FaceEncoder
from codec.plate import encode_plate
from codec.types import Frame

ACKS_WAITING = 64
"""Acknowledgements that may wait for the next frame; there are six a second."""

VIDEO_HZ = 90_000


class Outlet(Protocol):
    """The part of `app.net.peer.Peer` that a sender uses."""

    @property
    def face_ready(self) -> bool:
        """Whether a face packet would leave at once."""

    @property
    def frames_together(self) -> int:
        """Faces that one packet is to hold now."""

    def send_face(self, payload: bytes) -> None:
        """Send a face packet."""

    @property
    def video_room(self) -> VideoRoom:
        """What pictures may take of the link now."""

    def send_video(self, access_unit: bytes, timestamp: int) -> None:
        """Send an access unit."""


@dataclass(frozen=True, slots=True)
class SenderCounts:
    """What a sender has done so far.

    Attributes:
        frames: camera frames taken.
        frames_missed: camera frames that came while it was busy.
        face_frames: faces sent.
        face_bytes: their bytes.
        plate_bytes: bytes of background packets.
        texture_bytes: bytes of packets that renew the person's colours.
        link_busy: faces found while the last packet was still waiting for the link, and dropped unencoded.
        video_frames: H.265 access units sent.
        video_bytes: their bytes.
        video_left_out: pictures that were not encoded, because the link had no room or for a slower pace.
        video_kbps: what H.265 might last take of the link.
        video_side: side of its pictures, pixels.
        analyse_ms: mean time of an analysis.
    """

    frames: int = 0
    frames_missed: int = 0
    face_frames: int = 0
    face_bytes: int = 0
    plate_bytes: int = 0
    texture_bytes: int = 0
    link_busy: int = 0
    video_frames: int = 0
    video_bytes: int = 0
    video_left_out: int = 0
    video_kbps: int = 0
    video_side: int = 0
    analyse_ms: float = 0.0


class Sender(Stage):
    """Takes frames from the camera and keeps the other end supplied.

    What arrives from the other end is left in its attributes and mailboxes by the session, from the net thread. Until
    ``face_awaited_until_ns`` no H.265 is sent: the other end is about to render, and a narrow link would be full for
    seconds of what nobody will see.

    Args:
        outlet: where packets go.
        fps: the camera's.
        analyser: None when there is no identity to be rendered from; closed with this stage.
        encoder: the face encoder of that identity.
        h265_only: never send faces.
        on_mode: told every change of rung.
        on_renewal: told every renewed background and every change of the person's colours.
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
        h265_only: bool,
        on_mode: Callable[[Decision], None],
        on_renewal: Callable[[Plate | TextureChange], None],
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
        self._h265_only = h265_only
        self._camera_off = camera_off or threading.Event()
        self._on_mode = on_mode
        self._on_renewal = on_renewal
        self._ladder = Ladder()
        self._groups = FaceGroups()
        self._video_limit_kbps = video_limit_kbps(most_kbps)
        self._video = VideoSource(fps)
        self._report = LinkReport()
        self._decision: Decision | None = None
        self._face_found: bool | None = None
        self._unlike: float | None = None
        self._analyse_ns = 0
        self._analysed = 0
        self._care = 1
        self._totals: dict[str, int] = dict.fromkeys(SenderCounts.__dataclass_fields__, 0)

    def reported(self, report: LinkReport) -> None:
        """Take the other end's view of the link, once a second."""
        self._report = report

    def counts(self) -> SenderCounts:
        """Give the totals so far."""
        values = dict(self._totals, frames_missed=self.frames.dropped)
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
            self._send_video(frame, now_ns)

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
            self._video_limit_kbps >= VIDEO_LEAST_KBPS,
            self.wanted,
            self._camera_off.is_set(),
        )
        decision = self._ladder.decide(situation, now_ns)
        if self._decision is None or decision.mode != self._decision.mode:
            self.face_shown = False
            self.key_wanted.set()
            self._groups = FaceGroups()
            self._on_mode(decision)
        self._decision = decision
        return decision

    def _send_face(self, analyser: Analyser, frame: Frame, decision: Decision) -> None:
        assert self._encoder is not None
        began_ns = time.monotonic_ns()
        analysis = analyser.analyse(frame, self._care)
        took_ns = time.monotonic_ns() - began_ns
        self._care = next_care(self._care, float(took_ns * self._fps / 1_000_000_000))
        self._analyse_ns += took_ns
        self._analysed += 1
        self._face_found, self._unlike = analysis.code is not None, analysis.unlike
        if analysis.plate is not None:
            self._renew(Plate(frame.seq, encode_plate(analysis.plate)), "plate_bytes")
        if analysis.texture is not None:
            self._renew(TextureChange(frame.seq, analysis.texture), "texture_bytes")
        code = analysis.code if decision.mode == "face" else None
        if code is not None and not self._outlet.face_ready:
            self._totals["link_busy"] += 1
            return
        for group in self._groups.take(code, frame.seq, self._outlet.frames_together, analysis.stakes):
            coded = self._encoder.encode_several(group.codes, group.first, analysis.quality, stakes=group.stakes)
            payload = coded.payload
            self._totals["face_frames"] += len(group.codes)
            self._totals["face_bytes"] += len(payload)
            self._outlet.send_face(payload)

    def _renew(self, renewal: Plate | TextureChange, counted: str) -> None:
        if len(renewal.payload) <= RENEWAL_MAX:
            self._totals[counted] += len(renewal.payload)
            self._on_renewal(renewal)

    def _send_video(self, frame: Frame, now_ns: int) -> None:
        force_key = self.key_wanted.is_set()
        self.key_wanted.clear()
        room = self._outlet.video_room
        room = replace(room, kbps=min(room.kbps, self._video_limit_kbps))
        unit = self._video.encode(frame.rgb, self.output_side, room, force_key, now_ns)
        if unit is None:
            self._totals["video_left_out"] += 1
            if force_key:
                self.key_wanted.set()
            return
        self._totals["video_frames"] += 1
        self._totals["video_bytes"] += len(unit)
        self._totals["video_kbps"], self._totals["video_side"] = round(room.kbps), self._video.side
        self._outlet.send_video(unit, round(frame.seq * VIDEO_HZ / self._fps))

    def request_stop(self) -> None:
        """Ask the stage to end, and wake it."""
        super().request_stop()
        self.frames.close()

    def close(self) -> None:
        """Close encoder and analyser."""
        self._video.close()
        if self._analyser is not None:
            self._analyser.close()
