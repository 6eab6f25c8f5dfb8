"""Access units out of packets: loss, disorder and holes, and what is asked for meanwhile."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.net.jitter_buffer import (
    ANSWER_FIRST_MS,
    ECHO_NS,
    KEY_REQUEST_NS,
    MS,
    NACK_MOST,
    PATIENCE_LEAST_MS,
    PATIENCE_MOST_MS,
    WINDOW,
    JitterBuffer,
)
from app.net.media import MediaPacket

Packet = tuple[int, int, bool, bytes]

UNITS = [b"K0ab", b"d1", b"d2cd", b"d3", b"K4efgh", b"d5"]


def key(data: bytes) -> bool:
    return data.startswith(b"K")


def packets(units: list[bytes], first: int = 65530, size: int = 2) -> list[Packet]:
    """(sequence, timestamp, marker, data) of the units' packets of ``size`` bytes."""
    out: list[Packet] = []
    for index, unit in enumerate(units):
        parts = [unit[at : at + size] for at in range(0, len(unit), size)]
        for part in parts:
            out.append(((first + len(out)) % 0x10000, index * 3600, part is parts[-1], part))
    return out


def feed(buffer: JitterBuffer, stream: list[Packet], now_ns: int = 0) -> list[MediaPacket]:
    return [unit for packet in stream for unit in buffer.add(*packet, now_ns)]


def test_whole_units_come_at_their_marker_across_the_wrap() -> None:
    buffer = JitterBuffer(key)
    got = feed(buffer, packets(UNITS))
    assert [unit.data for unit in got] == UNITS
    assert [unit.timestamp for unit in got] == [index * 3600 for index in range(6)]
    units, requests = buffer.poll(0)
    assert (units, requests.packets, requests.key, buffer.due_ns()) == ([], (), False, None)


def test_disorder_is_put_right() -> None:
    stream = packets(UNITS)
    head, tail = stream[:1], stream[1:]
    random.Random(5).shuffle(tail)
    assert [unit.data for unit in feed(JitterBuffer(key), head + tail)] == UNITS


def test_missing_packets_are_asked_for_at_once_and_again_when_the_answer_is_overdue() -> None:
    buffer = JitterBuffer(key)
    stream = packets(UNITS)
    feed(buffer, stream[:3] + stream[4:5])
    assert buffer.due_ns() == 0
    assert buffer.poll(0)[1].packets == (stream[3][0],)
    overdue_ns = buffer.due_ns()
    assert overdue_ns is not None
    assert overdue_ns > ANSWER_FIRST_MS * MS
    assert buffer.poll(overdue_ns - 1)[1].packets == ()
    assert buffer.poll(overdue_ns)[1].packets == (stream[3][0],)
    assert buffer.questions == 2
    got = feed(buffer, stream[3:4], overdue_ns + 1)
    assert got[0].data == UNITS[2]
    assert buffer.recovered == 1


def test_answers_teach_how_long_they_take() -> None:
    buffer = JitterBuffer(key)
    now_ns, sequence = 0, 0
    buffer.add(sequence, 0, True, b"K", now_ns)
    for _ in range(40):
        buffer.add(sequence + 2, 0, True, b"d", now_ns)
        buffer.poll(now_ns)
        now_ns += 20 * MS
        buffer.add(sequence + 1, 0, True, b"d", now_ns)
        sequence += 2
    assert buffer.answer_ms == pytest.approx(20, abs=1)


def test_where_much_is_lost_each_packet_is_asked_for_twice() -> None:
    buffer = JitterBuffer(key)
    buffer.add(0, 0, True, b"K", 0)
    for sequence in range(2, 60, 2):
        buffer.add(sequence, 0, True, b"d", 0)
        buffer.add(sequence - 1, 0, True, b"d", 0)
    buffer.add(60, 0, True, b"d", 0)
    assert buffer.poll(0)[1].packets == (59,)
    assert buffer.poll(ECHO_NS - 1)[1].packets == ()
    assert buffer.poll(ECHO_NS)[1].packets == (59,)
    assert buffer.poll(2 * ECHO_NS)[1].packets == ()


@pytest.mark.parametrize("lost", [2, 3, 4])
def test_a_hole_is_waited_for_then_skipped_to_the_next_key(lost: int) -> None:
    buffer = JitterBuffer(key)
    stream = packets(UNITS * 3)
    got = []
    for index, packet in enumerate(stream):
        if index != lost:
            got += buffer.add(*packet, index * 40 * MS)
            got += buffer.poll(index * 40 * MS)[0]
    assert buffer.skipped_gaps == 1
    after = [unit.data for unit in got]
    broken_at = {2: 1, 3: 2, 4: 2}[lost]
    assert after[:broken_at] == UNITS[:broken_at]
    assert after[broken_at].startswith(b"K")


def test_the_clock_alone_ends_the_wait_for_a_hole() -> None:
    buffer = JitterBuffer(key)
    stream = packets(UNITS)
    feed(buffer, stream[:3] + stream[4:])
    now_ns, units = 0, list[MediaPacket]()
    while not units:
        due_ns = buffer.due_ns()
        assert due_ns is not None
        now_ns = max(due_ns, now_ns)
        units, _ = buffer.poll(now_ns)
    assert [unit.data for unit in units] == UNITS[4:]
    assert PATIENCE_LEAST_MS * MS <= now_ns <= PATIENCE_MOST_MS * MS


def test_a_long_gap_is_an_outage_and_needs_a_key() -> None:
    buffer = JitterBuffer(key)
    buffer.add(0, 0, True, b"K", 0)
    assert buffer.add(NACK_MOST + 2, 1, True, b"d", 0) == []
    _, requests = buffer.poll(0)
    assert (requests.packets, requests.key) == ((), True)
    assert [unit.data for unit in buffer.add(NACK_MOST + 3, 2, True, b"K", 0)] == [b"K"]
    assert not buffer.poll(KEY_REQUEST_NS)[1].key


def test_nothing_is_given_out_before_a_key_and_it_is_asked_for_at_intervals() -> None:
    buffer = JitterBuffer(key)
    asked = 0
    for index in range(50):
        assert buffer.add(index, index, True, b"d", index * 40 * MS) == []
        asked += buffer.poll(index * 40 * MS)[1].key
    assert asked == 50 * 40 * MS // KEY_REQUEST_NS
    assert [unit.data for unit in buffer.add(50, 50, True, b"K", 2000 * MS)] == [b"K"]


def test_memory_is_bounded_behind_a_hole() -> None:
    buffer = JitterBuffer(key)
    buffer.add(0, 0, True, b"K", 0)
    for sequence in range(2, 5000):
        buffer.add(sequence, sequence, False, b"x", 0)
        assert len(buffer._held) <= WINDOW
        assert len(buffer._missing) <= WINDOW


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.booleans(), st.integers(0, 400)), max_size=200))
def test_any_packets_give_units_in_order(arrivals: list[tuple[int, bool, int]]) -> None:
    buffer, now_ns = JitterBuffer(lambda data: True), 0
    for sequence, marker, wait_ms in arrivals:
        now_ns += wait_ms * MS
        for unit in buffer.add(sequence, 0, marker, b"x", now_ns) + buffer.poll(now_ns)[0]:
            assert unit.data
        assert len(buffer._held) <= WINDOW
        due_ns = buffer.due_ns()
        assert due_ns is None or due_ns > now_ns - KEY_REQUEST_NS
