"""Bundles: every item survives, and any bytes give items or a ValueError."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.net.bundle import FACE_MAX, ITEMS_MAX, Acknowledgement, Face, Item, LinkNote, pack_item, parse_bundle

items = st.one_of(
    st.binary(min_size=1, max_size=FACE_MAX).map(Face),
    st.binary(min_size=4, max_size=4).map(Acknowledgement),
    st.builds(LinkNote, st.integers(0, 255).map(lambda share: share / 255), st.integers(0, 0xFFFF)),
)


@given(st.lists(items, max_size=ITEMS_MAX))
def test_items_survive(sent: list[Item]) -> None:
    assert parse_bundle(b"".join(map(pack_item, sent))) == sent


def test_golden_bytes() -> None:
    assert pack_item(Face(b"abc")).hex() == "03616263"
    assert pack_item(Face(bytes(300)))[:2].hex() == "c12c"
    assert pack_item(Acknowledgement(b"ack!")).hex() == "e061636b21"
    assert pack_item(LinkNote(1 / 3, 258)).hex() == "e1550102"
    assert pack_item(LinkNote(7.0, 10**9)).hex() == "e1ffffff"


@given(st.binary(max_size=400))
def test_any_bytes_give_items_or_a_value_error(data: bytes) -> None:
    try:
        found = parse_bundle(data)
    except ValueError:
        return
    assert parse_bundle(b"".join(map(pack_item, found))) == found


@pytest.mark.parametrize(
    "data", [b"\x00", b"\x05abc", b"\xc0", b"\xc0\x00", b"\xdf", b"\xe0abc", b"\xe1ab", b"\x01a" * 65]
)
def test_nonsense_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="bundle"):
        parse_bundle(data)


@pytest.mark.parametrize("item", [Face(b""), Face(bytes(FACE_MAX + 1)), Acknowledgement(b"abc")])
def test_impossible_items_are_refused(item: Item) -> None:
    with pytest.raises(ValueError, match="bytes"):
        pack_item(item)
