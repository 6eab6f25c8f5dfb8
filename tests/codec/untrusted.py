"""What a parser may do with bytes of anybody: give a value, or raise a ValueError of one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def a_value_or_one_line() -> Iterator[None]:
    """Lets a ValueError pass silently if its message is one line; everything else fails the test."""
    try:
        yield
    except ValueError as error:
        if not str(error) or "\n" in str(error):
            raise AssertionError(f"not a one-line message: {error!s}") from error
