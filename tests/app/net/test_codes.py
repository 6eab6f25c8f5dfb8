"""What people type to meet: codes and URLs."""

import pytest

from app.net.codes import PairingError, complete_code, load_words, parse_url, tidy_code


@pytest.mark.parametrize(
    ("typed", "code"),
    [("7-crossover-clockwork", "7-crossover-clockwork"), (" 7 Crossover  clockwork ", "7-crossover-clockwork")],
)
def test_codes_are_tidied(typed: str, code: str) -> None:
    assert tidy_code(typed) == code


@pytest.mark.parametrize(
    "typed", ["", "7", "crossover-clockwork", "7-crossover-7", "-", "7-\x1b[2J", "9" * 99 + "-a-b"]
)
def test_what_is_no_code_is_refused(typed: str) -> None:
    with pytest.raises(PairingError, match=r"is no code") as failure:
        tidy_code(typed)
    assert "\x1b" not in str(failure.value)


def test_words_are_completed() -> None:
    words = load_words()
    assert [len(place) for place in words] == [256, 256]
    assert complete_code("7-cro", words) == ("7-crossover",)
    assert complete_code("7-Crossover-clockw", words) == ("7-crossover-clockwork",)
    assert len(complete_code("12-", words)) == 256
    for nothing in ("", "x", "x-", "7", "7-crossover-clockwork-", "7-qqq"):
        assert complete_code(nothing, words) == ()


def test_urls_are_checked() -> None:
    assert parse_url("ws://h:4000") == "ws://h:4000/v1"
    assert parse_url("wss://h/other") == "wss://h/other"
    for text in ("", "h:4000", "http://h", "ws://", "ws://h:99999", "ws://h:0", "ws://h/?x=1", "ws://[::1"):
        with pytest.raises(ValueError, match="is no meeting point"):
            parse_url(text)
