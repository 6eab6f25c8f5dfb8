"""Stills of the real camera: gives them out when the other end asks, and takes them in when this end does."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from app.call.control_line import ControlLine
from app.call.mailbox import Backlog
from app.call.options import CAPTURE_SIDE
from app.call.stage import Stage
from app.call.still_transfer import StillCollector, StillSender
from app.net.asides import STILL_MAX, AskStill, Still, StillPiece, StillReceived
from codec.h265 import H265Decoder, H265Encoder
from codec.types import Frame

WAITING_MAX = 128
"""Messages and pictures that may wait; a still is 32 pieces at most."""

ENCODED_FPS, ENCODED_KBPS = 5.0, 400.0
"""What makes one picture of 512 x 512 pixels take some 20,000 bytes, at 38 dB on the sample."""

FRAME_WAIT_NS = 3_000_000_000
"""Longest wait for the camera's next picture."""

ANSWER_WAIT_NS = 30_000_000_000
"""Longest wait for a still that was asked for: 20 kB take ten seconds of a link of 16 kbit/s."""

Pixels = NDArray[np.uint8]


class StillStage(Stage):
    """Encodes, carries and decodes stills in a thread of its own.

    Args:
        line: to the other end.
        on_still: gets the picture that was asked for, uint8 (H, W, 3), or None and why there is none.
        on_failure: see `Stage`.
    """

    def __init__(
        self,
        line: ControlLine,
        on_still: Callable[[Pixels | None, str], None],
        on_failure: Callable[[str, Exception], None],
    ) -> None:
        super().__init__("stills", on_failure)
        self.wants_frame = False
        self._line = line
        self._on_still = on_still
        self._jobs: Backlog[AskStill | Still | StillPiece | StillReceived | Frame | int] = Backlog(WAITING_MAX)
        self._asked = 0
        self._wanted: int | None = None
        self._wanted_ns = 0
        self._sending: StillSender | None = None
        self._collecting: StillCollector | None = None
        self._collecting_ns = 0

    # from any thread

    def ask(self) -> None:
        """Ask the other end for a still."""
        self._asked = (self._asked + 1) % (1 << 16)
        self._jobs.put(self._asked)

    def put(self, message: AskStill | Still | StillPiece | StillReceived) -> None:
        """Take a message of the other end's; whoever puts `AskStill` has found that it may be answered."""
        self._jobs.put(message)

    def put_frame(self, frame: Frame) -> None:
        """Take a picture of the camera; the first one after a request is the answer."""
        if self.wants_frame:
            self.wants_frame = False
            self._jobs.put(frame)

    def refuse(self, message: AskStill, reason: str) -> None:
        """Give no still, and say why."""
        self._line.send(Still(message.number, 0, reason))

    # on its own thread

    def step(self) -> None:
        """Handle what has come, or look at the clock."""
        job = self._jobs.take(0.2)
        now_ns = time.monotonic_ns()
        match job:
            case int():
                self._collecting, self._collecting_ns = StillCollector(job), now_ns
                self._line.send(AskStill(job))
            case AskStill():
                self._wanted, self._wanted_ns, self.wants_frame = job.number, now_ns, True
            case Frame():
                self._answer(job)
            case StillReceived() if self._sending is not None:
                for piece in self._sending.received(job):
                    self._line.send(piece)
            case Still():
                self._announced(job)
            case StillPiece():
                self._collect(job)
        self._look_at_clock(now_ns)

    def _answer(self, frame: Frame) -> None:
        if self._wanted is None:
            return
        side = min(CAPTURE_SIDE, min(frame.rgb.shape[:2]) // 2 * 2)
        encoder = H265Encoder(side, side, ENCODED_FPS, ENCODED_KBPS, "medium")
        try:
            units = encoder.encode(np.ascontiguousarray(frame.rgb[:side, :side]), True)
        finally:
            encoder.close()
        data, number = b"".join(units), self._wanted
        self._wanted = None
        if not 0 < len(data) <= STILL_MAX:
            self._line.send(Still(number, 0, "the picture could not be sent"))
            return
        self._sending = StillSender(number, data)
        for message in self._sending.begin():
            self._line.send(message)

    def _announced(self, still: Still) -> None:
        collecting = self._collecting
        if collecting is None or still.number != collecting.number:
            return
        if still.size == 0:
            self._end(None, still.refusal or "the other end gives none")
        else:
            collecting.announced(still)

    def _collect(self, piece: StillPiece) -> None:
        collecting = self._collecting
        if collecting is None:
            return
        try:
            received = collecting.piece(piece)
        except ValueError:
            self._end(None, "what came is no picture")
            return
        if received is not None:
            self._line.send(received)
        if collecting.data is not None:
            self._decode(collecting.data)

    def _decode(self, data: bytes) -> None:
        try:
            pictures = H265Decoder(CAPTURE_SIDE * CAPTURE_SIDE).decode(data)
        except ValueError:
            pictures = []
        self._end(pictures[0] if pictures else None, "" if pictures else "what came is no picture")

    def _end(self, picture: Pixels | None, reason: str) -> None:
        self._collecting = None
        self._on_still(picture, reason)

    def _look_at_clock(self, now_ns: int) -> None:
        if self._wanted is not None and now_ns - self._wanted_ns > FRAME_WAIT_NS:
            self.wants_frame = False
            self._line.send(Still(self._wanted, 0, "the camera gives no picture"))
            self._wanted = None
        if self._collecting is not None and now_ns - self._collecting_ns > ANSWER_WAIT_NS:
            self._end(None, "no answer came")

    def request_stop(self) -> None:
        """Ask the stage to end, and wake it."""
        super().request_stop()
        self._jobs.close()
