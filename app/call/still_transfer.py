"""Carrying one still across the control channel in pieces. Pure."""

from __future__ import annotations

from app.net.asides import PIECE_MAX, Still, StillPiece, StillReceived

WINDOW = 3
"""Pieces on their way at once: a narrow link is never full of more than 6 kB, a wide one needs four round trips."""


class StillSender:
    """The sending side of one still.

    Args:
        number: of the request.
        data: the still.
    """

    def __init__(self, number: int, data: bytes) -> None:
        self.number = number
        self._data = data
        self._next = 0

    def begin(self) -> list[Still | StillPiece]:
        """Give the first messages."""
        return [Still(self.number, len(self._data)), *self._pieces(0)]

    def received(self, message: StillReceived) -> list[StillPiece]:
        """Take word of what has arrived; gives the pieces that may go now."""
        return self._pieces(message.total) if message.number == self.number else []

    def _pieces(self, arrived: int) -> list[StillPiece]:
        pieces = []
        while self._next < len(self._data) and self._next < arrived + WINDOW * PIECE_MAX:
            data = self._data[self._next : self._next + PIECE_MAX]
            pieces.append(StillPiece(self.number, self._next, data))
            self._next += len(data)
        return pieces


class StillCollector:
    """The receiving side of one still: takes no more than was announced.

    Args:
        number: of the request.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self._size: int | None = None
        self._data = bytearray()

    def announced(self, still: Still) -> None:
        """Take the announcement in."""
        if still.number == self.number and self._size is None:
            self._size = still.size

    def piece(self, piece: StillPiece) -> StillReceived | None:
        """Take a piece in; gives the acknowledgement, or None for one of an older request.

        Raises:
            ValueError: it was not announced, is not the next one, or goes beyond the end.
        """
        if piece.number != self.number:
            return None
        if self._size is None or piece.offset != len(self._data):
            raise ValueError(f"a piece of a still at byte {piece.offset}, not {len(self._data)}")
        if len(self._data) + len(piece.data) > self._size:
            raise ValueError("a piece goes beyond the still's end")
        self._data += piece.data
        return StillReceived(self.number, len(self._data))

    @property
    def data(self) -> bytes | None:
        """The still, once all of it has come."""
        return bytes(self._data) if self._size is not None and len(self._data) == self._size else None
