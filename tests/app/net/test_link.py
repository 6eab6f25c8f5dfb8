"""Signalling over a pipe."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.net.link import LINE_MAX, Link, number, numbers, text


def pair() -> tuple[Link, Link]:
    there_r, there_w = os.pipe()
    back_r, back_w = os.pipe()
    return (
        Link(os.fdopen(back_r, "rb"), os.fdopen(there_w, "wb")),
        Link(os.fdopen(there_r, "rb"), os.fdopen(back_w, "wb")),
    )


def test_messages_cross_both_ways() -> None:
    here, there = pair()
    here.send("offer", sdp="v=0\r\né", n=3)
    assert there.receive() == ("offer", {"sdp": "v=0\r\né", "n": 3})
    there.send("open")
    assert here.receive() == ("open", {})
    here.close()
    with pytest.raises(ConnectionError):
        there.receive()
    there.close()
    with pytest.raises(ConnectionError):
        there.send("open")


@given(st.binary(max_size=100).filter(lambda data: b"\n" not in data))
def test_any_line_is_a_message_or_an_error(line: bytes) -> None:
    reader, writer = os.pipe()
    os.write(writer, line + b"\n")
    os.close(writer)
    link = Link(os.fdopen(reader, "rb"), open(os.devnull, "wb"))  # noqa: SIM115 - closed with the link
    try:
        try:
            link.receive()
        except ValueError:
            return
        with pytest.raises(ConnectionError):
            link.receive()
    finally:
        link.close()


def test_cut_and_endless_lines_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    for content in (b'{"kind": "x"}', b"x" * (LINE_MAX + 5) + b"\n"):
        path.write_bytes(content)
        link = Link(path.open("rb"), open(os.devnull, "wb"))  # noqa: SIM115 - closed with the link
        with pytest.raises(ValueError, match="cut off or too long"):
            link.receive()
        link.close()


def test_values_are_checked() -> None:
    values: dict[str, object] = {"a": "x", "n": 2, "flag": True}
    assert text(values, "a") == "x"
    assert number(values, "n") == 2
    assert numbers({"n": [1, 2.5]}, "n") == [1, 2.5]
    for key, get in (("n", text), ("missing", text), ("a", number), ("flag", number), ("n", numbers)):
        with pytest.raises(ValueError, match=key):
            get(values, key)
