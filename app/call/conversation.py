"""What the other end's control messages do to a session; on the net thread."""

from __future__ import annotations

import time
from collections.abc import Callable

from app.call.aside_talk import AsideTalk
from app.call.control_line import ControlLine
from app.call.identity_trade import IdentityTrade
from app.call.link_probe import PROBE_BYTES, LinkProbe
from app.call.lips import LipSync
from app.call.receiver import Receiver
from app.call.screen import Screen
from app.call.sender import Sender
from app.call.stats import ViewerStats
from app.net import control
from app.net.conduct import ControlConduct, MisconductError
from app.net.peer import Peer
from codec.stream import BITSTREAM_VERSION

_BEFORE_GREETING = (control.Hello, control.OutputSize, control.Wire, control.Probe, control.Bye)
"""What is taken before this end has taken the call: nothing of it is seen or heard, or leads to what is."""


class Conversation:
    """Reads control messages, judges them, and does what they say.

    Args:
        peer: drops an end that breaks the rules.
        line: to the other end.
        trade: takes what concerns identities.
        beside: takes chat and stills.
        receiver: takes backgrounds, and what will come.
        screen: told what will come.
        lips: told the sound's clock.
        stats: counts.
        reads_low_wire: whether this end reads faces from sound packets.
        on_event: told in a line what happened.

    Attributes:
        sender: this end's sender; None without a camera.
        left: why the other end is gone; None while it is there.
        has_greeted: whether this end has said hello; before, it takes nothing that could be seen or heard.
        was_greeted: whether the other end has, on this connection.
    """

    def __init__(
        self,
        peer: Peer,
        line: ControlLine,
        trade: IdentityTrade,
        beside: AsideTalk,
        receiver: Receiver,
        screen: Screen,
        lips: LipSync,
        stats: ViewerStats,
        reads_low_wire: bool,
        on_event: Callable[[str], None],
    ) -> None:
        self.sender: Sender | None = None
        self.left: str | None = None
        self.has_greeted = False
        self.was_greeted = False
        self._peer = peer
        self._line = line
        self._trade = trade
        self._beside = beside
        self._receiver = receiver
        self._screen = screen
        self._lips = lips
        self._stats = stats
        self._reads_low_wire = reads_low_wire
        self._on_event = on_event
        self._conduct = ControlConduct()
        self._probe = LinkProbe()

    def greet(self, size: tuple[int, int]) -> None:
        """Say hello, once the channels are open, and what size is shown here."""
        self._line.send(control.Hello(control.PROTOCOL, BITSTREAM_VERSION))
        self._line.send(control.OutputSize(*size))
        self._line.send(control.Wire(self._reads_low_wire))
        for _ in range(2):
            self._line.send(control.Probe(PROBE_BYTES))
        self._trade.await_answer()
        self.has_greeted = True
        if self.was_greeted:
            self._trade.offer()

    def connection_lost(self) -> None:
        """Hear that the next connection begins with hello anew."""
        self.was_greeted = False

    def was_dropped(self, reason: str) -> None:
        """Hear that the other end broke the rules."""
        self.left = self.left or f"the other end was dropped: {reason}"
        self._on_event(self.left)

    def key_requested(self) -> None:
        """Hear that the other end needs a key picture."""
        if self.sender is not None and self._conduct.may_ask_for_key(time.monotonic_ns()):
            self.sender.key_wanted.set()

    def arrived(self, payload: bytes) -> None:
        """Take a message."""
        if self.left is not None:
            return
        now_ns = time.monotonic_ns()
        try:
            message = control.parse(payload)
            self._conduct.sent(message, now_ns)
            self._obey(message, now_ns)
        except MisconductError as exc:
            self._peer.drop(str(exc))
        except ValueError as exc:
            self._on_event(f"control message ignored: {exc}")
            if self._conduct.is_too_often_wrong(now_ns):
                self._peer.drop(f"its control messages are wrong, the last because: {exc}")

    def _obey(self, message: control.Message, now_ns: int) -> None:
        if not self.has_greeted and not isinstance(message, _BEFORE_GREETING):
            return
        match message:
            case control.Hello():
                self._greeted(message)
            case control.IdentityOffer():
                self._trade.offered(message)
            case control.IdentityChunk():
                self._trade.chunk(message)
            case control.IdentityAnswer():
                self._trade.answered(message, now_ns)
            case control.IdentityReceived():
                self._trade.received(message, now_ns)
            case control.IdentityReady():
                self._trade.ready(message)
            case control.ModeChange():
                self._announced(message)
            case control.Plate() | control.TextureChange():
                self._stats.face_arrived(len(message.payload), now_ns)
                self._receiver.arrivals.put(message)
            case control.VideoClock():
                self._receiver.video_clock = message
            case control.SoundClock():
                self._lips.clock = message
            case control.Wire():
                self._peer.allow_low_wire(message.low_wire, message.kbps)
            case control.Probe():
                self._probed(message, now_ns)
            case control.Bye():
                self.left = f"the other end left: {message.reason}"
                self._on_event(self.left)
            case control.FaceShown() | control.OutputSize():
                self._heard_of_view(message)
            case _:
                self._beside.heard(message)

    def _greeted(self, hello: control.Hello) -> None:
        if (hello.protocol, hello.bitstream) != (control.PROTOCOL, BITSTREAM_VERSION):
            raise ValueError(f"the other end speaks version {hello.protocol}.{hello.bitstream}")
        self.was_greeted = True
        if self.has_greeted:
            self._trade.offer()

    def _announced(self, change: control.ModeChange) -> None:
        self._on_event(f"receiving {change.mode}: {change.reason}")
        self._screen.announced(change)
        self._receiver.announce(change.mode)

    def _probed(self, probe: control.Probe, now_ns: int) -> None:
        kbps = self._probe.arrived(probe, now_ns)
        if kbps is not None:
            self._line.send(control.Wire(self._reads_low_wire, kbps))

    def _heard_of_view(self, message: control.FaceShown | control.OutputSize) -> None:
        """Hear what the other end shows."""
        if self.sender is None:
            return
        if isinstance(message, control.FaceShown):
            self.sender.face_shown = True
        else:
            self.sender.output_side = max(message.width, message.height)
