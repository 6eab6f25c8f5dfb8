from app.call.pace import MOST_CARE, next_care
from models.analysis import CARES


def care_taken(more: float, base: float, frames: int = 40) -> list[int]:
    """Care of each frame on a machine where analysis takes shares of a frame's time, without any and for each more."""
    taken = [1]
    for _ in range(frames - 1):
        taken.append(next_care(taken[-1], base + more * taken[-1]))
    return taken


def test_a_fast_machine_takes_all_care_and_stays() -> None:
    assert len(CARES) == MOST_CARE + 1
    assert care_taken(0.04, 0.1) == [1, 2, 3, *[MOST_CARE] * 37]


def test_a_good_machine_stays_at_two() -> None:
    assert care_taken(0.1, 0.15) == [1, *[2] * 39]


def test_a_usual_machine_stays_at_one() -> None:
    assert set(care_taken(0.3, 0.2)) == {1}


def test_a_slow_machine_takes_every_other_frame_without() -> None:
    assert care_taken(0.4, 0.3) == [1, 0] * 20


def test_no_machine_swings_between_more_and_more() -> None:
    for base in range(0, 60):
        for more in range(0, 60):
            late = care_taken(more / 100, base / 100)[10:]
            assert late in ([1] * 30, [2] * 30, [3] * 30, [4] * 30, [1, 0] * 15, [0, 1] * 15), (base, more)
