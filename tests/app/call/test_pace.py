from app.call.pace import MOST_STEPS, next_steps


def steps_taken(one_step: float, base: float, frames: int = 30) -> list[int]:
    """Steps of each frame on a machine where analysis takes shares of a frame's time, without and for each step."""
    taken = [1]
    for _ in range(frames - 1):
        taken.append(next_steps(taken[-1], base + one_step * taken[-1]))
    return taken


def test_a_fast_machine_takes_two_steps_and_stays() -> None:
    assert steps_taken(0.1, 0.1) == [1, *[MOST_STEPS] * 29]


def test_a_usual_machine_stays_at_one() -> None:
    assert set(steps_taken(0.3, 0.2)) == {1}


def test_a_slow_machine_takes_every_other_frame_without() -> None:
    assert steps_taken(0.4, 0.3) == [1, 0] * 15


def test_no_machine_swings_between_one_step_and_two() -> None:
    for base in range(0, 60):
        for one_step in range(0, 60):
            late = steps_taken(one_step / 100, base / 100)[10:]
            assert late in ([1] * 20, [2] * 20, [1, 0] * 10, [0, 1] * 10), (base, one_step)
