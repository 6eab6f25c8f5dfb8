"""No byte of the format changes unnoticed: golden files decode to the same numbers and are coded to the same bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from codec.identity import identity_id, read_identity
from codec.statistics import FaceTables
from codec.stream import StreamReader
from tests.golden import make_codec

GOLDEN = make_codec.FOLDER


@pytest.fixture(scope="module")
def golden_tables() -> FaceTables:
    return FaceTables.from_arrays(read_identity(GOLDEN / "codec.visavis").part("codec"))


def test_the_identity_reads_as_it_was_written() -> None:
    identity = read_identity(GOLDEN / "codec.visavis")
    assert (identity.name, identity.created_s) == ("Golden Speaker", 1_700_000_000)
    assert identity.meta == {"frames": 400, "psnr": 30.5}
    assert StreamReader(GOLDEN / "codec.vvs").info.identity == identity_id((GOLDEN / "codec.visavis").read_bytes())


def test_streams_calls_and_plates_decode_to_the_same_numbers(golden_tables: FaceTables) -> None:
    expected = json.loads((GOLDEN / "codec.json").read_text())
    assert make_codec.decoded_digests(golden_tables, GOLDEN) == expected


def test_streams_and_calls_are_coded_to_the_same_bytes(golden_tables: FaceTables, tmp_path: Path) -> None:
    identity = identity_id((GOLDEN / "codec.visavis").read_bytes())
    plate, texture = ((GOLDEN / f"codec_{part}.bin").read_bytes() for part in ("plate", "texture"))
    make_codec.write_stream(tmp_path / "again.vvs", golden_tables, identity, plate, texture)
    assert (tmp_path / "again.vvs").read_bytes() == (GOLDEN / "codec.vvs").read_bytes()
    assert make_codec.call_packets(golden_tables) == (GOLDEN / "codec_call.bin").read_bytes()
