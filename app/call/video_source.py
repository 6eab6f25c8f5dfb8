"""Camera pictures in, H.265 access units out, as large as the link has room for; or none where it has none."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from app.call.video_plan import Format, FormatLadder, Spending
from app.net.congestion import VideoRoom
from codec.h265_live import H265LiveEncoder, LivePicture
from codec.h265_rate import ComplexityMeter, QuantiserControl
from models.clip import scale_square


class _Stream:
    """What holds for pictures of one size."""

    def __init__(self, side: int) -> None:
        self.side = side
        self.encoder = H265LiveEncoder(side, side)
        self.meter = ComplexityMeter()
        self.control = QuantiserControl(side * side)
        self.begun = False


class VideoSource:
    """Encodes square pictures.

    Args:
        fps: the camera's.
    """

    def __init__(self, fps: Fraction) -> None:
        self._interval_s = float(1 / fps)
        self._ladder: FormatLadder | None = None
        self._spending = Spending()
        self._stream: _Stream | None = None
        self._turn = 0

    @property
    def side(self) -> int:
        """Side of the pictures, pixels; 0 while there are none."""
        return 0 if self._stream is None else self._stream.side

    @property
    def format(self) -> Format | None:
        """How pictures are sent, None before the first."""
        return None if self._ladder is None else self._ladder.format

    def encode(
        self, rgb: NDArray[np.uint8], most_side: int, room: VideoRoom, force_key: bool, now_ns: int
    ) -> bytes | None:
        """Encode a picture, or leave it out.

        Args:
            rgb: uint8 square.
            most_side: largest side wanted, pixels; 0 for no limit.
            room: what the link has for it.
            force_key: the picture is to be a key picture, whatever its pace. One of another size is anyway.
            now_ns: time.

        Returns:
            An access unit, or None where there is no room for the picture: the next one is then to be a key picture if
            this one was.
        """
        if self._ladder is None:
            self._ladder = FormatLadder(room.kbps)
        form = self._ladder.format
        self._turn += 1
        interval_s = self._spending.interval_s(self._interval_s, now_ns)
        # Asked for every picture, for it also counts what is earned meanwhile.
        may_spend = self._spending.may_spend(room.kbps, now_ns)
        if not (room.is_open and may_spend) or (self._turn < form.every and not force_key):
            return None
        self._turn = 0
        stream = self._stream_of(min(form.side, most_side or form.side, rgb.shape[0]) // 2 * 2)
        is_key = force_key or not stream.begun
        bits = self._spending.bits(room.kbps, interval_s * form.every, is_key)
        picture = LivePicture(scale_square(rgb, stream.side))
        qp = stream.control.choose(bits, stream.meter.measure(picture.luma), is_key)
        unit = stream.encoder.encode(picture, qp, is_key)
        stream.begun = True
        stream.control.coded(8 * len(unit))
        self._spending.spent(len(unit))
        if not is_key:
            self._ladder.coded(qp, room.kbps, now_ns)
        return unit

    def _stream_of(self, side: int) -> _Stream:
        if self._stream is None or self._stream.side != side:
            self.close()
            self._stream = _Stream(side)
        return self._stream

    def close(self) -> None:
        """Let the encoder go; the next picture is a key picture."""
        if self._stream is not None:
            self._stream.encoder.close()
            self._stream = None
