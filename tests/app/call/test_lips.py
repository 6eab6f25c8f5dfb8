"""Faces and their sound: who waits for whom."""

import itertools
import threading
import time

import pytest

from app.call.lips import HOLD_MOST_MS, LEAD_NS, WAIT_MOST_NS, FaceGate, LipSync
from app.call.renderer import FaceJob
from app.net.control import SoundClock
from codec.types import FaceCode
from tests.app.call.test_stages import no_failure, wait_for
from tests.fakes.stages import FakeAnalyser, Frame, draw

MS = 1_000_000
CLOCK = SoundClock(10, 0xFFFFFF00, 25, 1)
"""Frame 10 was taken as the sample with this time stamp was: 256 samples before time stamps start over."""


class Sound:
    """A sound clock that is behind capture by a delay: a sample taken at t is heard at t + delay."""

    def __init__(self, delay_ms: float) -> None:
        self.delay_ms = delay_ms
        self.held: list[float] = []

    def heard_ns(self, timestamp: int) -> int | None:
        samples = (timestamp - CLOCK.timestamp) % (1 << 32)
        return round(samples * 1e9 / 48_000 + (self.delay_ms + (self.held[-1] if self.held else 0)) * MS)


def taken_ns(seq: int) -> int:
    return (seq - CLOCK.seq) * 40 * MS


def test_without_a_clock_faces_are_due_at_once() -> None:
    sync = LipSync(lambda timestamp: 0, lambda ms: None)
    assert sync.due_ns(5, 123) == 123
    sync.shown(5, 123)
    assert sync.counts().within == 0


@pytest.mark.parametrize("render_ms", [5, 12, 60])
def test_faces_are_shown_a_little_before_their_sound_however_long_rendering_takes(render_ms: int) -> None:
    sound = Sound(120)
    sync = LipSync(sound.heard_ns, sound.held.append)
    sync.clock = CLOCK
    for seq in range(10, 310):
        due_ns = sync.due_ns(seq, taken_ns(seq) + 25 * MS)
        assert due_ns >= taken_ns(seq) + 25 * MS
        sync.shown(seq, due_ns + render_ms * MS)
    counts = sync.counts()
    assert counts.within > 0.9
    assert counts.skew_ms_p50 == pytest.approx(-LEAD_NS / MS, abs=2)
    assert counts.hold_ms == 0


def test_late_faces_make_the_sound_wait_and_let_it_go_again() -> None:
    sound = Sound(90)
    sync = LipSync(sound.heard_ns, sound.held.append)
    sync.clock = CLOCK
    for seq in range(10, 300):
        now_ns = taken_ns(seq) + 200 * MS
        sync.shown(seq, max(sync.due_ns(seq, now_ns), now_ns) + 10 * MS)
    assert 80 <= sync.counts().hold_ms <= 130
    assert abs(sync.counts().skew_ms_p50) < 45
    for seq in range(300, 2500):
        now_ns = taken_ns(seq) + 25 * MS
        sync.shown(seq, sync.due_ns(seq, now_ns) + 10 * MS)
    assert sync.counts().hold_ms < 10
    for seq in range(2500, 4000):
        sync.shown(seq, taken_ns(seq) + 900 * MS)
    assert sync.counts().hold_ms == HOLD_MOST_MS


def test_bundled_faces_are_shown_evenly() -> None:
    sync = LipSync(lambda timestamp: None, lambda ms: None)
    sync.clock = CLOCK
    dues = []
    for seq in range(10, 110, 2):
        now_ns = taken_ns(seq + 1) + 25 * MS
        dues += [sync.due_ns(seq, now_ns), sync.due_ns(seq + 1, now_ns)]
    steps = [round((after - before) / MS) for before, after in itertools.pairwise(dues[20:])]
    assert set(steps) == {40}


def test_clock_of_another_world_does_not_stop_the_picture() -> None:
    sync = LipSync(lambda timestamp: 10**18, lambda ms: None)
    sync.clock = CLOCK
    assert sync.due_ns(10, 0) == 0
    assert sync.due_ns(0xFFFFFFFF, 0) <= WAIT_MOST_NS


def job(seq: int) -> FaceJob:
    code = FakeAnalyser().analyse(Frame(draw(128, 128, (256, 256)), 0, seq)).code
    assert isinstance(code, FaceCode)
    return FaceJob(seq, code)


def test_gate_keeps_order_and_time_and_ends() -> None:
    before = set(threading.enumerate())
    base_ns = time.monotonic_ns() + 50 * MS
    sync = LipSync(
        lambda timestamp: base_ns + ((timestamp - CLOCK.timestamp) % (1 << 32)) * 125_000 // 6, lambda ms: None
    )
    sync.clock = CLOCK
    shown: list[tuple[int, int]] = []
    gate = FaceGate(sync, lambda face: shown.append((face.seq, time.monotonic_ns())), no_failure)
    gate.start()
    for seq in range(10, 14):
        gate.put(job(seq))
    wait_for(lambda: len(shown) == 4)
    gate.request_stop()
    gate.join()
    assert [seq for seq, _ in shown] == [10, 11, 12, 13]
    assert all(at_ns >= base_ns + (seq - 10) * 40 * MS - LEAD_NS for seq, at_ns in shown)
    for seq in range(14, 64):
        gate.put(job(seq))
    assert gate.dropped > 0
    assert set(threading.enumerate()) <= before
