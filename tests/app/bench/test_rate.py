"""The rate bench: every bit is counted once, and other ways of writing the numbers take more."""

from __future__ import annotations

import numpy as np
import pytest

from app.bench.lossless import float_bits, zstandard_bytes
from app.bench.rate import Footage, bits_by_number, field_rows, itemise, rival_rows
from app.offline import Renewal, SeenFrame, code_frames
from codec.layout import Layout
from codec.quantise import quantise_mixing
from codec.statistics import FaceTables
from codec.table_training import train_tables
from tests.codec.motion import speaker, steps

LAYOUT = Layout(freeform=8)


@pytest.fixture(scope="module")
def tables() -> FaceTables:
    """Mixed numbers, two by two."""
    each = np.eye(LAYOUT.size)
    pairs = each + each[np.arange(LAYOUT.size) ^ 1] * 0.5
    mixing, scaled = quantise_mixing(pairs * steps(LAYOUT).astype(np.float64)[:, None])
    return train_tables(speaker(300, LAYOUT), [], scaled, LAYOUT, mixing)


@pytest.fixture(scope="module")
def footage(tables: FaceTables) -> Footage:
    seen = [SeenFrame(tables.layout.unpack(vector), 1.0) for vector in speaker(120, LAYOUT, start=600)]
    seen[40] = SeenFrame(None, 1.0)
    seen[60] = SeenFrame(seen[60].code, 1.0, Renewal(bytes(200), bytes(100)))
    return Footage([], seen, 25.0)


@pytest.mark.parametrize("bundle", [1, 5])
def test_the_bill_adds_up(tables: FaceTables, footage: Footage, bundle: int) -> None:
    bill, coding = itemise(tables, footage, bundle=bundle), code_frames(footage.seen, tables, bundle=bundle)
    held = sum(anatomy.header_bits + bits_by_number(anatomy).sum() for anatomy in coding.anatomies)
    assert bill.information_bits == pytest.approx(held)
    assert bill.payload_bits == 8 * (coding.payload_bytes - 300)
    assert 0 < bill.payload_bits - bill.information_bits < 8 * bill.packets
    assert bill.packets == sum(packet.face is not None for packet in coding.packets)
    assert min(bill.fields.values()) > 0


def test_rows_tell_of_every_field_and_of_backgrounds_apart(tables: FaceTables, footage: Footage) -> None:
    rows = {str(row["field"]): row for row in field_rows(tables, footage)}
    column = "5 frames to a packet"
    kinds = ("header", "landmarks", "outline", "learned", "rotation", "position", "torso", "free form", "flush")
    parts = [float(rows[f"{name}, kbps"][column]) for name in kinds]
    assert sum(parts) == pytest.approx(float(rows["payload, kbps"][column]))
    assert float(rows["backgrounds, kbps"][column]) == pytest.approx(200 * 8 * 25 / 120 / 1000)
    assert float(rows["textures, kbps"][column]) == pytest.approx(100 * 8 * 25 / 120 / 1000)


def test_other_ways_take_more(tables: FaceTables, footage: Footage) -> None:
    rows = rival_rows(tables, footage)
    assert float(rows[0]["times ours"]) == 1.0
    assert min(float(row["times ours"]) for row in rows[2:]) > 1.2


def test_zstandard_gets_bytes_where_they_suffice() -> None:
    noise = np.random.default_rng(0).integers(-100, 100, 4000)
    assert 3500 < zstandard_bytes([noise]) < 4100
    assert 6500 < zstandard_bytes([noise * 300]) < 8200
    assert zstandard_bytes([np.zeros((100, 56), np.int64)]) < 20
    assert zstandard_bytes([noise[:50]] * 3) == 3 * zstandard_bytes([noise[:50]])


def test_floats_cost_what_they_hold() -> None:
    random = np.random.default_rng(1)
    still = np.tile(random.standard_normal(10).astype(np.float32), (2000, 1))
    assert float_bits(still) < 0.2 * still.size
    free = random.uniform(1.0, 2.0, (4000, 2)).astype(np.float32)  # ten bits of mantissa are random, the rest is fixed
    assert float_bits(free) == pytest.approx(10 * free.size, rel=0.06)
