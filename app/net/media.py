"""Ready-made packets in and out of aiortc's RTP machinery.

aiortc's tracks carry pictures and samples, its receivers decode them in threads of their own and its jitter buffer
holds a picture back until the next one begins and stalls on loss. Here codecs live in the call's stages instead:
`PacketTrack` hands encoded packets to the sender, and `VideoInbox` and `AudioInbox` take the jitter buffer's place in
the receiver and give packets out the moment they are whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from aiortc import MediaStreamTrack, RTCRtpReceiver
from aiortc.jitterbuffer import JitterFrame
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RtpPacket
from av import Packet

VIDEO_CLOCK = Fraction(1, 90000)
AUDIO_CLOCK = Fraction(1, 48000)

QUEUE_LIMIT = 8
"""Encoded packets that may wait for the network thread: a third of a second of video, after which it is stuck."""

GAP_WAIT_NS = 200_000_000
"""How long a missing video packet is waited for: two round trips of a usual link, for its retransmission."""

WINDOW = 512
"""Video packets held beyond a gap at most; a key picture at 800 kbps is about 50."""

KEY_REQUEST_NS = 500_000_000
"""Shortest time between two requests for a key picture: one that is on its way needs a round trip to show."""

NACK_MOST = 16
"""Longest gap whose packets are asked for; a longer one is an outage, and a key picture smaller than what was lost."""

NACK_ATTRIBUTE = "_RTCRtpReceiver__nack_generator"
JITTER_ATTRIBUTE = "_RTCRtpReceiver__jitter_buffer"


@dataclass(frozen=True, slots=True)
class MediaPacket:
    """One encoded unit that arrived: an H.265 access unit or an Opus packet.

    Attributes:
        data: Annex B bytes or an Opus packet.
        timestamp: RTP time stamp as it was on the wire, modulo 2^32.
        sequence: RTP sequence number of its last packet.
    """

    data: bytes
    timestamp: int
    sequence: int


class PacketTrack(MediaStreamTrack):
    """A track whose packets come from the call's stages. It never ends by itself, and sends nothing while none come.

    Args:
        kind: audio or video.
        clock: unit of its time stamps, seconds.
        on_sent: told the time stamp of each packet when all of it has been sent.
    """

    def __init__(self, kind: str, clock: Fraction, on_sent: Callable[[int], None] | None = None) -> None:
        super().__init__()
        self.kind = kind
        self._on_sent = on_sent
        self._sending: int | None = None
        self.dropped = 0
        self._clock = clock
        self._queue: asyncio.Queue[Packet[Any]] = asyncio.Queue(QUEUE_LIMIT)

    def push(self, data: bytes, timestamp: int) -> None:
        """Queue one encoded packet (network thread only); counted and dropped when the queue is full.

        Args:
            data: the packet.
            timestamp: in units of the track's clock, not decreasing.
        """
        packet: Packet[Any] = Packet(data)
        packet.pts, packet.time_base = timestamp, self._clock
        if self._queue.full():
            self.dropped += 1
        else:
            self._queue.put_nowait(packet)

    async def recv(self) -> Packet[Any]:
        """Wait for the next packet, as aiortc's sender asks for it."""
        if self.readyState != "live":
            raise MediaStreamError
        if self._on_sent is not None and self._sending is not None:
            self._on_sent(self._sending)
        packet = await self._queue.get()
        self._sending = packet.pts
        return packet


def _ahead(sequence: int, base: int) -> int:
    """Distance from ``base`` to ``sequence`` on the circle of 2^16, in -32768..32767."""
    return (sequence - base + 0x8000) % 0x10000 - 0x8000


class AccessUnits:
    """Puts RTP packets back into access units. Pure: time is an argument.

    A unit is whole when the packets after the previous unit's last one are there up to a marker. A gap is waited for,
    for the sake of retransmission, then skipped: everything up to the next key picture is dropped and ``key_wanted``
    is set.
    """

    def __init__(self, is_key: Callable[[bytes], bool]) -> None:
        self._is_key = is_key
        self._held: dict[int, tuple[int, bool, bytes]] = {}
        self._next: int | None = None
        self._gap_since_ns: int | None = None
        self._waiting_for_key = True
        self.key_wanted = False
        self.skipped_gaps = 0

    def add(self, sequence: int, timestamp: int, marker: bool, data: bytes, now_ns: int) -> list[MediaPacket]:
        """Take one packet and give the access units that are now complete, in order."""
        if self._next is None:
            self._next = sequence
        distance = _ahead(sequence, self._next)
        if distance < 0:
            return []
        if distance >= WINDOW:
            self._restart(sequence)
        self._held[sequence] = (timestamp, marker, data)
        units = self._collect()
        if not self._has_hole():
            self._gap_since_ns = None
        elif self._gap_since_ns is None:
            self._gap_since_ns = now_ns
        elif now_ns - self._gap_since_ns >= GAP_WAIT_NS:
            self._skip_gap()
            units += self._collect()
        return units

    def _run_end(self) -> int:
        """Give the first sequence number that is missing."""
        assert self._next is not None
        at = self._next
        while at in self._held:
            at = (at + 1) % 0x10000
        return at

    def _has_hole(self) -> bool:
        assert self._next is not None
        return _ahead(self._run_end(), self._next) < len(self._held)

    def _restart(self, sequence: int) -> None:
        self._held.clear()
        self._next = sequence
        self._gap_since_ns = None
        self._lose()

    def _skip_gap(self) -> None:
        """Go on behind the first hole; the unit that it is in is lost with all that depends on it."""
        hole = self._run_end()
        self._held = {at: packet for at, packet in self._held.items() if _ahead(at, hole) > 0}
        self._next = min(self._held, key=lambda at: _ahead(at, hole))
        self._gap_since_ns = None
        self._lose()

    def _lose(self) -> None:
        self.skipped_gaps += 1
        self._waiting_for_key = True
        self.key_wanted = True

    def _collect(self) -> list[MediaPacket]:
        units: list[MediaPacket] = []
        while (unit := self._take_unit()) is not None:
            if self._waiting_for_key:
                # After a skipped gap the first unit may lack its head: only a whole key picture restarts decoding.
                if not self._is_key(unit.data):
                    self.key_wanted = True
                    continue
                self._waiting_for_key = False
            units.append(unit)
        return units

    def _take_unit(self) -> MediaPacket | None:
        assert self._next is not None
        at = self._next
        while at in self._held:
            timestamp, marker, _ = self._held[at]
            if marker:
                break
            at = (at + 1) % 0x10000
        else:
            return None
        parts = []
        while True:
            _, marker, data = self._held.pop(self._next)
            parts.append(data)
            last, self._next = self._next, (self._next + 1) % 0x10000
            if last == at:
                return MediaPacket(b"".join(parts), timestamp, at)


class MissingPackets:
    """Stands where aiortc's receiver expects its NACK generator, and asks for each missing packet once.

    aiortc asks again for everything that is missing whenever something else is, which on a full link multiplies the
    traffic several times over. What a repeated packet does not mend, a key picture does.
    """

    def __init__(self) -> None:
        self._highest: int | None = None
        self.missing: set[int] = set()

    def add(self, packet: RtpPacket) -> bool:
        """Take a packet; True when there is something to ask for, in ``missing``."""
        sequence = packet.sequence_number
        self.missing = set()
        if self._highest is None:
            self._highest = sequence
            return False
        distance = _ahead(sequence, self._highest)
        if distance <= 0:
            return False
        if distance <= NACK_MOST:
            self.missing = {(self._highest + step) % 0x10000 for step in range(1, distance)}
        self._highest = sequence
        return bool(self.missing)


class VideoInbox:
    """Stands where aiortc's receiver expects its jitter buffer, and hands whole access units on at once."""

    def __init__(
        self, sink: Callable[[MediaPacket], None], is_key: Callable[[bytes], bool], clock_ns: Callable[[], int]
    ) -> None:
        self._sink = sink
        self._clock_ns = clock_ns
        self._units = AccessUnits(is_key)
        self._asked_ns: int | None = None
        self.ssrc: int | None = None

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        """Take a packet; the first of the pair asks the receiver to send a picture loss indication."""
        now_ns = self._clock_ns()
        self.ssrc = packet.ssrc
        data: bytes = packet._data  # type: ignore[attr-defined]  # set by the receiver, from depayload()
        for unit in self._units.add(packet.sequence_number, packet.timestamp, bool(packet.marker), data, now_ns):
            self._sink(unit)
        return self._ask(now_ns), None

    def _ask(self, now_ns: int) -> bool:
        if not self._units.key_wanted:
            return False
        if self._asked_ns is not None and now_ns - self._asked_ns < KEY_REQUEST_NS:
            return False
        self._units.key_wanted = False
        self._asked_ns = now_ns
        return True


class AudioInbox:
    """The same for audio: packets go on as they come; what to do about order and loss is the audio stage's choice."""

    def __init__(self, sink: Callable[[MediaPacket], None]) -> None:
        self._sink = sink

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        """Take a packet and pass it on."""
        data: bytes = packet._data  # type: ignore[attr-defined]  # set by the receiver, from depayload()
        if data:
            self._sink(MediaPacket(data, packet.timestamp, packet.sequence_number))
        return False, None


def install_inbox(receiver: RTCRtpReceiver, inbox: VideoInbox | AudioInbox) -> None:
    """Put an inbox in the place of a receiver's jitter buffer, before the receiver starts.

    Raises:
        RuntimeError: aiortc keeps its jitter buffer or its NACK generator elsewhere now.
    """
    if not hasattr(receiver, JITTER_ATTRIBUTE) or not hasattr(receiver, NACK_ATTRIBUTE):
        raise RuntimeError("aiortc's receiver has no jitter buffer or NACK generator where 1.16 keeps them")
    setattr(receiver, JITTER_ATTRIBUTE, inbox)
    if isinstance(inbox, VideoInbox):
        setattr(receiver, NACK_ATTRIBUTE, MissingPackets())
