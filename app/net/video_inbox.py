"""Where pictures come in: it stands where aiortc's receiver expects its jitter buffer and its NACK generator.

aiortc's buffer holds a picture back until the next one begins, and stalls on loss for as long as its NACKs, each sent
once for every further loss, take. `app.net.jitter_buffer` decides here, and this gives it a clock and a voice.
`tests/app/net/test_video_inbox.py` fails when aiortc moves what is replaced.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol

from aiortc import RTCRtpReceiver
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtp import RtpPacket

from app.net.jitter_buffer import JitterBuffer, Requests
from app.net.media import AudioInbox, MediaPacket

NACK_ATTRIBUTE = "_RTCRtpReceiver__nack_generator"
JITTER_ATTRIBUTE = "_RTCRtpReceiver__jitter_buffer"


class Voice(Protocol):
    """How to ask the other end for something; `aiortc.RTCRtpReceiver` has it."""

    def _send_rtcp_nack(self, media_ssrc: int, lost: list[int]) -> Coroutine[Any, Any, None]:
        """Ask for packets."""

    def _send_rtcp_pli(self, media_ssrc: int) -> Coroutine[Any, Any, None]:
        """Ask for a key picture."""


class VideoInbox:
    """Hands whole access units on at once, and asks for what is missing; network thread only.

    Args:
        sink: takes access units.
        is_key: whether decoding can begin at one.
        voice: asks the other end.
        clock_ns: monotonic clock.
    """

    def __init__(
        self,
        sink: Callable[[MediaPacket], None],
        is_key: Callable[[bytes], bool],
        voice: Voice,
        clock_ns: Callable[[], int],
    ) -> None:
        self._sink = sink
        self._voice = voice
        self._clock_ns = clock_ns
        self._timer: asyncio.TimerHandle | None = None
        self._asking: set[asyncio.Task[None]] = set()
        self._closed = False
        self.buffer = JitterBuffer(is_key)
        self.ssrc: int | None = None

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        """Take a packet as the jitter buffer does; nothing is ever left for the receiver to do."""
        now_ns = self._clock_ns()
        self.ssrc = packet.ssrc
        data: bytes = packet._data  # type: ignore[attr-defined]  # set by the receiver, from depayload()
        marker = bool(packet.marker)
        for unit in self.buffer.add(packet.sequence_number, packet.timestamp, marker, data, now_ns):
            self._sink(unit)
        self._look()
        return False, None

    def _look(self) -> None:
        """Do what is due, and come back when more is."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._closed:
            return
        now_ns = self._clock_ns()
        units, requests = self.buffer.poll(now_ns)
        for unit in units:
            self._sink(unit)
        self._ask(requests)
        due_ns = self.buffer.due_ns()
        if due_ns is not None:
            delay_s = max(due_ns - now_ns, 0) / 1e9
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._look)

    def _ask(self, requests: Requests) -> None:
        if self.ssrc is None:
            return
        if requests.packets:
            self._spawn(self._voice._send_rtcp_nack(self.ssrc, nack_order(requests.packets)))
        if requests.key:
            self.request_key()

    def request_key(self) -> None:
        """Ask for a key picture."""
        if self.ssrc is not None and not self._closed:
            self._spawn(self._voice._send_rtcp_pli(self.ssrc))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    def close(self) -> None:
        """Ask for nothing more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        for task in self._asking:
            task.cancel()


def nack_order(packets: Sequence[int]) -> list[int]:
    """Order sequence numbers as `RtcpRtpfbPacket` packs them, sixteen in a word and never across the wrap."""
    return sorted(packets)


class NoNacks:
    """Stands where aiortc's receiver expects its NACK generator, and asks for nothing: the inbox does."""

    def __init__(self) -> None:
        self.missing: set[int] = set()

    def add(self, packet: RtpPacket) -> bool:
        """Take a packet; there is never something to ask for."""
        return False


def install_inbox(receiver: RTCRtpReceiver, inbox: VideoInbox | AudioInbox) -> None:
    """Put an inbox in the place of a receiver's jitter buffer, before the receiver starts.

    Raises:
        RuntimeError: aiortc keeps its jitter buffer or its NACK generator elsewhere now.
    """
    if not hasattr(receiver, JITTER_ATTRIBUTE) or not hasattr(receiver, NACK_ATTRIBUTE):
        raise RuntimeError("aiortc's receiver has no jitter buffer or NACK generator where 1.16 keeps them")
    setattr(receiver, JITTER_ATTRIBUTE, inbox)
    if isinstance(inbox, VideoInbox):
        setattr(receiver, NACK_ATTRIBUTE, NoNacks())
