"""aiortc's own buffer, as the bench measures it: still the one that its receiver makes."""

import inspect

from aiortc import rtcrtpreceiver

from app.net.media import MediaPacket
from app.net.stock_buffer import CAPACITY, StockBuffer


def test_it_holds_a_picture_until_the_next_begins_and_asks_again_for_all_that_is_missing() -> None:
    buffer = StockBuffer()
    assert buffer.add(1, 100, True, b"a", 0) == []
    assert buffer.add(2, 200, True, b"b", 0) == [MediaPacket(b"a", 100, 2)]
    buffer.add(4, 400, True, b"d", 0)
    assert buffer.poll(0)[1].packets == (3,)
    assert buffer.poll(10**10)[1].packets == ()
    buffer.add(6, 600, True, b"f", 0)
    assert buffer.poll(0)[1].packets == (3, 5)
    assert buffer.add(3, 300, True, b"c", 0) == [MediaPacket(b"b", 200, 3)]


def test_aiortc_still_makes_that_buffer() -> None:
    assert f"JitterBuffer(capacity={CAPACITY}, is_video=True)" in inspect.getsource(rtcrtpreceiver.RTCRtpReceiver)
