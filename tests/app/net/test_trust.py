"""Both ends come to one string, and neither may change what it said."""

import pytest

from app.net.trust import Trust

HOSTS, CALLERS, OTHER = (bytes((value,)) * 32 for value in (1, 2, 3))


def test_two_ends_see_the_same_and_somebody_between_is_seen() -> None:
    host, caller = Trust(True, HOSTS), Trust(False, CALLERS)
    caller.offered(HOSTS, host.commitment)
    assert caller.safety_string() is None
    assert host.answered(CALLERS, caller.nonce)
    assert not host.answered(CALLERS, caller.nonce)
    caller.revealed(host.nonce)
    assert host.safety_string() == caller.safety_string()
    between = Trust(False, OTHER)
    between.offered(HOSTS, host.commitment)
    between.revealed(host.nonce)
    assert between.safety_string() != host.safety_string()


def test_nobody_may_change() -> None:
    host, caller = Trust(True, HOSTS), Trust(False, CALLERS)
    with pytest.raises(ValueError, match="does not keep"):
        caller.revealed(host.nonce)
    caller.offered(HOSTS, host.commitment)
    host.answered(CALLERS, caller.nonce)
    with pytest.raises(ValueError, match="does not keep"):
        caller.revealed(caller.nonce)
    with pytest.raises(ValueError, match="its commitment"):
        caller.offered(HOSTS, caller.commitment)
    with pytest.raises(ValueError, match="another certificate"):
        caller.offered(OTHER, host.commitment)
    with pytest.raises(ValueError, match="another certificate"):
        host.answered(OTHER, caller.nonce)
    with pytest.raises(ValueError, match="its part"):
        host.answered(CALLERS, host.nonce)
