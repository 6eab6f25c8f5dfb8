"""aiortc's own jitter buffer and NACKs behind the interface of `app.net.jitter_buffer`, to measure against."""

from __future__ import annotations

from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtcrtpreceiver import NackGenerator
from aiortc.rtp import RtpPacket

from app.net.jitter_buffer import Requests
from app.net.media import MediaPacket

CAPACITY = 512
"""Of the buffer that aiortc's receiver makes for video."""


class StockBuffer:
    """Does what `aiortc.RTCRtpReceiver` does with packets of pictures, but for decoding."""

    def __init__(self) -> None:
        self._buffer = JitterBuffer(CAPACITY, is_video=True)
        self._nacks = NackGenerator()
        self._requests = Requests()

    def add(self, sequence: int, timestamp: int, marker: bool, data: bytes, now_ns: int) -> list[MediaPacket]:
        """Take one packet and give the access unit that is whole now; see `app.net.jitter_buffer.JitterBuffer.add`."""
        packet = RtpPacket(marker=int(marker), sequence_number=sequence, timestamp=timestamp)
        packet._data = data  # type: ignore[attr-defined]  # as the receiver sets it
        packets = tuple(sorted(self._nacks.missing)) if self._nacks.add(packet) else ()
        loses_picture, frame = self._buffer.add(packet)
        self._requests = Requests(packets, loses_picture)
        return [] if frame is None else [MediaPacket(frame.data, frame.timestamp, sequence)]

    def poll(self, now_ns: int) -> tuple[list[MediaPacket], Requests]:
        """Give what the last packet made it ask for; it has no clock."""
        requests, self._requests = self._requests, Requests()
        return [], requests

    def due_ns(self) -> int | None:
        """It never does anything by itself."""
        return None
