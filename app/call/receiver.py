"""The viewing side's codecs: whatever arrives is decoded in order here, and the latest picture goes to the renderer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from app.call.mailbox import Backlog
from app.call.renderer import FaceJob, PictureJob, RenderStage
from app.call.shown import Mode
from app.call.stage import Stage
from app.net.control import Plate, TextureChange, VideoClock
from app.net.feature_channel import AckPacer
from app.net.media import MediaPacket
from codec.face import FaceDecoder, MissingReference
from codec.h265 import H265Decoder
from codec.plate import decode_plate
from codec.texture import decode_texture

WAITING_MAX = 64
"""Packets that may wait to be decoded: two seconds' worth, each a millisecond or two of work."""

PICTURE_PIXELS = 1024 * 1024
"""Largest H.265 picture taken from a peer: twice the side that this version sends."""

TIMESTAMP_HZ = 90_000


@dataclass(frozen=True, slots=True)
class FaceArrival:
    """A face packet."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class NewDecoder:
    """The face decoder of an identity that was just loaded."""

    decoder: FaceDecoder


Arrival = FaceArrival | MediaPacket | Plate | TextureChange | NewDecoder


@dataclass(frozen=True, slots=True)
class ReceiverCounts:
    """What a receiver has met.

    Attributes:
        face_frames: faces decoded.
        face_late: decoded, but older than one shown already.
        face_orphans: packets built on a frame that never came.
        damaged: packets of any kind that were not what they should be.
        video_frames: H.265 pictures decoded.
        overflowed: packets refused because too many were waiting.
    """

    face_frames: int = 0
    face_late: int = 0
    face_orphans: int = 0
    damaged: int = 0
    video_frames: int = 0
    overflowed: int = 0


class Receiver(Stage):
    """Decodes arrivals and hands the latest on.

    Args:
        renderer: gets pictures and renewals.
        show_face: gets each face that is newer than all before.
        send_acknowledgement: sends one back to the other end's face encoder.
        request_key: asks the other end for an H.265 key picture.
        on_failure: see `Stage`.
    """

    def __init__(
        self,
        renderer: RenderStage,
        show_face: Callable[[FaceJob], None],
        send_acknowledgement: Callable[[bytes], None],
        request_key: Callable[[], None],
        on_failure: Callable[[str, Exception], None],
    ) -> None:
        super().__init__("receiver", on_failure)
        self.arrivals: Backlog[Arrival] = Backlog(WAITING_MAX)
        self._announced: Mode = "h265"
        self._face_came = False
        self.video_clock: VideoClock | None = None
        self._renderer = renderer
        self._show_face = show_face
        self._send_acknowledgement = send_acknowledgement
        self._request_key = request_key
        self._pacer = AckPacer()
        self._faces: FaceDecoder | None = None
        self._pictures = H265Decoder(PICTURE_PIXELS)
        self._newest_face = -1
        self._totals = dict.fromkeys(ReceiverCounts.__dataclass_fields__, 0)

    def counts(self) -> ReceiverCounts:
        """Give the totals so far."""
        return ReceiverCounts(**dict(self._totals, overflowed=self.arrivals.dropped))

    def announce(self, mode: Mode) -> None:
        """Take word of what the other end sends from now on; from any thread."""
        self._announced = mode
        self._face_came = False

    def step(self) -> None:
        """Decode the next arrival."""
        arrival = self.arrivals.take(0.2)
        match arrival:
            case None:
                return
            case FaceArrival():
                self._take_face(arrival.payload)
            case MediaPacket():
                self._take_video(arrival)
            case Plate() | TextureChange():
                self._take_renewal(arrival)
            case NewDecoder():
                self._faces = arrival.decoder

    def _take_face(self, payload: bytes) -> None:
        if self._faces is None:
            return
        try:
            face = self._faces.decode(payload)
        except MissingReference:
            self._totals["face_orphans"] += 1
            return
        except ValueError:
            self._totals["damaged"] += 1
            return
        self._totals["face_frames"] += len(face.codes)
        if self._pacer.due(face.reference_seq is None, len(face.codes), time.monotonic_ns()):
            self._send_acknowledgement(face.acknowledgement)
        if face.seq <= self._newest_face:
            self._totals["face_late"] += len(face.codes)
            return
        self._newest_face = face.seq
        if self._announced == "face":
            self._face_came = True
            for seq, code in enumerate(face.codes, face.first):
                self._show_face(FaceJob(seq, code))

    def _take_video(self, unit: MediaPacket) -> None:
        if self._announced == "face" and self._face_came:
            return  # the other end has not heard yet that it may stop
        try:
            pictures = self._pictures.decode(unit.data)
        except ValueError:
            self._totals["damaged"] += 1
            self._request_key()
            return
        self._totals["video_frames"] += len(pictures)
        for rgb in pictures:
            side = min(rgb.shape[:2])
            self._renderer.jobs.put(PictureJob(self._frame_number(unit.timestamp), rgb[:side, :side]))

    def _frame_number(self, timestamp: int) -> int:
        clock = self.video_clock
        if clock is None:
            return -1
        ticks = (timestamp - clock.origin) % (1 << 32)
        return round(ticks * clock.fps_num / (TIMESTAMP_HZ * clock.fps_den))

    def _take_renewal(self, renewal: Plate | TextureChange) -> None:
        try:
            match renewal:
                case Plate():
                    self._renderer.add_plate(renewal.seq, decode_plate(renewal.payload))
                case TextureChange():
                    self._renderer.add_texture(renewal.seq, decode_texture(renewal.payload))
        except ValueError:
            self._totals["damaged"] += 1

    def request_stop(self) -> None:
        """Ask the stage to end, and wake it."""
        super().request_stop()
        self.arrivals.close()
