"""The jitter buffer against links of every kind: simulated time, no codec, no sleeping."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.net.playout import NS_PER_SAMPLE, DelayMeter, Playout, SoundPacket, Step, Unwrapper

MS = 1_000_000
PACKET = 2880
PACKET_NS = 60 * MS
BLOCK = 960


@dataclass
class Heard:
    """What a listener got: what each 20 ms were made of, and the delay of what was decoded, ms."""

    playout: Playout
    steps: list[Step] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    order: list[int] = field(default_factory=list)


def arrive_after(delay_ms: Callable[[int], float | None], packets: int) -> dict[int, int]:
    """Arrival times of packets sent every 60 ms, those lost left out."""
    delays = {index: delay_ms(index) for index in range(packets)}
    return {index: round((index + 1) * PACKET_NS + delay * MS) for index, delay in delays.items() if delay is not None}


def listen(
    arrivals: dict[int, int], times: Callable[[int], int] = lambda index: index * PACKET, previous: bool = False
) -> Heard:
    """Play for as long as packets come: packet ``index`` has time stamp ``times(index)`` and arrives when told."""
    heard = Heard(Playout())
    waiting = sorted((at, index) for index, at in arrivals.items())
    now, have = 0, 0
    while waiting:
        while waiting and waiting[0][0] <= now:
            at, index = waiting.pop(0)
            packet = SoundPacket(index.to_bytes(4, "big"), times(index), index, PACKET, previous)
            heard.playout.put(packet, at)
        while have < BLOCK:
            step = heard.playout.next(now + round(have * NS_PER_SAMPLE))
            if step is None:
                have = BLOCK
                break
            heard.steps.append(step)
            if step.kind == "decode":
                index = int.from_bytes(step.data, "big")
                heard.order.append(index)
                heard.delays.append((now + have * NS_PER_SAMPLE - times(index) * NS_PER_SAMPLE) / 1e6)
            have += step.samples + {-1: -400, 0: 0, 1: 400}[step.pace]
        have -= BLOCK
        now += 20 * MS
    return heard


def test_clean_link_is_played_whole_and_soon() -> None:
    heard = listen(arrive_after(lambda index: 30.0, 200))
    counts = heard.playout.counts()
    assert heard.order == list(range(200))[: len(heard.order)]
    assert len(heard.order) >= 197
    assert (counts.lost, counts.concealed_ms) == (0, 0)
    assert max(heard.delays) < 60 + 30 + 35, "a packet, the way, and less than two blocks"


def test_jitter_is_met_with_delay_and_not_with_gaps() -> None:
    rng = random.Random(3)
    heard = listen(arrive_after(lambda index: 20 + rng.uniform(0, 100), 500))
    counts = heard.playout.counts()
    assert counts.lost == 0
    assert counts.gap_ms_max <= 60
    assert counts.concealed_ms < 0.03 * 500 * 60
    assert 80 <= counts.delay_ms <= 130
    assert sorted(heard.order) == heard.order


def test_delay_shrinks_again_when_jitter_is_over() -> None:
    rng = random.Random(4)
    heard = listen(arrive_after(lambda index: 20 + (rng.uniform(0, 200) if index < 200 else 0.0), 600))
    assert heard.playout.target_ms < 20
    assert max(heard.delays[-50:]) < 60 + 20 + 45
    assert heard.playout.counts().lost == 0


def test_lost_packets_are_recovered_from_the_next_or_concealed() -> None:
    concealed = {}
    for previous in (True, False):
        heard = listen(arrive_after(lambda index: None if index % 10 == 5 else 30.0, 400), previous=previous)
        counts = heard.playout.counts()
        assert counts.lost == 40
        assert (counts.recovered > 35) == previous
        assert counts.gap_ms_max <= 80
        concealed[previous] = counts.concealed_ms
        assert max(heard.delays) < (60 + 30 + 60 + 40 if previous else 60 + 30 + 45), "a packet more to wait for"
    assert concealed[True] < 0.4 * concealed[False]


def test_two_lost_in_a_row_are_bridged() -> None:
    heard = listen(arrive_after(lambda index: None if index in (100, 101) else 30.0, 150))
    counts = heard.playout.counts()
    assert counts.lost == 2
    assert counts.gap_ms_max <= 140


def test_pauses_of_the_speaker_are_no_gaps_and_catch_up() -> None:
    """With DTX nothing is sent in silence: numbers go on, time stamps jump."""

    def times(index: int) -> int:
        return index * PACKET + index // 20 * 8 * PACKET

    arrivals = {index: round(times(index) * NS_PER_SAMPLE) + PACKET_NS + 30 * MS for index in range(200)}
    heard = listen(arrivals, times)
    counts = heard.playout.counts()
    assert (counts.lost, counts.concealed_ms, counts.gap_ms_max) == (0, 0, 0)
    assert heard.order == list(range(len(heard.order)))
    assert max(heard.delays) < 130


def test_late_sound_is_still_played_and_then_made_up_for() -> None:
    """A spike holds ten packets for 400 ms: nothing is lost, and the delay goes back by haste."""
    heard = listen(arrive_after(lambda index: 30.0 + (max(0, 400 - (index - 100) * 60) if index >= 100 else 0), 500))
    counts = heard.playout.counts()
    assert counts.lost == 0
    assert heard.order == list(range(len(heard.order)))
    assert 300 <= counts.gap_ms_max <= 460
    assert any(step.pace < 0 for step in heard.steps)
    assert max(heard.delays[-40:]) < 60 + 30 + 50


def test_outage_is_cut_short_and_not_hurried_through() -> None:
    outage = range(100, 150)
    heard = listen(arrive_after(lambda index: 30.0 + (max(0, (150 - index) * 60) if index in outage else 0), 400))
    assert max(heard.delays[-100:]) < 200
    assert heard.playout.counts().gap_ms_max > 1000, "an outage is a gap, whatever was made of it"


def test_stream_that_restarts_is_played_from_where_it_is() -> None:
    playout = Playout()
    playout.put(SoundPacket(b"a", 0, 0, PACKET, False), 0)
    assert playout.next(100 * MS) == Step("decode", b"a", PACKET, playout_pace(100))
    playout.put(SoundPacket(b"b", 48_000 * 60, 1, PACKET, False), 200 * MS)
    assert playout.counts().restarts == 1
    assert playout.next(220 * MS) == Step("decode", b"b", PACKET, 0)
    assert playout.plays_at_ns(48_000 * 60) == 220 * MS


def playout_pace(late_ms: float) -> int:
    return -1 if late_ms > 32 else 0


def test_sound_waits_for_the_picture_when_told() -> None:
    playout = Playout()
    playout.hold_back(100)
    playout.put(SoundPacket(b"a", 0, 0, PACKET, False), 0)
    assert playout.next(100 * MS) is None
    assert playout.plays_at_ns(0) is None
    step = playout.next(115 * MS)
    assert step is not None
    assert step.kind == "decode"
    assert playout.plays_at_ns(480) == 125 * MS


packets = st.builds(
    SoundPacket,
    st.binary(max_size=4),
    st.integers(-(1 << 33), 1 << 33),
    st.integers(0, 1 << 17),
    st.integers(120, 5760).map(lambda n: n // 120 * 120),
    st.booleans(),
)


@given(st.lists(st.tuples(packets, st.integers(0, 10**9), st.integers(0, 5)), max_size=60))
def test_any_packets_in_any_order_do_no_harm(course: list[tuple[SoundPacket, int, int]]) -> None:
    playout, now = Playout(), 0
    for packet, wait_ns, questions in course:
        now += wait_ns
        playout.put(packet, now)
        for _ in range(questions):
            step = playout.next(now)
            assert step is None or 0 < step.samples <= 5760
    counts = playout.counts()
    assert counts.gap_ms_max >= 0
    assert len(playout._held) <= 256


@given(st.integers(4, 32), st.lists(st.integers(-7, 7), max_size=50), st.integers(0, 1 << 32))
def test_numbers_are_unwrapped(bits: int, steps: list[int], start: int) -> None:
    unwrapper = Unwrapper(bits)
    number, size = start % (1 << bits), 1 << bits
    last = unwrapper.unwrap(number)
    for step in steps:
        number += step
        assert unwrapper.near(number % size) == last + step
        assert unwrapper.unwrap(number % size) == last + step
        last += step


@pytest.mark.parametrize(("delays", "expected"), [([0, 0, 0, 0], 0), ([0, 10, 0, 10], 10), ([5, 5, 5, 5], 0)])
def test_spread_is_over_the_quickest(delays: list[int], expected: int) -> None:
    meter = DelayMeter()
    for index, delay in enumerate(delays):
        meter.add(index * PACKET, index * PACKET_NS + delay * MS)
    assert meter.spread_ms() == pytest.approx(expected, abs=0.01)
