"""The controller on links in time of their own: how much of them it takes, and what becomes of a queue."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bench.video_link import Outcome, VirtualCall
from app.net.congestion import (
    IDLE_NS,
    KBPS_AGAIN,
    KBPS_FIRST,
    KBPS_LEAST,
    KBPS_MOST,
    MS,
    WINDOW_LEAST_BYTES,
    CongestionController,
    VideoRoom,
)
from app.net.emulator import LinkConditions
from app.net.h265_rtp import START_CODE, is_key
from app.net.in_flight import GONE_NS, Arrival
from app.net.jitter_buffer import JitterBuffer

S = 1000 * MS


class PlainEncoder:
    """Makes units of about the size that the room asks for, now and then two and a half times as large."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._begun = False

    def __call__(self, frame: int, room: VideoRoom, key: bool, now_ns: int) -> bytes | None:
        if not room.is_open:
            return None
        is_first, self._begun = not self._begun, True
        usual = room.kbps * 40 / 8 - 60
        size = usual * (4.0 if key or is_first else self._random.lognormvariate(-0.05, 0.3))
        kind = 19 if key or is_first else 1
        return START_CODE + bytes((kind << 1, 1)) + b"\x55" * max(round(size), 10)


def hold(rates: tuple[float, ...], each_s: float, delay_ms: float = 25.0, loss: float = 0.0, seed: int = 1) -> Outcome:
    steps = tuple((index * each_s, rate) for index, rate in enumerate(rates) if index)
    there = LinkConditions(loss, delay_ms, rates[0], rate_steps=steps)
    back = LinkConditions(loss, delay_ms)
    call = VirtualCall(PlainEncoder(seed), JitterBuffer(is_key), there, back, seed=seed)
    return call.run(each_s * len(rates))


def used(outcome: Outcome, begin: float, end: float, kbps: float) -> float:
    size = sum(size for at_ns, size in outcome.used if begin <= at_ns / 1e9 < end)
    return size * 8 / 1000 / (end - begin) / kbps


def longest_freeze_ms(outcome: Outcome) -> float:
    shown = sorted(outcome.shown_ns.values())
    return max(after - before for before, after in pairwise(shown)) / MS


@pytest.mark.parametrize("delay_ms", [5.0, 25.0, 50.0])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_link_that_falls_to_150_and_comes_back_is_used_and_never_stands_still(delay_ms: float, seed: int) -> None:
    outcome = hold((400.0, 150.0, 400.0), 15.0, delay_ms, seed=seed)
    for index, rate in enumerate((400.0, 150.0, 400.0)):
        assert used(outcome, 15.0 * index, 15.0 * (index + 1), rate) >= 0.75
    assert longest_freeze_ms(outcome) <= 500


@pytest.mark.parametrize("kbps", [100.0, 250.0, 700.0])
def test_a_steady_link_is_filled_without_a_standing_queue(kbps: float) -> None:
    outcome = hold((kbps,), 30.0)
    assert used(outcome, 5.0, 30.0, kbps) >= 0.8
    late_ms = sorted((outcome.shown_ns[frame] - at) / MS for frame, at in outcome.sent_ns.items() if at > 5 * S)
    assert late_ms[len(late_ms) // 2] < 25 + 60
    assert late_ms[len(late_ms) * 95 // 100] < 25 + 150


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_pictures_are_whole_at_once_and_soon_again_after_a_loss(seed: int) -> None:
    encoder = PlainEncoder(seed)

    def late_ms(loss: float, delay_ms: float) -> list[float]:
        link = LinkConditions(loss, delay_ms)
        call = VirtualCall(encoder, JitterBuffer(is_key), link, link, seed=seed, adaptive=False)
        outcome = call.run(60.0)
        return sorted((at - outcome.sent_ns[frame]) / MS - delay_ms for frame, at in outcome.shown_ns.items())

    clean, lossy = late_ms(0.0, 10.0), late_ms(0.1, 50.0)
    assert clean[len(clean) // 2] <= 10
    assert len(lossy) > 0.9 * len(clean)
    assert lossy[len(lossy) * 95 // 100] <= 200


def test_loss_that_no_rate_changes_does_not_take_the_link_away() -> None:
    assert used(hold((400.0,), 30.0, loss=0.1), 10.0, 30.0, 400.0) >= 0.6


def test_a_queue_of_somebody_else_does_not_starve_the_call() -> None:
    controller = CongestionController()
    report_every(controller, 0, 5 * S, delay_ms=30)
    report_every(controller, 5 * S, 60 * S, delay_ms=230)
    assert controller.kbps > KBPS_FIRST


def report_every(controller: CongestionController, begin_ns: int, end_ns: int, delay_ms: float) -> None:
    """Send what the room allows in pictures of two packets, and report it, over a link that is not full."""
    sequence = begin_ns // (20 * MS)
    for at_ns in range(begin_ns, end_ns, 40 * MS):
        size = round(controller.room(at_ns).kbps * 40 / 16)
        for _ in range(2):
            controller.sent(1, sequence % 0x10000, size, at_ns)
            sequence += 1
        there_ns = at_ns + round(delay_ms * MS)
        pair = [Arrival(1, (sequence - back) % 0x10000, there_ns + (2 - back) * MS) for back in (2, 1)]
        controller.feedback(pair, at_ns + 39 * MS)


def test_what_is_on_the_way_is_bounded_until_it_is_reported_or_gone() -> None:
    controller = CongestionController()
    controller.sent(1, 0, 100, 0)
    controller.feedback([Arrival(1, 0, 0)], 10 * MS)
    assert controller.room(10 * MS).is_open
    for sequence in range(1, 12):
        controller.sent(1, sequence, 1200, 10 * MS)
    assert not controller.room(20 * MS).is_open
    assert controller.room(10 * MS + GONE_NS).is_open
    assert WINDOW_LEAST_BYTES < 11 * 1200


def test_a_lost_report_does_not_keep_packets_on_the_way() -> None:
    controller = CongestionController()
    for sequence in range(10):
        controller.sent(1, sequence, 1200, 0)
    controller.feedback([Arrival(1, 9, 0)], 10 * MS)
    assert controller.in_flight.bytes == 0


def test_reports_on_what_was_never_sent_change_nothing() -> None:
    controller = CongestionController()
    controller.feedback([Arrival(1, sequence, sequence * S) for sequence in range(50)], 0)
    assert (controller.kbps, controller.queue_ms, controller.in_flight.bytes) == (KBPS_FIRST, 0.0, 0)


def test_a_measured_link_sets_the_first_rate_and_no_later_one() -> None:
    for measured, first in ((0.0, KBPS_FIRST), (100.0, 60.0), (20.0, KBPS_LEAST), (65_535.0, 2 * KBPS_FIRST)):
        controller = CongestionController()
        controller.measured(measured)
        assert controller.kbps == pytest.approx(first)
    controller.sent(1, 1, 100, 0)
    controller.measured(100.0)
    assert controller.kbps == 2 * KBPS_FIRST


def test_the_other_ends_bound_is_taken_softly() -> None:
    controller = CongestionController()
    controller.remote_bound(10.0)
    assert KBPS_LEAST < controller.kbps < KBPS_FIRST
    for _ in range(50):
        controller.remote_bound(10.0)
    assert controller.kbps == KBPS_LEAST
    controller.remote_bound(10_000.0)
    assert controller.kbps == KBPS_LEAST


def test_receiver_reports_alone_steer_an_end_that_reports_no_arrivals() -> None:
    controller, now_ns = CongestionController(), 0

    def report(loss: float, trip_ms: float, count: int) -> float:
        nonlocal now_ns
        for _ in range(count):
            now_ns += S
            controller.sent(1, now_ns // S, 1000, now_ns)
            controller.reported(loss, trip_ms, now_ns)
        return controller.kbps

    calm = report(0.0, 40.0, 8)
    assert KBPS_FIRST < calm <= KBPS_MOST
    assert report(0.0, 200.0, 3) < calm / 2
    grown = report(0.0, 40.0, 10)
    assert report(0.3, 40.0, 1) < grown
    before = controller.kbps
    controller.reported(0.5, 500.0, now_ns + IDLE_NS + 1)
    assert controller.kbps == before


def test_after_a_pause_it_begins_again_in_the_middle() -> None:
    controller = CongestionController()
    for _ in range(50):
        controller.remote_bound(10.0)
    controller.sent(1, 0, 1000, 0)
    controller.sent(1, 1, 1000, 10 * S)
    assert controller.kbps == KBPS_AGAIN
    assert controller.in_flight.bytes == 1000


@given(
    st.lists(
        st.one_of(
            st.builds(Arrival, st.integers(1, 2), st.integers(0, 40), st.none() | st.integers(-(10**15), 10**15)),
            st.tuples(st.integers(1, 2), st.integers(0, 40), st.integers(40, 1500)),
        ),
        max_size=80,
    ),
    st.integers(0, 10**9),
)
def test_any_reports_leave_a_rate_within_bounds(course: list[Arrival | tuple[int, int, int]], step_ns: int) -> None:
    controller, now_ns = CongestionController(), 0
    for event in course:
        now_ns += step_ns
        if isinstance(event, Arrival):
            controller.feedback([event], now_ns)
        else:
            controller.sent(*event, now_ns)
        room = controller.room(now_ns)
        assert KBPS_LEAST <= room.kbps <= KBPS_MOST
        assert controller.repeat_after_ns() >= 0
        assert isinstance(controller.may_repeat(now_ns), bool)
