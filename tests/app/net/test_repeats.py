"""What is sent again, and what is not."""

from app.net.repeats import AGAIN_NS, REPEATS, STALE_NS, WAITING_MOST, Repeats

MS = 1_000_000


def take_all(repeats: Repeats, now_ns: int) -> list[int]:
    return list(iter(lambda: repeats.take(now_ns), None))


def test_what_is_asked_for_is_given_in_order_and_once_within_a_moment() -> None:
    repeats = Repeats()
    for sequence in (7, 65535, 0, 7):
        repeats.ask(sequence, 0)
    assert repeats.are_waiting
    assert take_all(repeats, 0) == [7, 65535, 0]
    assert not repeats.are_waiting
    repeats.ask(7, AGAIN_NS - 1)
    assert take_all(repeats, AGAIN_NS - 1) == []
    repeats.ask(7, AGAIN_NS)
    assert take_all(repeats, AGAIN_NS) == [7]


def test_what_waited_too_long_for_room_is_let_go() -> None:
    repeats = Repeats()
    repeats.ask(1, 0)
    repeats.ask(2, STALE_NS)
    assert take_all(repeats, STALE_NS) == [2]


def test_nobody_can_have_everything_sent_again() -> None:
    repeats, given = Repeats(), 0
    for at_ns in range(0, 1000 * MS, 10 * MS):
        for sequence in range(at_ns // MS, at_ns // MS + 100):
            repeats.ask(sequence, at_ns)
        assert len(repeats._waiting) <= WAITING_MOST
        given += len(take_all(repeats, at_ns))
    assert given <= sum(REPEATS)
