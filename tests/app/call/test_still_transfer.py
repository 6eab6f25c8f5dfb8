"""A still in pieces, from a peer that may be anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.call.still_transfer import WINDOW, StillCollector, StillSender
from app.net.asides import PIECE_MAX, Still, StillPiece


@given(st.binary(min_size=1, max_size=9 * PIECE_MAX))
def test_all_of_it_arrives_with_few_pieces_on_their_way(data: bytes) -> None:
    sender, collector = StillSender(7, data), StillCollector(7)
    first, *pieces = sender.begin()
    assert isinstance(first, Still)
    collector.announced(first)
    while pieces:
        assert len(pieces) <= WINDOW
        piece = pieces.pop(0)
        assert isinstance(piece, StillPiece)
        received = collector.piece(piece)
        assert received is not None
        pieces += sender.received(received)
    assert collector.data == data


def test_pieces_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="at byte 0"):
        StillCollector(1).piece(StillPiece(1, 0, b"never announced"))
    collector = StillCollector(1)
    collector.announced(Still(1, 10))
    with pytest.raises(ValueError, match="at byte 5"):
        collector.piece(StillPiece(1, 5, b"x"))
    with pytest.raises(ValueError, match="beyond"):
        collector.piece(StillPiece(1, 0, b"x" * 11))
    assert collector.piece(StillPiece(2, 0, b"of an older one")) is None
    collector.announced(Still(1, 99))
    assert collector.piece(StillPiece(1, 0, b"x" * 10)) is not None
    assert collector.data == b"x" * 10
