"""From the first look into the camera to the last sentence, with a made-up face."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.enrolment.acts import Act
from app.enrolment.checks import Problem
from app.enrolment.continuity import Continuity
from app.enrolment.coverage import NEEDED_S, Coverage
from app.enrolment.guide import ATTEMPTS, Guide, GuideView
from app.enrolment.reading import FaceReading
from app.enrolment.script import LEAST_S, STEPS, Script, script_for
from tests.fakes.faces import NEUTRAL, REST, STEP_NS, doing

ORDER = (Act.LEFT, Act.EYES, Act.MOUTH, Act.RIGHT, Act.EYES)


class Person:
    """Does what the guide asks, after a second of thought."""

    def __init__(self, guide: Guide, refuses: tuple[Act, ...] = ()) -> None:
        self.guide = guide
        self.refuses = refuses
        self.now_ns = 0
        self.kept = 0
        self._asked: Act | None = None
        self._asked_ns = 0
        self.view = guide.update(None, 0)

    def wish(self) -> Act | None:
        view = self.view
        if view.stage == "liveness":
            return view.liveness.asked if view.liveness else None
        step = view.script.current
        return step.goals[0] if view.stage == "recording" and step and step.goals else Act.TALK

    def picture(self, reading: FaceReading | None) -> GuideView:
        self.now_ns += STEP_NS
        reading = None if reading is None else replace(reading, t_ns=self.now_ns)
        self.view = self.guide.update(reading, self.now_ns)
        self.kept += self.view.keep
        return self.view

    def act(self) -> GuideView:
        wish = self.wish()
        if wish is not self._asked:
            self._asked, self._asked_ns = wish, self.now_ns
        acts = wish is not None and self.now_ns - self._asked_ns > 10**9 and wish not in self.refuses
        return self.picture(doing(wish) if acts and wish else REST)

    def until(self, *stages: str, most_s: float = 200.0) -> GuideView:
        end_ns = self.now_ns + round(most_s * 1e9)
        while self.view.stage not in stages and self.now_ns < end_ns:
            self.act()
        return self.view


def guide() -> Guide:
    return Guide(order=lambda: ORDER)


def test_a_willing_person_is_done_in_little_more_than_the_script_takes() -> None:
    person = Person(guide())
    assert person.until("liveness").settled == 1.0
    began_ns = person.now_ns
    assert person.until("recording").stage == "recording"
    assert 5 < (person.now_ns - began_ns) / 1e9 < 15
    view = person.until("done")
    assert view.stage == "done"
    assert view.coverage.missing == ()
    assert view.coverage.whole == 1.0
    assert LEAST_S <= view.script.total_s < LEAST_S + 5
    assert person.kept == pytest.approx(view.script.total_s * 25, abs=30)


def test_what_a_person_cannot_do_is_tried_twice_and_then_left_out() -> None:
    person = Person(guide(), refuses=(Act.BROWS,))
    view = person.until("done", most_s=300)
    assert view.stage == "done"
    assert view.coverage.missing == (Act.BROWS,)
    assert view.script.second_round
    more = script_for(view.coverage.missing)
    assert [step.key for step in more.steps] == ["sentence 1", "brows", "sentence 3"]


def test_three_failed_checks_are_the_end() -> None:
    person = Person(guide(), refuses=(Act.MOUTH,))
    view = person.until("refused")
    assert (view.stage, view.attempt, view.notice) == ("refused", ATTEMPTS, "time")
    assert person.kept == 0


def test_a_face_that_leaves_must_be_checked_again_and_nothing_is_lost() -> None:
    person = Person(guide())
    person.until("recording")
    for _ in range(250):
        person.act()
    before = person.view
    for _ in range(40):
        view = person.picture(None)
    assert (view.stage, view.notice, view.liveness) == ("framing", "face lost", None)
    assert view.problem is Problem.NO_FACE
    kept = person.kept
    view = person.until("recording")
    assert person.kept == kept
    assert view.script.current == before.script.current
    assert view.coverage.seconds == before.coverage.seconds
    assert person.until("done").stage == "done"


def test_bad_pictures_stop_the_clock_and_are_not_kept() -> None:
    person = Person(guide())
    person.until("recording")
    person.act()
    before, kept = person.view.script, person.kept
    for _ in range(100):
        view = person.picture(replace(REST, light=20.0))
    assert view.problem is Problem.TOO_DARK
    assert (view.script, person.kept) == (before, kept)


def test_resting_face_is_taken_from_who_looks_at_the_camera() -> None:
    one = guide()
    for index in range(200):
        view = one.update(replace(REST, t_ns=index * STEP_NS, yaw_deg=25.0), index * STEP_NS)
    assert (view.stage, view.settled) == ("framing", 0.0)


def test_coverage_counts_seconds_and_no_gaps() -> None:
    coverage = Coverage().seen(doing(Act.LEFT), NEUTRAL, 40_000_000).seen(doing(Act.LEFT), NEUTRAL, 10**12)
    assert coverage.seconds[Act.LEFT] == pytest.approx(0.24)
    assert coverage.share(Act.LEFT) == pytest.approx(0.24)
    assert not coverage.has(Act.LEFT)
    assert set(coverage.missing) == set(NEEDED_S)
    assert Coverage(dict(NEEDED_S)).whole == 1.0


def test_script_waits_for_the_goal_and_gives_up_in_the_end() -> None:
    script, nothing = Script(), Coverage()
    for _ in range(round(STEPS[0].most_s * 25) + 1):
        assert script.current == STEPS[0]
        script = script.after(nothing, 0.04)
    assert script.current == STEPS[1]
    assert script.missed == (STEPS[0],)
    assert script.left_s > LEAST_S - 1


def test_finished_script_stays_finished() -> None:
    assert Script(()).after(Coverage(), 1.0) == Script(())
    assert Script(()).current is None
    assert Script(()).left_s == 0.0


def test_jumps_and_gaps_break_continuity() -> None:
    one = Continuity()
    assert one.update(None, 0)
    assert one.update(replace(REST, t_ns=0), 0)
    assert one.update(replace(REST, t_ns=STEP_NS, x=0.52), STEP_NS)
    assert not one.update(replace(REST, t_ns=2 * STEP_NS, x=0.9), 2 * STEP_NS)
    assert not one.update(replace(REST, t_ns=3 * STEP_NS, x=0.9, width=0.6), 3 * STEP_NS)
    assert one.update(None, 4 * STEP_NS)
    assert not one.update(None, 60 * STEP_NS)
    assert one.update(replace(REST, t_ns=90 * STEP_NS), 90 * STEP_NS)
    assert not one.update(replace(REST, t_ns=150 * STEP_NS), 150 * STEP_NS)
