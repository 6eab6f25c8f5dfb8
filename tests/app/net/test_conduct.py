"""How often a peer may do what, and when it has been silent for too long."""

import pytest

from app.net import control
from app.net.conduct import Allowance, ControlConduct, MisconductError, Silence, patience_ns

MS = 1_000_000
SECOND = 1000 * MS


def test_allowance_is_used_up_and_comes_back() -> None:
    allowance = Allowance(3, 2)
    assert [allowance.take(0) for _ in range(4)] == [True, True, True, False]
    assert allowance.take(500 * MS)
    assert not allowance.take(500 * MS)
    assert [allowance.take(100 * SECOND) for _ in range(4)] == [True, True, True, False]
    assert not allowance.take(99 * SECOND)


def test_silence_is_counted_while_this_end_listens() -> None:
    silence = Silence()
    assert silence.look(5, 0) == 0
    assert silence.look(5, 100 * MS) == 100 * MS
    assert silence.look(5, 300 * MS) == 300 * MS
    assert silence.look(6, 400 * MS) == 0
    assert silence.look(6, 60 * SECOND) == Silence.STEP_NS, "the machine slept"
    for step in range(1, 21):
        lasted = silence.look(6, 60 * SECOND + step * 100 * MS)
    assert lasted == Silence.STEP_NS + 2 * SECOND


def test_patience_grows_and_ends() -> None:
    seconds = [patience_ns(attempt) / SECOND for attempt in range(14)]
    assert seconds == [2] * 10 + [4, 8, 15, 15]


def test_control_floods_are_misconduct_and_an_identity_is_none() -> None:
    conduct = ControlConduct()
    for index in range(30_000):
        conduct.sent(control.IdentityChunk(index * 2048, b"x"), index * MS)
    conduct = ControlConduct()
    for _ in range(200):
        conduct.sent(control.FaceShown(1), 0)
    with pytest.raises(MisconductError, match="floods"):
        conduct.sent(control.FaceShown(1), 0)
    conduct = ControlConduct()
    for _ in range(10):
        conduct.sent(control.IdentityOffer(bytes(32), 1, ""), 0)
    with pytest.raises(MisconductError, match="floods"):
        conduct.sent(control.IdentityOffer(bytes(32), 1, ""), 0)


def test_a_few_wrong_messages_are_forgiven() -> None:
    conduct = ControlConduct()
    assert [conduct.is_too_often_wrong(0) for _ in range(4)] == [False, False, False, True]
    assert not conduct.is_too_often_wrong(61 * SECOND)
