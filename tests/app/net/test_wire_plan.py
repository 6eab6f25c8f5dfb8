"""How a call makes itself small when the link is narrow, and what is measured of the link."""

import random

import pytest

from app.net.bundle import LinkNote
from app.net.wire_plan import (
    DOUBT_NS,
    FIRST_STEP,
    GUARDED_KBPS,
    RELAX_NS,
    STEP_KBPS,
    STEPS,
    TOGETHER,
    TRIAL_NS,
    LinkMeter,
    WireMode,
    WirePlan,
    WirePlanner,
    rate_between,
)

S = 1_000_000_000
MS = 1_000_000


def feed(planner: WirePlanner, start: int, seconds: int, loss: float, queueing_ms: float) -> int:
    for second in range(start, start + seconds):
        planner.update(loss, queueing_ms, second * S)
    return start + seconds


def roomy(mode: WireMode = "auto") -> WirePlanner:
    planner = WirePlanner(mode, capable=True)
    planner.measured(500)
    return planner


def planned(step: int) -> WirePlan:
    low_wire, riding, alone, kbps = STEPS[step]
    return WirePlan(low_wire, riding if low_wire else alone, kbps, 0.0)


def test_link_with_room_is_plain_for_ever() -> None:
    planner = roomy()
    feed(planner, 0, 600, 0.0, 8.0)
    assert planner.plan().low_wire is False
    assert (planner.plan().frames, planner.plan().audio_kbps) == (1, 16)


def test_unknown_link_is_tried_from_low_wire_on() -> None:
    planner = WirePlanner(capable=True)
    seen = []
    for second in range(20):
        feed(planner, second, 1, 0.0, 5.0)
        seen.append((planner.plan().low_wire, planner.plan().frames))
    assert list(dict.fromkeys(seen)) == [(True, 1), (False, 3), (False, 2), (False, 1)]


def test_trial_that_fails_is_not_soon_repeated() -> None:
    planner = WirePlanner(capable=True)
    at = feed(planner, 0, TRIAL_NS // S + 1, 0.0, 5.0)
    assert not planner.plan().low_wire
    at = feed(planner, at, 1, 0.0, 90.0)
    assert planner.plan().low_wire
    at = feed(planner, at, RELAX_NS // S, 0.0, 5.0)
    assert planner.plan().low_wire
    at = feed(planner, at, 2, 0.0, 5.0)
    assert not planner.plan().low_wire
    planner.measured(500)
    assert planner.plan().frames == 3, "what was met counts for more than what was measured"


def test_queue_makes_it_smaller_step_by_step_and_calm_larger_again() -> None:
    planner = WirePlanner(capable=True)
    at = feed(planner, 0, 3, 0.0, 200.0)
    assert planner.plan().audio_kbps == STEPS[FIRST_STEP + 1][3]
    at = feed(planner, at, 12, 0.0, 200.0)
    assert planner.plan().audio_kbps == STEPS[-1][3]
    feed(planner, at, 2000, 0.0, 5.0)
    assert not planner.plan().low_wire
    assert planner.plan().audio_kbps == 16


def test_low_wire_is_for_who_can_read_it() -> None:
    planner = WirePlanner("low")
    assert not planner.plan().low_wire
    planner.capable = True
    assert planner.plan().low_wire
    planner = roomy("low")
    assert planner.plan() == WirePlan(True, TOGETHER, 16, 0.0)
    planner = WirePlanner("plain", capable=True)
    assert not planner.plan().low_wire
    assert planner.plan().frames > 1


def test_loss_alone_makes_sound_sturdy_and_not_small() -> None:
    planner = roomy()
    at = feed(planner, 0, 10, 0.2, 10.0)
    plan = planner.plan()
    assert (plan.low_wire, plan.audio_kbps) == (True, GUARDED_KBPS), "SCTP stalls where much is lost"
    assert 0.1 <= plan.expected_loss <= 0.2
    assert plan.frames == 1, "faces in one packet are lost together"
    feed(planner, at, 60, 0.0, 10.0)
    assert planner.plan().expected_loss == 0
    assert not planner.plan().low_wire


@pytest.mark.parametrize(("kbps", "step"), [(500, 0), (45, 1), (32, 3), (24, 5), (5, 6)])
def test_measured_rate_chooses_the_first_step_and_is_doubted_after_a_minute(kbps: int, step: int) -> None:
    planner = WirePlanner(capable=True)
    planner.measured(kbps)
    first = planner.plan()
    assert first == planned(step)
    feed(planner, 0, DOUBT_NS // S - 2, 0.0, 5.0)
    assert planner.plan() == first
    feed(planner, DOUBT_NS // S - 2, 10, 0.0, 5.0)
    assert planner._step == max(step - 1, 0)


def test_rate_of_a_link_shows_between_two_packets() -> None:
    assert rate_between(415, 0, 125 * MS) == 32
    assert rate_between(415, 5, 5) == 0xFFFF


def note_of(meter: LinkMeter, arrivals: list[tuple[int, int, int]]) -> list[LinkNote]:
    notes = [meter.add(sequence, sequence * 2880, at_ns) for sequence, _, at_ns in arrivals]
    return [note for note in notes if note is not None]


def test_meter_sees_loss_and_a_queue_and_no_queue_in_jitter() -> None:
    rng = random.Random(2)
    meter = LinkMeter()
    clean = [(index, 0, index * 60 * MS + rng.randrange(50) * MS) for index in range(400)]
    notes = note_of(meter, clean)
    assert len(notes) >= 20
    assert all(note.loss < 0.1 for note in notes)
    assert max(note.queueing_ms for note in notes) < 25
    lossy = [(index, 0, index * 60 * MS + 300 * MS) for index in range(400, 800) if index % 4]
    notes = note_of(meter, lossy)[1:]
    assert all(0.15 < note.loss < 0.35 for note in notes)
    assert all(290 <= note.queueing_ms <= 301 for note in notes)


@pytest.mark.parametrize(("most", "step"), [(0, 0), (40, 1), (30, 3), (20, 5), (17, 6), (5, 6)])
def test_limit_is_kept_to_however_good_the_link_is(most: int, step: int) -> None:
    planner = WirePlanner(capable=True, most_kbps=most)
    planner.measured(60000)
    for second in range(900):
        planner.update(0.0, 0.0, second * S)
        taken = STEP_KBPS[[planned(index) for index in range(len(STEPS))].index(planner.plan())]
        assert not most or taken <= max(most, STEP_KBPS[-1])
    assert planner.plan() == planned(step)
