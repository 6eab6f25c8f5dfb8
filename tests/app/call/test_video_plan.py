"""Size, pace and bits of pictures."""

import math

import pytest

from app.call.video_plan import (
    DEBT_MOST_S,
    FORMATS,
    KEY_S,
    PACED_BELOW_KBPS,
    SOUND_KBPS,
    VIDEO_LEAST_KBPS,
    Format,
    FormatLadder,
    S,
    Spending,
    video_limit_kbps,
)

FRAME_NS = S // 25


def run(ladder: FormatLadder, qp: int, kbps: float, begin_s: float, end_s: float) -> list[Format]:
    seen = [ladder.format]
    for now_ns in range(round(begin_s * S), round(end_s * S), FRAME_NS):
        ladder.coded(qp, kbps, now_ns)
        if ladder.format != seen[-1]:
            seen.append(ladder.format)
    return seen


def test_the_first_size_goes_by_the_rate() -> None:
    assert [FormatLadder(kbps).format.side for kbps in (100.0, 150.0, 400.0)] == [256, 384, 512]


def test_coarse_pictures_get_smaller_and_below_150_first_slower() -> None:
    assert run(FormatLadder(400.0), 42, 400.0, 0, 60) == [Format(512), Format(384), Format(256)]
    assert PACED_BELOW_KBPS == 150.0
    below = run(FormatLadder(100.0), 42, 100.0, 0, 60)
    assert below[:3] == [Format(256), Format(256, 2), Format(192, 2)]
    assert below[-1] == FORMATS[-1]


def test_fine_pictures_get_better_again_but_not_for_a_moment() -> None:
    ladder = FormatLadder(100.0)
    run(ladder, 42, 100.0, 0, 2)
    assert run(ladder, 24, 100.0, 2, 4.5) == [Format(256, 2)]
    assert run(ladder, 24, 100.0, 4.5, 30)[-1] == FORMATS[0]


def test_usual_pictures_change_nothing() -> None:
    assert run(FormatLadder(200.0), 34, 200.0, 0, 60) == [Format(384)]


def test_the_rate_is_spent_and_no_more() -> None:
    spending, spent = Spending(), 0
    for frame in range(250):
        now_ns = frame * FRAME_NS
        if not spending.may_spend(200.0, now_ns):
            continue
        size = round(spending.bits(200.0, 0.04, frame == 0) / 8 * (2 if frame % 10 == 0 else 1))
        spending.spent(size)
        spent += size + 50 * math.ceil(size / 1180)
    assert 0.85 <= spent * 8 / 1000 / 10 / 200 <= 1.05


def test_a_key_picture_takes_a_bounded_time_of_the_link_and_is_paid_back() -> None:
    spending = Spending()
    assert spending.may_spend(150.0, 0)
    bits = spending.bits(150.0, 0.04, True)
    assert bits <= 150_000 * KEY_S
    spending.spent(round(bits / 8))
    assert spending.may_spend(150.0, FRAME_NS)
    assert spending.bits(150.0, 0.04, False) < 150_000 * 0.04 * 0.8


def test_pictures_that_are_missed_leave_their_bits_to_the_others() -> None:
    spending = Spending()
    even = [spending.interval_s(0.04, frame * FRAME_NS) for frame in range(30)]
    assert even == pytest.approx([0.04] * 30)
    halved = [spending.interval_s(0.04, (30 + 2 * frame) * FRAME_NS) for frame in range(60)]
    assert halved[-1] == pytest.approx(0.08, rel=0.01)
    assert spending.interval_s(0.04, 10_000 * FRAME_NS) < 0.1


def test_far_ahead_of_the_rate_pictures_are_left_out() -> None:
    spending = Spending()
    assert spending.may_spend(100.0, 0)
    spending.spent(round(100_000 * (DEBT_MOST_S + 0.1) / 8))
    assert not spending.may_spend(100.0, FRAME_NS)
    assert spending.may_spend(100.0, 5 * FRAME_NS)


@pytest.mark.parametrize(("limit", "kbps"), [(0, math.inf), (250, 250 - SOUND_KBPS), (20, 0.0)])
def test_a_limit_on_everything_leaves_the_rest_to_pictures(limit: int, kbps: float) -> None:
    assert video_limit_kbps(limit) == kbps
    assert (video_limit_kbps(80) >= VIDEO_LEAST_KBPS) is False
