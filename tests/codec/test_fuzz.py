"""A few thousand of the cases of ``make fuzz``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.codec.fuzz import SHARES, Fuzzer


@pytest.mark.parametrize("seed", [1, 2])
def test_damaged_bytes_give_a_value_or_a_value_error(tmp_path: Path, seed: int) -> None:
    fuzzer = Fuzzer(seed, tmp_path)
    fuzzer.run(2000)
    assert sum(fuzzer.outcomes.values()) == 2000
    for kind in SHARES:
        assert fuzzer.outcomes[kind + " refused"]
    assert fuzzer.outcomes["packet taken"] > 100
