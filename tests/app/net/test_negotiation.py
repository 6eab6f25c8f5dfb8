"""How calls come about and come back: real ICE and DTLS, over lines in memory or a real meeting point."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.net import negotiation, peer, signalling
from app.net.emulator import LinkConditions
from app.net.peer import PeerOptions
from tests.app.net.conftest import Call, End, LineEnd, StraightLine, pair, start_call, wait_for

SLIGHT = PeerOptions(loopback=True, conditions=LinkConditions(delay_ms=2))


def is_open(call: Call) -> bool:
    return all(end.states[-1:] == ["connected"] for end in call.ends)


@pytest.fixture
def call() -> Iterator[Call]:
    before = set(threading.enumerate())
    call = start_call(SLIGHT)
    wait_for(lambda: is_open(call) and call.host.safety and call.caller.safety)
    yield call
    call.close()
    assert set(threading.enumerate()) <= before


def check_both_ways(call: Call) -> None:
    """Something sent from now on arrives at both ends, first of all."""
    for end in call.ends:
        end.control.clear()
    call.host.peer.send_control(b"from the host")
    call.caller.peer.send_control(b"from the caller")
    wait_for(lambda: call.host.control and call.caller.control)
    assert call.caller.control == [b"from the host"]
    assert call.host.control == [b"from the caller"]


def test_two_ends_connect_and_see_the_same_pictures(call: Call) -> None:
    check_both_ways(call)
    assert call.host.safety == call.caller.safety
    assert [type(signalling.parse(sent)).__name__ for sent in call.host_line.sent] == ["Offer", "Reveal"]
    assert [type(signalling.parse(sent)).__name__ for sent in call.caller_line.sent] == ["Answer"]
    assert max(map(len, call.host_line.sent + call.caller_line.sent)) < 2500


def test_quiet_call_stays_connected(call: Call) -> None:
    time.sleep(3.0)
    assert [end.states for end in call.ends] == [["connecting", "connected"]] * 2


def test_outage_leads_to_a_new_connection_and_nothing_stale(call: Call) -> None:
    call.cut(True)
    for _ in range(40):
        for end in call.ends:
            end.peer.send_face(b"stale")
            end.peer.send_control(b"stale")
        time.sleep(0.02)
    wait_for(lambda: all(end.states[-1] == "reconnecting" for end in call.ends))
    for end in call.ends:
        assert not end.peer.face_ready
        end.peer.send_face(b"stale")
        end.peer.send_control(b"stale")
    call.cut(False)
    wait_for(lambda: is_open(call))
    for end in call.ends:
        assert end.states == ["connecting", "connected", "reconnecting", "connected"]
    check_both_ways(call)
    call.host.peer.send_face(b"fresh")
    wait_for(lambda: call.caller.face)
    assert call.caller.face == [b"fresh"]
    assert len(call.host.safety) == len(call.caller.safety) == 1, "the certificates are the same"


def test_outage_of_one_direction_is_noticed_by_the_other(call: Call) -> None:
    assert call.host.peer.link is not None
    call.host.peer.link.is_cut = True
    wait_for(lambda: all("reconnecting" in end.states for end in call.ends))
    call.host.peer.link.is_cut = False
    wait_for(lambda: is_open(call))
    check_both_ways(call)


def test_outage_of_the_meeting_point_too(call: Call) -> None:
    call.cut(True)
    call.host_line.is_cut = call.caller_line.is_cut = True
    wait_for(lambda: all(end.states[-1] == "reconnecting" for end in call.ends))
    wait_for(lambda: call.host_line.checks and call.caller_line.checks)
    call.cut(False)
    call.host_line.is_cut = call.caller_line.is_cut = False
    call.host.peer.line_is_back()
    call.caller.peer.line_is_back()
    wait_for(lambda: is_open(call))
    check_both_ways(call)


def test_change_of_network_does_not_wait_for_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = ["192.0.2.7"]
    monkeypatch.setattr(peer, "TICKS_PER_NETWORK_LOOK", 1)
    monkeypatch.setattr(peer, "get_host_addresses", lambda ipv4, ipv6: list(addresses))
    monkeypatch.setattr(negotiation, "SILENCE_NS", 1 << 60)
    call = start_call(PeerOptions())
    wait_for(lambda: is_open(call))
    addresses.append("192.0.2.8")
    time.sleep(0.5)
    assert "reconnecting" not in call.caller.states, "one more is no reason"
    addresses.remove("192.0.2.7")
    wait_for(lambda: all("reconnecting" in end.states for end in call.ends) and is_open(call))
    check_both_ways(call)
    call.close()


def test_end_that_leaves_says_so(call: Call) -> None:
    call.caller.peer.leave("hung up")
    wait_for(lambda: call.host.ends)
    assert call.host.ends == [("the other end left: hung up", False)]
    assert not call.host.dropped


def test_no_connection_in_time_is_an_end_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(negotiation, "FIRST_NS", 300_000_000)
    deaf = PeerOptions(loopback=True, conditions=LinkConditions(loss=1.0))
    call = start_call(deaf)
    wait_for(lambda: call.host.ends and call.caller.ends)
    call.close()
    for end in call.ends:
        assert "no packet gets through" in end.ends[0][0]
        with pytest.raises(ConnectionError, match="TURN"):
            end.peer.wait_open(1)


def test_outage_that_does_not_end_ends_the_call(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(negotiation, "GIVE_UP_NS", 500_000_000)
    monkeypatch.setattr(negotiation, "SILENCE_NS", 500_000_000)
    call.cut(True)
    wait_for(lambda: call.host.ends and call.caller.ends)
    assert "nothing from the other end" in call.host.ends[0][0]


def test_over_a_real_meeting_point(lines: tuple[LineEnd, LineEnd]) -> None:
    """The whole way once: code, sealed messages, real connection, an outage, and one end leaving."""
    pair(*lines)
    ends = [End().start_with(SLIGHT) for _ in lines]
    for end, line, hosts in zip(ends, lines, (True, False), strict=True):
        line.on_message = end.peer.signal
        end.meet(hosts, line.pairing)
    call = Call(ends[0], ends[1], StraightLine(), StraightLine())
    wait_for(lambda: is_open(call) and call.host.safety and call.caller.safety)
    assert call.host.safety == call.caller.safety
    call.cut(True)
    wait_for(lambda: all(end.states[-1] == "reconnecting" for end in ends))
    call.cut(False)
    wait_for(lambda: is_open(call))
    check_both_ways(call)
    call.host.peer.leave("that was it")
    wait_for(lambda: call.caller.ends)
    call.close()
    assert call.caller.ends == [("the other end left: that was it", False)]


# somebody who does not keep to the rules


class Stranger:
    """The far end of a line, played by the test."""

    def __init__(self, end: End, hosts: bool) -> None:
        self.end = end
        self.line = StraightLine()
        end.meet(not hosts, self.line)

    def say(self, message: signalling.Message | bytes) -> None:
        self.end.peer.signal(message if isinstance(message, bytes) else signalling.pack(message))

    def expect_drop(self, reason: str) -> None:
        wait_for(lambda: self.end.ends)
        said, is_theirs = self.end.ends[0]
        assert reason in said
        assert is_theirs
        assert isinstance(signalling.parse(self.line.sent[-1]), signalling.Leave)


@pytest.fixture
def end() -> Iterator[End]:
    end = End().start()
    yield end
    end.peer.close()


def make_offer(generation: int = 1) -> signalling.Offer:
    other = End().start()
    sdp = other.peer.create_offer()
    other.peer.close()
    return signalling.Offer(generation, sdp, bytes(32))


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"garbage", "not JSON"),
        (b"x" * 99_999, "of 99999 bytes"),
        (signalling.Reveal(bytes(32)), "does not keep to its part"),
        (signalling.Again(1), "not its part of the conversation"),
        (signalling.Answer(1, "a=fingerprint:sha-256 " + ":".join(["00"] * 32), bytes(32)), "not its part"),
        (signalling.Offer(1, "v=0\r\na=fingerprint:sha-256 " + ":".join(["00"] * 32), bytes(32)), "cannot be used"),
    ],
)
def test_stranger_is_dropped_with_a_reason(end: End, message: signalling.Message | bytes, reason: str) -> None:
    stranger = Stranger(end, hosts=True)
    stranger.say(message)
    stranger.expect_drop(reason)
    stranger.say(make_offer())
    assert len(end.ends) == 1


def test_flood_of_messages_is_dropped(end: End) -> None:
    stranger = Stranger(end, hosts=True)
    offer = make_offer()
    for generation in range(1, 40):
        stranger.say(replace(offer, generation=generation))
    stranger.expect_drop("floods the meeting point")


def test_other_certificate_on_coming_back_is_refused(end: End) -> None:
    stranger = Stranger(end, hosts=True)
    stranger.say(make_offer(1))
    wait_for(lambda: stranger.line.sent)
    stranger.say(make_offer(2))
    stranger.expect_drop("another certificate")


def test_other_commitment_or_nonce_is_refused(end: End) -> None:
    stranger = Stranger(end, hosts=True)
    offer = make_offer(1)
    stranger.say(offer)
    wait_for(lambda: stranger.line.sent)
    stranger.say(replace(offer, generation=2, commitment=bytes((1,)) * 32))
    stranger.expect_drop("changed its commitment")


def test_somebody_in_between_shows_in_the_pictures() -> None:
    """Two calls that somebody in the middle holds with either side: each connects, and the pictures differ."""
    first, second = start_call(SLIGHT), start_call(SLIGHT)
    wait_for(lambda: first.host.safety and second.caller.safety)
    assert first.host.safety != second.caller.safety
    first.close()
    second.close()
