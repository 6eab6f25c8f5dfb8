"""The control channel's sending side: what is said once, and what holds until the next of its kind."""

from __future__ import annotations

from collections.abc import Callable

from app.call.rejoining import Lasting, Rejoining
from app.net import control
from app.net.peer import Peer


class ControlLine:
    """Sends control messages, from any thread.

    Args:
        peer: what carries them.
        on_failure: told "control" and what went wrong.
    """

    def __init__(self, peer: Peer, on_failure: Callable[[str, Exception], None]) -> None:
        self._peer = peer
        self._on_failure = on_failure
        self._rejoining = Rejoining()

    def send(self, message: control.Message) -> None:
        """Send a message."""
        try:
            self._peer.send_control(control.pack(message))
        except ConnectionError as exc:
            self._on_failure("control", exc)

    def send_lasting(self, message: Lasting) -> None:
        """Send a message that holds until the next of its kind, so that it is sent again on a new connection."""
        self._rejoining.remember(message)
        self.send(message)

    def send_again(self) -> None:
        """Say again, on a new connection, what the last one may have lost."""
        for message in self._rejoining.messages():
            self.send(message)
