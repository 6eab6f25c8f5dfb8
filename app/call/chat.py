"""Lines of chat that arrive once each, in order, though connections come and go. Pure."""

from __future__ import annotations

from collections import deque

from app.net.asides import Chat, ChatReceived

UNCONFIRMED_MAX = 100
"""Lines that may wait for word of their arrival; a person who types into an outage for minutes is told."""


class ChatLine:
    """Both directions of one call's chat."""

    def __init__(self) -> None:
        self._sent = 0
        self._heard = 0
        self._unconfirmed: deque[Chat] = deque()

    def say(self, text: str) -> Chat | None:
        """Give the message for a line; None when too many wait for word of their arrival."""
        if len(self._unconfirmed) >= UNCONFIRMED_MAX:
            return None
        self._sent += 1
        message = Chat(self._sent, text)
        self._unconfirmed.append(message)
        return message

    def confirmed(self, message: ChatReceived) -> list[int]:
        """Take word of an arrival; gives the numbers of the lines that have newly arrived."""
        arrived = []
        while self._unconfirmed and self._unconfirmed[0].number <= message.number:
            arrived.append(self._unconfirmed.popleft().number)
        return arrived

    def heard(self, message: Chat) -> tuple[str, ChatReceived]:
        """Take a line; gives what to show, "" for one that was shown before, and the confirmation to send.

        Raises:
            ValueError: a line is missing before it.
        """
        if message.number > self._heard + 1:
            raise ValueError(f"chat line {message.number} after {self._heard}")
        text = message.text if message.number == self._heard + 1 else ""
        self._heard = max(self._heard, message.number)
        return text, ChatReceived(self._heard)

    def unconfirmed(self) -> list[Chat]:
        """Give what to send again on a new connection."""
        return list(self._unconfirmed)
