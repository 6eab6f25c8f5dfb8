"""How a call makes itself small when the link is narrow, and what is measured of the link."""

import random

from app.net.bundle import LinkNote
from app.net.wire_plan import GUARDED_KBPS, RELAX_NS, STEPS, LinkMeter, WirePlanner

S = 1_000_000_000
MS = 1_000_000


def feed(planner: WirePlanner, start: int, seconds: int, loss: float, queueing_ms: float) -> int:
    for second in range(start, start + seconds):
        planner.update(loss, queueing_ms, second * S)
    return start + seconds


def test_clean_link_stays_plain_for_ever() -> None:
    planner = WirePlanner(capable=True)
    feed(planner, 0, 600, 0.0, 8.0)
    assert planner.plan().low_wire is False
    assert (planner.plan().frames, planner.plan().audio_kbps) == (1, 16)


def test_queue_makes_it_smaller_step_by_step_and_calm_larger_again() -> None:
    planner = WirePlanner(capable=True)
    at = feed(planner, 0, 1, 0.0, 200.0)
    assert planner.plan().low_wire
    at = feed(planner, at, 2, 0.0, 200.0)
    assert planner.plan().audio_kbps == 16, "the queue is given time"
    at = feed(planner, at, 12, 0.0, 200.0)
    assert planner.plan().audio_kbps == STEPS[-1][2]
    at = feed(planner, at, RELAX_NS // S + 1, 0.0, 5.0)
    assert planner.plan().audio_kbps == STEPS[-2][2]
    at = feed(planner, at, RELAX_NS // S, 0.0, 5.0)
    assert planner.plan().audio_kbps == STEPS[-2][2], "the second step up takes twice as long"
    feed(planner, at, 2000, 0.0, 5.0)
    assert not planner.plan().low_wire


def test_low_wire_is_for_who_can_read_it() -> None:
    planner = WirePlanner("low")
    assert not planner.plan().low_wire
    planner.capable = True
    assert planner.plan().low_wire
    planner = WirePlanner("plain", capable=True)
    feed(planner, 0, 4, 0.0, 300.0)
    assert not planner.plan().low_wire
    assert planner.plan().frames > 1


def test_loss_alone_makes_sound_sturdy_and_not_small() -> None:
    planner = WirePlanner(capable=True)
    at = feed(planner, 0, 10, 0.2, 10.0)
    plan = planner.plan()
    assert (plan.low_wire, plan.audio_kbps) == (False, GUARDED_KBPS)
    assert 0.1 <= plan.expected_loss <= 0.2
    feed(planner, at, 60, 0.0, 10.0)
    assert planner.plan().expected_loss == 0


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
