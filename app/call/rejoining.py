"""What has to be said again when a call goes on over a new connection. Pure."""

from __future__ import annotations

from app.net.control import IdentityReady, ModeChange, Plate, TextureChange

Lasting = ModeChange | Plate | TextureChange | IdentityReady
"""Messages that hold until the next of their kind; the connection that broke may have lost the last one."""


class Rejoining:
    """Remembers the last message of each kind."""

    def __init__(self) -> None:
        self._last: dict[type[Lasting], Lasting] = {}

    def remember(self, message: Lasting) -> None:
        """Note a message as it is sent."""
        self._last[type(message)] = message

    def messages(self) -> list[Lasting]:
        """Give what to send again, renewals before modes: a mode is said of a picture that can be drawn."""
        last = dict(self._last)
        return [last[kind] for kind in (IdentityReady, Plate, TextureChange, ModeChange) if kind in last]
