"""Lines of a training process: what was said comes back, and nothing else is believed."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.enrolment.progress_lines import LINE_MOST, MARK, STAGES, EnrolProgress, format_progress, parse_progress
from app.enrolment.training import parse_result, read_lines

PROGRESSES = st.builds(
    EnrolProgress,
    st.sampled_from(STAGES),
    st.floats(0, 1),
    st.floats(0, 1e6),
    st.none() | st.floats(-50, 99),
    st.integers(0, 10_000),
)


@given(PROGRESSES)
def test_what_is_said_comes_back(progress: EnrolProgress) -> None:
    assert parse_progress(format_progress(progress)) == progress


@given(st.text(max_size=200))
def test_other_lines_say_nothing(text: str) -> None:
    assert parse_progress(text) is None
    assert parse_progress(MARK + text) is None


@pytest.mark.parametrize(
    "told",
    [
        '{"stage": "training", "fraction": 1.5, "seconds_left": 1, "psnr": null, "previews": 0}',
        '{"stage": "dancing", "fraction": 0.5, "seconds_left": 1, "psnr": null, "previews": 0}',
        '{"stage": "training", "fraction": true, "seconds_left": 1, "psnr": null, "previews": 0}',
        '{"stage": "training", "fraction": 0.5, "seconds_left": NaN, "psnr": null, "previews": 0}',
        '{"stage": "training", "fraction": 0.5, "seconds_left": -1, "psnr": null, "previews": 0}',
        '{"stage": "training", "fraction": 0.5, "seconds_left": 1, "psnr": null}',
        "[" * 900,
        "5",
    ],
)
def test_damaged_lines_say_nothing(told: str) -> None:
    assert parse_progress(MARK + told) is None


def test_lines_are_cut_off_and_their_rest_is_not_another_line() -> None:
    stream = io.StringIO("one\n" + "x" * (3 * LINE_MOST) + "\ntwo\nthree")
    assert [len(line) for line in read_lines(stream)] == [3, LINE_MOST, 3, 5]


@pytest.mark.parametrize("output", ["", "nothing", "[]", '{"model_bytes": "many"}', '{"model_bytes": 1e999}', "{" * 99])
def test_a_result_that_cannot_be_read_is_a_failure(output: str) -> None:
    assert parse_result(output).ending == "failed"


def test_the_result_is_the_last_line() -> None:
    end = parse_result('words\n{"seconds": 3.5, "train_psnr": null, "model_bytes": 2000}\n')
    assert (end.ending, end.model_bytes, end.psnr, end.seconds) == ("done", 2000, 0.0, 3.5)
