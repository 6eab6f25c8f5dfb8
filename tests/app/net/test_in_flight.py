"""Packets between sending and word of them."""

from app.net.in_flight import GONE_NS, SENT_MOST, Arrival, InFlight, Sent


def test_a_packet_is_given_once() -> None:
    way = InFlight()
    way.add(1, 7, Sent(0, 1200, 30))
    assert way.bytes == 1200
    assert way.take(Arrival(2, 7, 0)) is None
    assert way.take(Arrival(1, 7, 0)) == Sent(0, 1200, 30)
    assert way.take(Arrival(1, 7, 0)) is None
    assert way.bytes == 0


def test_packets_without_word_are_gone_after_a_while() -> None:
    way = InFlight()
    way.add(1, 1, Sent(0, 100, 0))
    way.add(1, 2, Sent(GONE_NS // 2, 10, 0))
    way.forget(GONE_NS)
    assert way.bytes == 10
    way.clear()
    assert way.bytes == 0


def test_what_a_report_has_passed_is_settled_across_the_wrap() -> None:
    way = InFlight()
    for sequence in (65534, 65535, 0, 1):
        way.add(1, sequence, Sent(0, 100, 0))
        way.add(2, sequence, Sent(0, 1, 0))
    way.settle([Arrival(1, 0, 5), Arrival(1, 1, None)])
    assert way.bytes == 200 + 4


def test_memory_is_bounded() -> None:
    way = InFlight()
    for sequence in range(SENT_MOST + 50):
        way.add(1, sequence, Sent(0, 1, 0))
        assert way.bytes <= SENT_MOST
