"""The size that the renderer holds."""

import itertools

from app.call.auto_size import AutoSize

SECOND = 1_000_000_000


def run(auto: AutoSize, ms_at_512: float, seconds: int, begin: int = 0, fps: float = 25.0) -> list[int]:
    """The sides that it chooses on a machine that renders in proportion to the pixels."""
    return [
        auto.update(ms_at_512 * (auto.side / 512) ** 2, fps, (begin + second) * SECOND) for second in range(seconds)
    ]


def test_a_fast_machine_goes_up_step_by_step() -> None:
    sides = run(AutoSize(), 4.0, 12)
    assert sides[0] == 512
    assert sides[-1] == 1024
    assert sides == sorted(sides)


def test_a_slow_machine_goes_down_and_does_not_flap() -> None:
    sides = run(AutoSize(), 60.0, 60)
    assert sides[-1] == 256
    changes = sum(a != b for a, b in itertools.pairwise(sides))
    assert changes == 1, "what was too large once is reckoned too large again"


def test_a_size_that_was_too_large_is_left_alone_for_a_while() -> None:
    auto = AutoSize(256)
    for second in range(4):  # reckoned to be fast enough, and then it is not
        auto.update(5.0, 25.0, second * SECOND)
    assert auto.side == 512
    for second in range(4, 8):
        auto.update(60.0, 25.0, second * SECOND)
    assert auto.side == 256
    sides = [auto.update(5.0, 25.0, second * SECOND) for second in range(8, 60)]
    assert sides.index(512) >= 20


def test_without_rendered_pictures_it_stays() -> None:
    assert run(AutoSize(768), 0.0, 20) == [768] * 20


def test_there_is_nothing_below_the_smallest_and_above_the_largest() -> None:
    assert run(AutoSize(128), 5000.0, 20)[-1] == 128
    assert run(AutoSize(1024), 0.01, 20)[-1] == 1024
