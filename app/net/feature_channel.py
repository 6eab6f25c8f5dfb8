"""The data channels of a call, and when face frames are acknowledged.

- ``face`` (stream 2): bundles of face packets and acknowledgements, unordered and never retransmitted: a late one is
  worth nothing.
- ``control`` (stream 0): everything that must arrive, in order.

Both are negotiated in advance, so they open with the association and cost no messages of their own.
"""

from __future__ import annotations

from collections.abc import Callable

from aiortc import RTCDataChannel, RTCPeerConnection

from app.net.thrift import SackThinner

CONTROL_ID, FACE_ID = 0, 2

ACK_EVERY = 4
"""Face frames per acknowledgement, a packet's at once: alone it costs about 90 bytes back; prediction from four frames
ago costs less."""

ACK_DELAY_NS = 250_000_000
"""Longest time that a decoded face frame stays unacknowledged while frames come."""


class AckPacer:
    """Decides which decoded face packets are acknowledged. Pure: time is an argument."""

    def __init__(self, every: int = ACK_EVERY, delay_ns: int = ACK_DELAY_NS) -> None:
        self._every = every
        self._delay_ns = delay_ns
        self._unacknowledged = 0
        self._last_ns: int | None = None

    def due(self, is_key: bool, frames: int, now_ns: int) -> bool:
        """Tell whether the packet just decoded is to be acknowledged.

        Args:
            is_key: a key packet is acknowledged at once: until then every one is.
            frames: how many it holds.
            now_ns: time of decoding.
        """
        self._unacknowledged += frames
        late = self._last_ns is None or now_ns - self._last_ns >= self._delay_ns
        if not (is_key or late or self._unacknowledged >= self._every):
            return False
        self._unacknowledged = 0
        self._last_ns = now_ns
        return True


class Channels:
    """The channels of one peer connection; network thread only, but for the properties.

    Args:
        connection: its transceivers are there already, or the bundle would never connect.
        on_face, on_control: called with each message that arrives.
        on_open: called once, when both are open.
        on_violation: called when the other end breaks the rules.
        on_packet: told before each SCTP packet what it carries, for the meter.
    """

    def __init__(
        self,
        connection: RTCPeerConnection,
        on_face: Callable[[bytes], None],
        on_control: Callable[[bytes], None],
        on_open: Callable[[], None],
        on_violation: Callable[[str], None],
        on_packet: Callable[[str], None],
    ) -> None:
        create = connection.createDataChannel
        self._control = create("control", negotiated=True, id=CONTROL_ID)
        self._face = create("face", ordered=False, maxRetransmits=0, negotiated=True, id=FACE_ID)
        assert connection.sctp is not None
        self._thinner = SackThinner(connection.sctp, frozenset((CONTROL_ID,)), on_violation, on_packet)
        self._on_open = on_open
        for channel, sink in ((self._control, on_control), (self._face, on_face)):
            _listen(channel, sink)
            channel.on("open", self._opened)

    def _opened(self) -> None:
        if self.is_open:
            self._on_open()

    @property
    def is_open(self) -> bool:
        """Whether both channels are open."""
        return all(channel.readyState == "open" for channel in (self._control, self._face))

    @property
    def is_idle(self) -> bool:
        """Whether a bundle would leave at once: none waits, so none can be stale when an outage ends."""
        return self._face.readyState == "open" and self._face.bufferedAmount == 0

    @property
    def control_waiting(self) -> int:
        """Bytes of control messages that wait for the association's window."""
        return self._control.bufferedAmount

    def send_face(self, payload: bytes) -> bool:
        """Send a bundle; False where the channel is busy or closed, and the bundle is gone."""
        if not self.is_idle:
            return False
        self._face.send(payload)
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
