from __future__ import annotations

import struct
import tracemalloc
import zlib
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codec.layout import Layout
from codec.stream import MAX_RECORD, RENEWALS, Kind, Record, StreamInfo, StreamReader, StreamWriter
from tests.codec.untrusted import a_value_or_one_line

INFO = StreamInfo(Fraction(30000, 1001), bytes(range(16)), Layout(22, 6, 20, 12))
payloads = st.binary(max_size=300)
records = st.lists(
    st.one_of(
        st.tuples(st.just(Kind.FACE), payloads, st.integers(1, 5)),
        st.tuples(st.sampled_from(RENEWALS), payloads, st.just(1)),
        st.just((Kind.REPEAT, b"", 1)),
    ),
    max_size=60,
)
shared_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def _write(path: Path, items: list[tuple[Kind, bytes, int]]) -> StreamWriter:
    with StreamWriter(path, INFO) as writer:
        for item in items:
            writer.write(*item)
    return writer


@given(records)
@shared_folder
def test_what_is_written_is_read(tmp_path: Path, items: list[tuple[Kind, bytes, int]]) -> None:
    writer = _write(tmp_path / "s.vvs", items)
    reader = StreamReader(tmp_path / "s.vvs")
    assert (reader.info.fps, reader.info.identity, reader.info.layout) == (INFO.fps, INFO.identity, INFO.layout)
    assert reader.payload_bytes == writer.payload_bytes
    expected, frame = [], 0
    for kind, payload, count in items:
        taken = 0 if kind in RENEWALS else count
        expected.append(Record(kind, frame, payload, taken))
        frame += taken
    assert list(reader) == expected
    assert list(reader) == expected
    assert reader.info.frames == frame


def test_framing_costs_little_over_a_byte_per_frame(tmp_path: Path) -> None:
    _write(tmp_path / "s.vvs", [(Kind.FACE, b"12345678", 1)] * 2000)
    assert (tmp_path / "s.vvs").stat().st_size < 2000 * 9.1 + 60


def test_an_exception_leaves_no_file_and_the_old_one_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.vvs"
    _write(path, [(Kind.REPEAT, b"", 1)])
    before = path.read_bytes()
    with pytest.raises(ValueError, match="record"), StreamWriter(path, INFO) as writer:
        writer.write(Kind.REPEAT, b"x")
    assert [entry.name for entry in tmp_path.iterdir()] == ["s.vvs"]
    assert path.read_bytes() == before


def test_wrong_use_is_refused(tmp_path: Path) -> None:
    with StreamWriter(tmp_path / "s.vvs", INFO) as writer:
        with pytest.raises(ValueError, match="record"):
            writer.write(Kind.REPEAT, b"x")
        with pytest.raises(ValueError, match="record"):
            writer.write(Kind.FACE, bytes(MAX_RECORD + 1))
        for frames in (0, 6):
            with pytest.raises(ValueError, match="record"):
                writer.write(Kind.FACE, b"x", frames)
    with pytest.raises(ValueError, match="cannot write"):
        StreamWriter(tmp_path / "none" / "s.vvs", INFO)
    with pytest.raises(ValueError, match="cannot read"):
        StreamReader(tmp_path / "none.vvs")
    for fps in (Fraction(0), Fraction(1001), Fraction(1, 2000)):
        with pytest.raises(ValueError, match="frames/s"):
            StreamInfo(fps, bytes(16), Layout())
    with pytest.raises(ValueError, match="16 bytes"):
        StreamInfo(Fraction(25), bytes(15), Layout())


SAMPLE = [
    (Kind.PLATE, bytes(500), 1),
    (Kind.TEXTURE, bytes(200), 1),
    *[(Kind.FACE, bytes(range(n % 20)), n % 5 + 1) for n in range(900)],
    (Kind.REPEAT, b"", 1),
]


def test_every_truncation_is_noticed(tmp_path: Path) -> None:
    _write(tmp_path / "s.vvs", SAMPLE)
    data = (tmp_path / "s.vvs").read_bytes()
    for length in [*range(0, 80), *range(80, len(data), 97), len(data) - 1]:
        (tmp_path / "t.vvs").write_bytes(data[:length])
        with pytest.raises(ValueError, match="stream"):
            StreamReader(tmp_path / "t.vvs")


@given(st.integers(0, 10**6), st.integers(0, 7))
@shared_folder
def test_every_flipped_bit_is_noticed(tmp_path: Path, position: int, bit: int) -> None:
    path = tmp_path / "s.vvs"
    if not path.exists():
        _write(path, SAMPLE)
    data = bytearray(path.read_bytes())
    data[position % len(data)] ^= 1 << bit
    (tmp_path / "f.vvs").write_bytes(data)
    with pytest.raises(ValueError, match=r"stream|layout"):
        StreamReader(tmp_path / "f.vvs")


@given(st.binary(max_size=400))
@shared_folder
def test_any_block_gives_records_or_a_value_error(tmp_path: Path, block: bytes) -> None:
    framed = struct.pack("<II", len(block), zlib.crc32(block)) + block + bytes(8) if block else bytes(8)
    (tmp_path / "b.vvs").write_bytes(INFO.pack() + framed)
    with a_value_or_one_line():
        assert len(list(StreamReader(tmp_path / "b.vvs"))) <= len(block)


@given(st.binary(max_size=200))
def test_any_header_is_read_or_a_value_error(data: bytes) -> None:
    for header in (data, INFO.pack()[:6] + data):
        with a_value_or_one_line():
            StreamInfo.unpack(header)


def test_a_declared_size_of_4_gb_allocates_nothing(tmp_path: Path) -> None:
    path = tmp_path / "big.vvs"
    path.write_bytes(INFO.pack() + struct.pack("<II", 0xFFFFFFFF, 0) + bytes(100))
    tracemalloc.start()
    with pytest.raises(ValueError, match="declares a block"):
        StreamReader(path)
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()
