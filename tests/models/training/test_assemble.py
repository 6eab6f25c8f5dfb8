"""How much is looked at for an identity's codec follows the time that there is."""

from __future__ import annotations

from models.training.assemble import ROUGHLY, THOROUGHLY, Thoroughness


def test_less_time_is_less_thorough_but_no_less_than_a_draft() -> None:
    assert Thoroughness.within(1.0) == THOROUGHLY
    assert Thoroughness.within(0.0) == ROUGHLY
    half = Thoroughness.within(0.5)
    assert half == Thoroughness(THOROUGHLY.probed // 2, THOROUGHLY.stretches // 2)
