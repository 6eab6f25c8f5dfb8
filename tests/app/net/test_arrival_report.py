"""Reports of RFC 8888: golden bytes, any bytes, and what both ends make of them."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.net.arrival_report import (
    BYTES_EACH,
    LEAST_NS,
    MOST_NS,
    SPAN_MOST,
    STREAMS_MOST,
    ArrivalLog,
    ReportReader,
)

S = 1_000_000_000
MS = 1_000_000


def golden_log() -> ArrivalLog:
    log = ArrivalLog(7)
    log.add(0x11223344, 65534, 100, 1_500 * MS)
    log.add(0x11223344, 1, 100, 1_750 * MS)
    log.add(0x11223344, 2, 100, 2_000 * MS)
    log.add(0x11223344, 65535, 100, 2_500 * MS)
    return log


def test_report_is_as_the_norm_has_it() -> None:
    report = golden_log().report(2_500 * MS)
    words = struct.unpack(f"!{len(report) // 2}H", report)
    assert report[:4] == bytes.fromhex("8bcd0007") == struct.pack("!BBH", 0x8B, 205, len(report) // 4 - 1)
    assert report[4:8] == b"\x00\x00\x00\x07"
    assert report[8:16] == bytes.fromhex("11223344fffe0005")
    assert words[8:14] == (0x8000 | 1024, 0x8000, 0, 0x8000 | 768, 0x8000 | 512, 0)
    assert report[28:] == struct.pack("!L", 5 * 65536 // 2)
    assert len(report) == 32


def test_reader_gives_arrivals_on_the_other_clock_and_losses_that_are_none_of_order() -> None:
    arrivals = ReportReader().read(golden_log().report(2_500 * MS))
    assert [(arrival.stream, arrival.sequence) for arrival in arrivals] == [
        (0x11223344, sequence) for sequence in (65534, 65535, 1, 2)
    ]
    assert [arrival.arrived_ns for arrival in arrivals] == [1_500 * MS, 2_500 * MS, 1_750 * MS, 2_000 * MS]
    assert [arrival.held_ns for arrival in arrivals] == [1 * S, 0, 750 * MS, 500 * MS]
    late = golden_log()
    late.add(0x11223344, 3, 100, 2_400 * MS)
    lost = [arrival for arrival in ReportReader().read(late.report(2_500 * MS)) if arrival.arrived_ns is None]
    assert [arrival.sequence for arrival in lost] == [0]


def test_what_was_said_is_not_said_again_and_a_late_packet_is_no_loss() -> None:
    log, reader = ArrivalLog(1), ReportReader()
    for sequence in (10, 11, 13):
        log.add(5, sequence, 100, 0)
    assert [arrival.sequence for arrival in reader.read(log.report(MS))] == [10, 11, 13]
    assert log.due_ns() is None
    log.add(5, 12, 100, 2 * MS)
    log.add(5, 14, 100, 2 * MS)
    second = reader.read(log.report(3 * MS))
    assert {arrival.sequence for arrival in second if arrival.arrived_ns is not None} >= {12, 14}
    assert all(arrival.arrived_ns is not None for arrival in second)
    log.add(5, 15, 100, 4 * MS)
    assert [arrival.sequence for arrival in reader.read(log.report(5 * MS))] == [15]


def test_reports_are_due_by_bytes_and_by_time() -> None:
    log = ArrivalLog(1)
    assert log.due_ns() is None
    log.add(5, 1, 100, 1 * S)
    assert log.due_ns() == 1 * S + MOST_NS
    log.add(5, 2, BYTES_EACH, 1 * S + MS)
    assert log.due_ns() == 1 * S
    log.report(1 * S + 2 * MS)
    log.add(5, 3, BYTES_EACH, 1 * S + 3 * MS)
    assert log.due_ns() == 1 * S + 2 * MS + LEAST_NS


def test_time_stamps_go_on_after_they_began_anew() -> None:
    reader = ReportReader()
    before, after = ArrivalLog(1), ArrivalLog(1)
    round_ns = 65536 * S
    before.add(5, 1, 100, round_ns - S)
    after.add(5, 2, 100, round_ns + S)
    (first,) = reader.read(before.report(round_ns - S))
    (second,) = reader.read(after.report(round_ns + S))
    assert first.arrived_ns is not None
    assert second.arrived_ns == first.arrived_ns + 2 * S


def test_streams_and_spans_are_bounded() -> None:
    log = ArrivalLog(1)
    for stream in range(STREAMS_MOST + 3):
        log.add(stream, 0, 100, 0)
    log.add(0, SPAN_MOST + 5, 100, 0)
    arrivals = ReportReader().read(log.report(0))
    assert {arrival.stream for arrival in arrivals} == set(range(STREAMS_MOST))
    assert [arrival.sequence for arrival in arrivals if arrival.stream == 0] == [SPAN_MOST + 5]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(65400, 65700), st.integers(0, 80)), max_size=120))
def test_every_arrival_is_reported_once(packets: list[tuple[int, int, int]]) -> None:
    log, reader, now_ns = ArrivalLog(1), ReportReader(), 0
    told: list[tuple[int, int]] = []
    for stream, sequence, wait_ms in packets:
        now_ns += wait_ms * MS
        log.add(stream, sequence % 0x10000, 500, now_ns)
        due_ns = log.due_ns()
        if due_ns is not None and due_ns <= now_ns:
            report = reader.read(log.report(now_ns))
            told += [(arrival.stream, arrival.sequence) for arrival in report if arrival.arrived_ns is not None]
    assert set(told) <= {(stream, sequence % 0x10000) for stream, sequence, _ in packets}


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_give_arrivals_or_a_value_error(data: bytes, framed: bool) -> None:
    packet = struct.pack("!BBH", 0x8B, 205, len(data) // 4) + data if framed else data
    try:
        arrivals = ReportReader().read(packet)
    except ValueError:
        return
    assert 2 * len(arrivals) <= len(packet)


@pytest.mark.parametrize("cut", [4, 8, 12, 16, 20])
def test_report_that_was_cut_short_is_refused(cut: int) -> None:
    report = golden_log().report(2_500 * MS)
    with pytest.raises(ValueError, match="congestion control feedback"):
        ReportReader().read(report[: len(report) - cut])
