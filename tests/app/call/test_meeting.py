"""Whole calls over a real meeting point, both ends in this process, with a clip in place of each camera."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.call.figures import Figures
from app.call.meeting import MeetingEvents, MeetingOptions, MeetingReport, hold_meeting
from app.call.news import News
from app.call.options import SessionOptions
from app.call.shown import ShownFrame
from app.call.wishes import Wishes
from app.net.emulator import LinkConditions
from app.net.peer import PeerOptions
from tests.app.net.conftest import wait_for
from tests.fakes.stages import write_clip, write_fake_identity


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("call") / "disc.mp4", seconds=2)


@dataclass
class Side:
    """One end of a call and what it said."""

    codes: list[str] = field(default_factory=list)
    phases: list[str] = field(default_factory=list)
    safety: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    shown: list[ShownFrame] = field(default_factory=list)
    chat: list[str] = field(default_factory=list)
    arrived: list[int] = field(default_factory=list)
    stills: list[tuple[NDArray[np.uint8] | None, str]] = field(default_factory=list)
    looked_at: list[bool] = field(default_factory=list)
    modes: list[tuple[str, str]] = field(default_factory=list)
    figures: list[Figures] = field(default_factory=list)
    identities: list[str] = field(default_factory=list)
    wishes: Wishes = field(default_factory=Wishes)

    def hold(self, options: MeetingOptions) -> MeetingReport:
        news = News(
            on_mode=lambda mode, reason: self.modes.append((mode, reason)),
            on_chat=self.chat.append,
            on_chat_arrived=self.arrived.append,
            on_still=lambda picture, reason: self.stills.append((picture, reason)),
            on_looked_at=lambda: self.looked_at.append(True),
            on_identity=lambda data, name: self.identities.append(name),
        )
        events = MeetingEvents(
            self.codes.append,
            self.phases.append,
            lambda safety: self.safety.append(safety.names),
            self.events.append,
            self.figures.append,
            news,
        )
        return hold_meeting(options, events, self.shown.append, self.wishes)


def session(clip: Path, identity: Path | None = None, conditions: LinkConditions | None = None) -> SessionOptions:
    peer = PeerOptions(loopback=True, conditions=conditions or LinkConditions())
    return SessionOptions(clip, clip, identity, size=(64, 64), stages="tests.fakes.stages", peer=peer)


@dataclass
class Held:
    """A call under way."""

    host: Side
    caller: Side
    reports: tuple[Future[MeetingReport], Future[MeetingReport]]

    def results(self) -> tuple[MeetingReport, MeetingReport]:
        host, caller = self.reports
        return host.result(30), caller.result(30)


@pytest.fixture
def start(meeting_point: str) -> Iterator[Callable[[SessionOptions, SessionOptions], Held]]:
    with ThreadPoolExecutor(2) as pool:
        held: list[Held] = []

        def start(hosts: SessionOptions, callers: SessionOptions) -> Held:
            host, caller = Side(), Side()
            first = pool.submit(host.hold, MeetingOptions(hosts, meeting_point))
            wait_for(lambda: host.codes or first.done())
            second = pool.submit(caller.hold, MeetingOptions(callers, meeting_point, host.codes[0]))
            held.append(Held(host, caller, (first, second)))
            return held[-1]

        yield start
        for call in held:
            call.host.wishes.leave.set()
            call.caller.wishes.leave.set()


Start = Callable[[SessionOptions, SessionOptions], Held]


def test_two_people_talk_until_one_hangs_up(start: Start, clip: Path, tmp_path: Path) -> None:
    identity = write_fake_identity(tmp_path / "disc.visavis")
    call = start(session(clip, identity), session(clip))
    wait_for(lambda: any(shown.mode == "face" for shown in call.caller.shown) and len(call.host.shown) > 20)
    call.caller.wishes.leave.set()
    host, caller = call.results()
    assert call.host.phases[:5] == ["pairing", "preparing", "waiting", "connecting", "connected"]
    assert call.caller.phases[:5] == ["preparing", "pairing", "waiting", "connecting", "connected"]
    assert call.host.phases[-1] == call.caller.phases[-1] == "ended"
    assert not call.caller.codes
    assert call.host.safety == call.caller.safety == [host.safety] == [caller.safety]
    assert (host.role, host.ended) == ("host", "the other end left: hung up")
    assert (caller.role, caller.ended) == ("call", "this end left")
    assert caller.mode_seconds["face"] > 0
    assert host.mode_seconds["h265"] > 0
    assert caller.audio_kbps > 1
    assert caller.wire_kbps_in > caller.payload_kbps > 0
    assert host.reconnections == 0


def test_call_goes_on_after_an_outage_as_if_nothing_had_been(start: Start, clip: Path, tmp_path: Path) -> None:
    identity = write_fake_identity(tmp_path / "disc.visavis")
    broken = LinkConditions(delay_ms=5, outages=((2.5, 6.0),))
    call = start(session(clip, identity, broken), session(clip, None, broken))
    wait_for(lambda: call.host.phases.count("connected") == call.caller.phases.count("connected") == 2)
    before = len(call.caller.shown), len(call.host.shown)
    wait_for(lambda: len(call.caller.shown) > before[0] + 25 and len(call.host.shown) > before[1] + 25)
    call.host.wishes.leave.set()
    host, caller = call.results()
    assert caller.ended == "the other end left: hung up"
    assert host.reconnections == caller.reconnections == 1
    assert len(host.outage_seconds) == len(caller.outage_seconds) == 1
    assert call.caller.shown[-1].mode == "face"
    assert {shown.mode for shown in call.caller.shown[before[0] :]} == {"face"}, "the identity is known still"
    assert sum("identity of Disc loaded" in event for event in call.caller.events) == 1
    seqs = [shown.seq for shown in call.caller.shown if shown.mode == "face"]
    assert seqs == sorted(seqs)
    gap = max(later - earlier for earlier, later in itertools.pairwise(seqs))
    assert gap > 25, "what was filmed in the outage is not shown after it"


def ring(meeting_point: str, host: Side, caller: Side, clip: Path, pool: ThreadPoolExecutor) -> Held:
    first = pool.submit(host.hold, MeetingOptions(session(clip), meeting_point, asks=True))
    wait_for(lambda: host.codes)
    second = pool.submit(caller.hold, MeetingOptions(session(clip), meeting_point, host.codes[0]))
    wait_for(lambda: "incoming" in host.phases and "ringing" in caller.phases and host.safety and caller.safety)
    return Held(host, caller, (first, second))


def test_nothing_is_seen_or_heard_before_a_call_is_taken(meeting_point: str, clip: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        call = ring(meeting_point, Side(), Side(), clip, pool)
        assert not call.host.shown
        assert not call.caller.shown
        call.host.wishes.answer = "accept"
        wait_for(lambda: len(call.host.shown) > 3 and len(call.caller.shown) > 3)
        call.host.wishes.leave.set()
        host, _ = call.results()
        assert min(shown.seq for shown in call.caller.shown) <= 5, "nothing was filmed before"
        assert host.audio_kbps > 0


def test_a_call_may_be_declined(meeting_point: str, clip: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        call = ring(meeting_point, Side(), Side(), clip, pool)
        call.host.wishes.answer = "decline"
        host, caller = call.results()
    assert host.ended == "this end declined the call"
    assert caller.ended == "the other end left: the call was declined"
    assert not call.host.shown
    assert host.seconds == 0


def test_wishes_are_done_while_the_call_goes_on(start: Start, clip: Path, tmp_path: Path) -> None:
    identity = write_fake_identity(tmp_path / "disc.visavis")
    own = session(clip, identity)
    call = start(own, session(clip))
    host, caller = call.host, call.caller
    wait_for(lambda: caller.shown and caller.shown[-1].mode == "face")
    assert caller.identities == ["Disc"]
    caller.wishes.size = (128, 128)
    wait_for(lambda: caller.shown[-1].rgb.shape == (128, 128, 3))
    assert caller.wishes.say("can you see me?")
    assert caller.wishes.say("👋")
    wait_for(lambda: host.chat == ["can you see me?", "👋"] and caller.arrived == [1, 2])
    caller.wishes.look_through()
    wait_for(lambda: caller.stills)
    picture, reason = caller.stills[0]
    assert reason == ""
    assert picture is not None
    assert picture.shape == (512, 512, 3)
    assert host.looked_at == [True]
    host.wishes.sending = "h265"
    wait_for(lambda: caller.modes[-1] == ("h265", "real video was asked for") and caller.shown[-1].mode == "h265")
    host.wishes.sending = "audio_only"
    wait_for(lambda: caller.modes[-1] == ("audio_only", "sound alone was asked for"))
    caller.wishes.look_through()
    wait_for(lambda: len(caller.stills) == 2)
    assert caller.stills[1] == (None, "this person has chosen to send no real picture")
    host.wishes.sending = "auto"
    wait_for(lambda: caller.shown[-1].mode == "face" and caller.modes[-1][0] == "face")
    own.camera_off.set()
    wait_for(lambda: caller.modes[-1] == ("audio_only", "the camera is switched off"))
    own.camera_off.clear()
    wait_for(lambda: caller.modes[-1][0] == "face")
    wait_for(lambda: caller.figures and caller.figures[-1].picture_in_kbps > 0 and caller.figures[-1].fps > 0)
    wait_for(lambda: host.figures and host.figures[-1].picture_out_kbps > 0)
    assert host.figures[-1].quality.bars >= 1


def test_time_is_over(meeting_point: str, clip: Path) -> None:
    host, caller = Side(), Side()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(host.hold, MeetingOptions(session(clip), meeting_point, seconds=0.5))
        wait_for(lambda: host.codes)
        second = pool.submit(caller.hold, MeetingOptions(session(clip), meeting_point, host.codes[0]))
        assert first.result(30).ended == "its time was over"
        assert second.result(30).ended == "the other end left: hung up"


def test_nobody_comes_and_the_host_leaves(meeting_point: str, clip: Path) -> None:
    host = Side()
    with ThreadPoolExecutor(1) as pool:
        report = pool.submit(host.hold, MeetingOptions(session(clip), meeting_point))
        wait_for(lambda: "waiting" in host.phases)
        host.wishes.leave.set()
        assert report.result(30) == MeetingReport(
            "host", "this end left", "", 0, {"face": 0, "h265": 0, "audio_only": 0}, 0, 0, 0, 0, 0, 0, 0, 0
        )


def test_wrong_code_is_an_error_at_both_ends(meeting_point: str, clip: Path) -> None:
    host, caller = Side(), Side()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(host.hold, MeetingOptions(session(clip), meeting_point))
        wait_for(lambda: host.codes)
        wrong = host.codes[0].split("-")[0] + "-wrong-words"
        second = pool.submit(caller.hold, MeetingOptions(session(clip), meeting_point, wrong))
        for held in (first, second):
            with pytest.raises(ValueError, match=r"^wrong code[^\n]*$"):
                held.result(30)


def test_every_thread_but_the_shared_one_ends(meeting_point: str, clip: Path) -> None:
    before = set(threading.enumerate())
    test_time_is_over(meeting_point, clip)
    assert set(threading.enumerate()) <= before


def test_bad_input_is_named_before_anybody_is_called(meeting_point: str, clip: Path, tmp_path: Path) -> None:
    for options in (
        MeetingOptions(session(tmp_path / "missing.mp4"), meeting_point),
        MeetingOptions(session(clip, tmp_path / "missing.visavis"), meeting_point),
        MeetingOptions(session(clip), "nowhere"),
        MeetingOptions(session(clip), meeting_point, "no code"),
    ):
        with pytest.raises(ValueError, match=r"^[^\n]+$"):
            Side().hold(options)
