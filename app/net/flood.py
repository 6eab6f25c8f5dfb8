"""Bounds on what a connected peer may send below the level of messages: RTP packets, RTP streams, SCTP chunks.

All of it is authenticated by the time it is counted here, so a flood is the peer's own doing and ends the call. What
strangers send to the socket is counted before that, and what is too much of it is let fall (`app.net.wire.Tap`).
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from aiortc import RTCSctpTransport
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtcsctptransport import DataChunk
from aiortc.rtp import RtpPacket

from app.net.conduct import Allowance
from app.net.media import AudioInbox
from app.net.video_inbox import VideoInbox

RTP_PACKETS = (3000.0, 1000.0)
"""RTP packets of one track at once, and each second: 800 kbit/s of video are a hundred."""

STREAMS_MAX = 8
"""RTP streams of one track in one connection: there is one, and aiortc keeps statistics of every one it has seen."""

SCTP_CHUNKS = (20_000.0, 5000.0)
"""SCTP data chunks at once, and each second: an identity on a fast network is a few thousand."""


def guard_track(inbox: AudioInbox | VideoInbox, on_violation: Callable[[str], None]) -> None:
    """Count what comes into a track's inbox.

    Args:
        inbox: not in use yet.
        on_violation: called with a reason when it is too much; packets are let fall then.
    """
    add = inbox.add
    allowance, streams = Allowance(*RTP_PACKETS), set[int]()

    def add_guarded(packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        if len(streams) <= STREAMS_MAX:
            streams.add(packet.ssrc)
        if len(streams) > STREAMS_MAX:
            on_violation("it sends more streams than a call has")
        elif not allowance.take(time.monotonic_ns()):
            on_violation("it floods the call with sound or picture packets")
        else:
            return add(packet)
        return False, None

    vars(inbox)["add"] = add_guarded


def guard_messages(sctp: RTCSctpTransport, on_violation: Callable[[str], None]) -> None:
    """Count what comes over the data channels' association, whole messages or pieces; arguments as above."""
    receive: Callable[[DataChunk], Awaitable[None]] = sctp._receive_data_chunk
    allowance = Allowance(*SCTP_CHUNKS)

    async def receive_guarded(chunk: DataChunk) -> None:
        if allowance.take(time.monotonic_ns()):
            await receive(chunk)
        else:
            on_violation("it floods the data channels")

    vars(sctp)["_receive_data_chunk"] = receive_guarded
