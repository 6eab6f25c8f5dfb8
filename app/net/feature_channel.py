"""The data channels of a call, and how their acknowledgements are kept from costing more than the data.

- ``face`` (stream 2): face packets, unordered and never retransmitted: a late one is worth nothing.
- ``feedback`` (stream 4): acknowledgements of face packets, the same way.
- ``control`` (stream 0): everything that must arrive, in order.

All three are negotiated in advance, so they open with the association and cost no messages of their own.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from aiortc import RTCDataChannel, RTCPeerConnection, RTCSctpTransport
from aiortc.rtcsctptransport import DataChunk

CONTROL_ID, FACE_ID, FEEDBACK_ID = 0, 2, 4

SACK_EVERY = 8
"""Small messages per SCTP acknowledgement: each costs 93 bytes on the wire, 18.6 kbps if every frame gets one."""

SACK_EVERY_WITH_GAP = 2
"""The same while a packet is missing, so that the sender's three missing reports come within a quarter second."""

SACK_DELAY_S = 0.4
"""Longest wait for an acknowledgement; RFC 9260 section 6.2 forbids more than 0.5 s."""

MISORDERED_MAX = 4096
"""Packets received beyond a gap: the window of a megabyte in packets of 256 bytes."""

RTO_INITIAL_S = 1.0
"""First retransmission time-out, as RFC 9260 section 16 has it; aiortc 1.16 keeps the 3 s of its predecessor."""

ACK_EVERY = 4
"""Face frames per acknowledgement: each costs about 97 bytes back; prediction from four frames ago costs less."""

ACK_DELAY_NS = 250_000_000
"""Longest time that a decoded face frame stays unacknowledged while frames come."""


class AckPacer:
    """Decides which decoded face frames are acknowledged. Pure: time is an argument."""

    def __init__(self, every: int = ACK_EVERY, delay_ns: int = ACK_DELAY_NS) -> None:
        self._every = every
        self._delay_ns = delay_ns
        self._unacknowledged = 0
        self._last_ns: int | None = None

    def due(self, is_key: bool, now_ns: int) -> bool:
        """Tell whether the frame just decoded is to be acknowledged.

        Args:
            is_key: a key frame is acknowledged at once: until then every frame is one.
            now_ns: time of decoding.
        """
        self._unacknowledged += 1
        late = self._last_ns is None or now_ns - self._last_ns >= self._delay_ns
        if not (is_key or late or self._unacknowledged >= self._every):
            return False
        self._unacknowledged = 0
        self._last_ns = now_ns
        return True


class SackThinner:
    """Delays SCTP acknowledgements of face packets, which aiortc 1.16 sends one by one.

    RFC 9260 section 6.2 allows the delay, and this many packets of a hundred bytes are far from filling the sender's
    window. The control channel's packets are acknowledged at once, as aiortc does.
    """

    def __init__(self, sctp: RTCSctpTransport, on_violation: Callable[[str], None]) -> None:
        self._sctp = sctp
        self._on_violation = on_violation
        self._receive = sctp._receive_data_chunk
        self._waiting = 0
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        vars(sctp)["_receive_data_chunk"] = self._receive_thinned

    async def _receive_thinned(self, chunk: DataChunk) -> None:
        # aiortc advertises a window and takes what exceeds it: pieces of messages that never end would fill the memory.
        if self._sctp._advertised_rwnd < 0 or len(self._sctp._sack_misordered) > MISORDERED_MAX:
            self._on_violation("it sends pieces of messages without end")
            return
        await self._receive(chunk)
        gap = self._sctp._sack_misordered or self._sctp._sack_duplicates
        self._waiting += 1
        if chunk.stream_id == CONTROL_ID or self._waiting >= (SACK_EVERY_WITH_GAP if gap else SACK_EVERY):
            self._rest()
            return
        self._sctp._sack_needed = False
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SACK_DELAY_S, self._on_timer)

    def _on_timer(self) -> None:
        self._rest()
        self._task = asyncio.ensure_future(self._send())

    async def _send(self) -> None:
        with contextlib.suppress(ConnectionError):
            await self._sctp._send_sack()

    def _rest(self) -> None:
        self._waiting = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close(self) -> None:
        """Stop the timer, when the association is about to close."""
        self._rest()


class Channels:
    """The three channels of one peer connection; network thread only, but for the properties.

    Args:
        connection: its transceivers are there already, or the bundle would never connect.
        on_face, on_feedback, on_control: called with each message that arrives.
        on_open: called once, when all three are open.
        on_violation: called when the other end breaks the rules.
    """

    def __init__(
        self,
        connection: RTCPeerConnection,
        on_face: Callable[[bytes], None],
        on_feedback: Callable[[bytes], None],
        on_control: Callable[[bytes], None],
        on_open: Callable[[], None],
        on_violation: Callable[[str], None],
    ) -> None:
        create = connection.createDataChannel
        self._control = create("control", negotiated=True, id=CONTROL_ID)
        self._face = create("face", ordered=False, maxRetransmits=0, negotiated=True, id=FACE_ID)
        self._feedback = create("feedback", ordered=False, maxRetransmits=0, negotiated=True, id=FEEDBACK_ID)
        assert connection.sctp is not None
        connection.sctp._rto = RTO_INITIAL_S
        self._thinner = SackThinner(connection.sctp, on_violation)
        self._on_open = on_open
        for channel, sink in ((self._control, on_control), (self._face, on_face), (self._feedback, on_feedback)):
            _listen(channel, sink)
            channel.on("open", self._opened)

    def _opened(self) -> None:
        if self.is_open:
            self._on_open()

    @property
    def is_open(self) -> bool:
        """Whether all three channels are open."""
        return all(channel.readyState == "open" for channel in (self._control, self._face, self._feedback))

    @property
    def is_idle(self) -> bool:
        """Whether a face packet would leave at once: none waits, so none can be stale when an outage ends."""
        return self._face.readyState == "open" and self._face.bufferedAmount == 0

    @property
    def control_waiting(self) -> int:
        """Bytes of control messages that wait for the association's window."""
        return self._control.bufferedAmount

    def send_face(self, payload: bytes) -> bool:
        """Send a face packet; False where the channel is busy or closed, and the packet is gone."""
        return self._send_fresh(self._face, payload)

    def send_feedback(self, payload: bytes) -> bool:
        """Send an acknowledgement, the same way."""
        return self._send_fresh(self._feedback, payload)

    def _send_fresh(self, channel: RTCDataChannel, payload: bytes) -> bool:
        if channel.readyState != "open" or channel.bufferedAmount > 0:
            return False
        channel.send(payload)
        return True

    def send_control(self, payload: bytes) -> bool:
        """Send a control message; False where the channel is closed."""
        if self._control.readyState != "open":
            return False
        self._control.send(payload)
        return True

    def close(self) -> None:
        """Stop what would outlive the connection."""
        self._thinner.close()


def _listen(channel: RTCDataChannel, sink: Callable[[bytes], None]) -> None:
    """Pass binary messages on; text is not part of the protocol and is ignored."""

    def receive(message: bytes | str) -> None:
        if isinstance(message, bytes):
            sink(message)

    channel.on("message", receive)
