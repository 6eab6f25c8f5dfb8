from __future__ import annotations

import hashlib
import json
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from codec.identity import (
    DTYPES,
    MAX_DECOMPRESSED,
    Identity,
    identity_id,
    pack_identity,
    read_identity,
    unpack_identity,
    write_identity,
)
from tests.codec.untrusted import a_value_or_one_line

SAMPLE = Identity(
    "Ada Lovelace",
    1_700_000_000,
    {"psnr": 31.5, "size": 256, "notes": ["a", None, True], "nested": {"x": -1}},
    {
        "field.table": np.arange(600, dtype=np.int8).reshape(8, 15, 5),
        "codec.steps": np.linspace(0, 1, 56, dtype=np.float32),
        "empty": np.zeros((0, 3), np.uint16),
        "scalar": np.array(7, np.int32),
    },
)


def _assemble(header: Any, body: bytes = b"", version: int = 1, text: bytes | None = None) -> bytes:
    """A file with any header and body, its checksum right."""
    encoded = json.dumps(header).encode() if text is None else text
    data = struct.pack("<4sHHI", b"VVID", version, 0, len(encoded)) + encoded + body
    return data + hashlib.sha256(data).digest()


def _header(*arrays: Any, **changes: Any) -> dict[str, Any]:
    return {"name": "x", "created_s": 0, "meta": {}, "arrays": list(arrays), **changes}


def _same(a: Identity, b: Identity) -> bool:
    same = (a.name, a.created_s, dict(a.meta), sorted(a.arrays)) == (
        b.name,
        b.created_s,
        dict(b.meta),
        sorted(b.arrays),
    )
    return same and all(
        a.arrays[name].dtype == b.arrays[name].dtype
        and a.arrays[name].shape == b.arrays[name].shape
        and a.arrays[name].tobytes() == b.arrays[name].tobytes()
        for name in a.arrays
    )


def test_round_trip_is_exact_and_deterministic() -> None:
    data = pack_identity(SAMPLE)
    back = unpack_identity(data)
    assert _same(back, SAMPLE)
    assert pack_identity(back) == data
    assert all(array.flags.writeable for array in back.arrays.values())
    assert identity_id(data) == hashlib.sha256(data).digest()[:16]


arrays = st.dictionaries(
    st.from_regex(r"[a-z0-9_]{1,8}(\.[a-z0-9_]{1,8})?", fullmatch=True),
    st.sampled_from(sorted(DTYPES)).flatmap(
        lambda name: hnp.arrays(name, hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4))
    ),
    max_size=5,
)
texts = st.text(st.characters(codec="utf-8"), max_size=20)
numbers = st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | texts
metas = st.dictionaries(texts, scalars | st.lists(scalars, max_size=4), max_size=4)


@given(arrays, metas)
@settings(max_examples=60)
def test_any_identity_within_the_limits_round_trips(parts: dict[str, Any], meta: dict[str, Any]) -> None:
    identity = Identity("Zoë", 5, meta, parts)
    assert _same(unpack_identity(pack_identity(identity)), identity)


def test_parts_are_found_by_their_prefix() -> None:
    assert list(SAMPLE.part("codec")) == ["steps"]
    assert SAMPLE.part("code") == {}


def test_files_are_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "ada.visavis"
    data = write_identity(path, SAMPLE)
    assert path.read_bytes() == data
    with pytest.raises(ValueError, match="printable"):
        write_identity(path, Identity("", 0))
    with pytest.raises(OSError, match="No such file"):
        write_identity(tmp_path / "none" / "a.visavis", SAMPLE)
    assert [entry.name for entry in tmp_path.iterdir()] == ["ada.visavis"]
    assert _same(read_identity(path), SAMPLE)
    with pytest.raises(ValueError, match="cannot read"):
        read_identity(tmp_path / "none.visavis")


@pytest.mark.parametrize(
    "identity",
    [
        Identity("", 0),
        Identity("a\x1b[2J", 0),
        Identity("x" * 101, 0),
        Identity("x", 0, {"a": float("nan")}),
        Identity("x", 0, {"a": object()}),
        Identity("x", 0, {1: 2}),  # type: ignore[dict-item]
        Identity("x", 0, {"a": [[[[[[[[[1]]]]]]]]]}),
        Identity("x", 0, {"a": "x" * (1 << 20)}),
        Identity("x", 0, {}, {"a": np.zeros(3, np.float64)}),
        Identity("x", 0, {}, {"a": np.zeros((1,) * 6, np.int8)}),
        Identity("x", 0, {}, {"A b": np.zeros(3, np.int8)}),
        Identity("x", 0, {}, {"a": np.zeros(3, object)}),
        Identity("x", 0, {}, {f"a{n}": np.zeros(1, np.int8) for n in range(257)}),
        Identity("x", 0, {}, {"a": np.zeros(MAX_DECOMPRESSED + 1, np.int8)}),
    ],
)
def test_what_the_format_cannot_carry_is_refused(identity: Identity) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each case has a message of its own
        pack_identity(identity)


DATA = pack_identity(SAMPLE)


@given(st.integers(0, len(DATA) - 1), st.integers(0, 7))
def test_every_flipped_bit_is_noticed(position: int, bit: int) -> None:
    damaged = bytearray(DATA)
    damaged[position] ^= 1 << bit
    with pytest.raises(ValueError, match="identity"):
        unpack_identity(bytes(damaged))


def test_every_truncation_is_noticed() -> None:
    for length in range(len(DATA)):
        with pytest.raises(ValueError, match="identity"):
            unpack_identity(DATA[:length])
    with pytest.raises(ValueError, match="identity"):
        unpack_identity(DATA + b"\x00")


json_values = st.recursive(
    st.one_of(scalars, st.just(float("inf"))),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=4), inner, max_size=4)),
    max_leaves=12,
)
entries = st.tuples(
    st.sampled_from(["a", "b", "A"]) | json_values,
    st.sampled_from(["int8", "float32", "object"]) | json_values,
    st.lists(st.integers(-1, 2**33), max_size=6) | json_values,
    st.integers(-1, 2**33) | json_values,
).map(list)


@given(st.lists(entries | json_values, max_size=3), st.binary(max_size=64), json_values)
def test_any_header_with_a_right_checksum_is_read_or_a_value_error(found: list[Any], body: bytes, meta: Any) -> None:
    for header in (_header(*found), _header(meta=meta), meta):
        with a_value_or_one_line():
            unpack_identity(_assemble(header, body))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_a_value_error(data: bytes) -> None:
    for whole in (data, _assemble(None, text=data)):
        with pytest.raises(ValueError, match="identity"):
            unpack_identity(whole)


def test_deeply_nested_json_is_refused() -> None:
    for text in (b"[" * 100_000, b'{"a":' * 100_000):
        with pytest.raises(ValueError, match="not JSON"):
            unpack_identity(_assemble(None, text=text))


@pytest.mark.parametrize(
    ("shape", "block"),
    [
        ([4 << 30], b"x" * 20),  # declared 4 GB
        ([1 << 16, 1 << 16, 1 << 16, 1 << 16, 1 << 16], b"x" * 20),
        ([1 << 26, 2], b"x" * 20),
        ([16], zstandard.ZstdCompressor().compress(bytes(32 << 20))),  # a bomb behind a small shape
        ([16], zstandard.ZstdCompressor(write_content_size=False).compress(bytes(32 << 20))),
        ([16], b"\x28\xb5\x2f\xfd\xe0" + b"\xff" * 8),  # a frame that declares 2^64 bytes
        ([1 << 20], zstandard.ZstdCompressor().compress(bytes(1 << 20))[:-3]),
    ],
)
def test_declared_sizes_are_checked_before_memory_is_taken(shape: list[int], block: bytes) -> None:
    data = _assemble(_header(["a", "int8", shape, len(block)]), block)
    tracemalloc.start()
    with pytest.raises(ValueError, match="identity"):
        unpack_identity(data)
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()


def test_headers_that_contradict_the_file_are_refused() -> None:
    block = zstandard.ZstdCompressor().compress(b"abcd")
    entry = ["a", "int8", [4], len(block)]
    assert unpack_identity(_assemble(_header(entry), block)).arrays["a"].tobytes() == b"abcd"
    for header, body in (
        (_header(entry, entry), block * 2),
        (_header(entry), block + b"x"),
        (_header(["a", "int8", [4], len(block) + 1]), block),
        (_header(["a", "int8", [True], 1]), block),
        (_header(created_s=-1), b""),
        (_header(arrays=[entry] * 257), b""),
    ):
        with pytest.raises(ValueError, match="identity"):
            unpack_identity(_assemble(header, body))
    with pytest.raises(ValueError, match="version 2"):
        unpack_identity(_assemble(_header(), version=2))
    oversized = struct.pack("<4sHHI", b"VVID", 1, 0, 0xFFFFFFFF)
    with pytest.raises(ValueError, match="exceeds the file"):
        unpack_identity(oversized + hashlib.sha256(oversized).digest())
