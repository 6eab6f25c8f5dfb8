"""BITSTREAM.md is complete: a second decoder, written from that page alone, reads the golden files."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np

import codec
from codec import entropy
from codec.face import FaceDecoder, FaceEncoder
from codec.identity import read_identity
from codec.quantise import quantise_mixing
from codec.statistics import FaceTables, train_tables
from tests.codec.motion import speaker, steps
from tests.golden import make_codec

PAGE = (Path(codec.__file__).parent / "BITSTREAM.md").read_text()
SCALES = [int(word) for word in re.findall(r"S\(q\) =([\d\s]+)for q", PAGE)[0].split()]
FIRST_DISTANCES = re.findall(r"sum 1024\): ([\d ]+), then thirty", PAGE)[0].split()
DISTANCES = [int(word) for word in FIRST_DISTANCES] + [2] * 30 + [1] * 13
LIMIT = 1 << 22


class Reader:
    """The range decoder of the page."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.range = data + bytes(64), 4, 0xFF000000
        self.code = int.from_bytes(self.data[:4], "big")

    def symbol(self, frequencies: list[int], b: int) -> int:
        unit = self.range >> b
        point, start, symbol = min(self.code // unit, (1 << b) - 1), 0, 0
        while point >= start + frequencies[symbol]:
            start += frequencies[symbol]
            symbol += 1
        frequency = frequencies[symbol]
        self.code -= unit * start
        self.range = unit * frequency
        while self.range < 1 << 24:
            self.code = (self.code << 8 | self.data[self.at]) % (1 << 32)
            self.range <<= 8
            self.at += 1
        return symbol

    def bits(self, k: int) -> int:
        value = 0
        for size in [16] * (k // 16) + ([k % 16] if k % 16 else []):
            value = value << size | self.symbol([1] * (1 << size), size)
        return value

    def flag(self, rarity: int) -> bool:
        return self.symbol([rarity, 256 - rarity], 8) == 0


def residual_tables() -> list[tuple[list[int], int, int]]:
    """(frequencies, largest magnitude, expected magnitude) of each class."""
    tables = []
    for occurrence, continuation in zip(entropy._OCCURRENCE, entropy._CONTINUATION, strict=True):
        tail = occurrence << 16
        sides: list[int] = []
        while len(sides) < 64 and (tail >> 21 > 0 or not sides):
            after = tail * continuation >> 16
            sides.append(max((tail - after) >> 18, 1))
            tail = after
        escape, top = max(tail >> 17, 1), len(sides)
        beyond = escape * (top + 1 + continuation // (65536 - continuation))
        expected = (2 * sum(k * side for k, side in enumerate(sides, 1)) + beyond) >> 1
        tables.append(([*sides[::-1], 2**15 - 2 * sum(sides) - escape, *sides, escape], top, expected))
    return tables


TABLES = residual_tables()


def residual(reader: Reader, level: int) -> int:
    frequencies, top, _ = TABLES[level]
    symbol = reader.symbol(frequencies, 15)
    if symbol <= 2 * top:
        return symbol - top
    sign = -1 if reader.bits(1) else 1
    order = 0
    while 1 << (order + 1) <= top // 4:
        order += 1
    ones = 0
    while reader.bits(1):
        ones += 1
    low = ones + order
    return sign * (top + 1 + (1 << low) + reader.bits(low) - (1 << order))


def clamp(value: int, low: int, high: int) -> int:
    return min(max(value, low), high)


class Page:
    """The face decoder of the page."""

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        self.tables: dict[str, Any] = {name: array.tolist() for name, array in arrays.items()}
        self.steps = arrays["steps"]
        self.ring: dict[int, dict[str, Any]] = {}

    def decode(self, packet: bytes, number: int | None = None) -> tuple[np.ndarray, bytes]:
        reader, in_order = Reader(packet), number is not None
        key = reader.flag(4)
        if number is None:
            if key or reader.flag(1):
                number = reader.bits(32)
            else:
                low, newest = reader.bits(5), max(self.ring)
                number = next(n for n in range(newest - 15, newest + 17) if n % 32 == low)
        if key:
            quality = reader.bits(5) - 8 if reader.flag(64) else 0
            state = self.key(reader, quality)
        else:
            d = self.distance(reader, in_order)
            reference = self.ring[number - d]
            quality = reader.bits(5) - 8 if reader.flag(8) else reference["q"]
            state = self.inter(reader, reference, d, quality)
        self.ring[number] = state
        parts = [state[name] for name in ("values", "before", "mean", "spread", "groups")]
        numbers = [number % 2**31, state["d"], quality, *(value for part in parts for value in part)]
        digest = zlib.crc32(np.array(numbers, "<i4").tobytes()) % 2**16
        return self.numbers(state["values"]), np.array([number % 2**16, digest], "<u2").tobytes()

    def numbers(self, values: list[int]) -> np.ndarray:
        if "mixing" not in self.tables:
            return np.array(values, np.float32) * (self.steps * np.float32(2**-8))
        sums = [sum(a * b for a, b in zip(row, values, strict=True)) for row in self.tables["mixing"]]
        pairs = zip(sums, self.steps.tolist(), strict=True)
        return np.array([float(total) * (step * 2.0**-23) for total, step in pairs], np.float32)

    def distance(self, reader: Reader, in_order: bool) -> int:
        if in_order:
            return reader.bits(6) if reader.flag(8) else 1
        return reader.symbol(DISTANCES, 10) + 1

    def key(self, reader: Reader, q: int) -> dict[str, Any]:
        values = []
        for centre, scale in zip(self.tables["centre"], self.tables["key_scale"], strict=True):
            k = residual(reader, clamp((scale >> 8) - q, 0, 39))
            values.append(clamp(centre + k * SCALES[q + 8], -LIMIT, LIMIT))
        still = [0] * len(values)
        return {"d": 1, "q": q, "values": values, "before": values, "mean": values, "spread": still, "groups": [0] * 3}

    def inter(self, reader: Reader, ref: dict[str, Any], d: int, q: int) -> dict[str, Any]:
        tables, c = self.tables, next(c for c, end in enumerate((1, 2, 3, 5, 9, 20, 63)) if d <= end)
        expected: list[int] = []
        values: list[int] = []
        mean: list[int] = []
        spread: list[int] = []
        groups: list[int] = []
        frame = i = 0
        for g, size in enumerate(tables["layout"]):
            total = 0
            for i in range(len(values), len(values) + size):
                was, before, average = ref["values"][i], ref["before"][i], ref["mean"][i]
                moved = tables["velocity"][c][i] * ((was - before) * d // ref["d"])
                expected.append(was + ((moved + tables["pull"][c][i] * (average - was) + 2048) >> 12))
                pairs = zip(tables["parents"][i], tables["parent_weights"][i], strict=True)
                foreseen = sum(weight * (values[p] - expected[p]) for p, weight in pairs if weight)
                predicted = expected[i] + ((foreseen + 2048) >> 12)
                scale = tables["scale"][c][i] + ref["spread"][i] + ref["groups"][g] + frame - 256 * q
                level = clamp(scale >> 8, 0, 39)
                k = residual(reader, level)
                values.append(clamp(predicted + k * SCALES[q + 8], -LIMIT, LIMIT))
                mean.append(average + ((values[i] - average) >> 2))
                mass = TABLES[level][2]
                surprise = min(((abs(k) << 14) - mass) * (2**30 // (mass + 4096)) >> 22, 1024)
                frame += surprise * 64 >> 8
                total += surprise
                spread.append(clamp(ref["spread"][i] + (surprise * 32 >> 8), -8192, 8192))
            groups.append(clamp(ref["groups"][g] + (total * 512 // (size << 8) if size else 0), -8192, 8192))
        state = {"d": d, "q": q, "values": values, "before": ref["values"], "mean": mean}
        return {**state, "spread": spread, "groups": groups}


def _records(data: bytes) -> list[tuple[int, bytes]]:
    """The records of a stream file, by the page."""
    assert data[:6] == b"VVS\x00\x01\x00"
    assert zlib.crc32(data[:38]) == int.from_bytes(data[38:42], "little")
    records, at = [], 42
    while size := int.from_bytes(data[at : at + 4], "little"):
        block = data[at + 8 : at + 8 + size]
        assert zlib.crc32(block) == int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + size
        while block:
            head = shift = used = 0
            while True:
                byte = block[used]
                head |= (byte & 127) << shift
                shift, used = shift + 7, used + 1
                if byte < 128:
                    break
            records.append((head & 3, block[used : used + (head >> 2)]))
            block = block[used + (head >> 2) :]
    assert data[at:] == bytes(8)
    return records


def _page() -> Page:
    return Page(read_identity(make_codec.FOLDER / "codec.visavis").part("codec"))


def _digest(vectors: list[np.ndarray]) -> str:
    return hashlib.sha256(b"".join(vector.tobytes() for vector in vectors)).hexdigest()


def test_the_page_describes_the_golden_stream() -> None:
    page, faces, frame = _page(), [], 0
    for kind, payload in _records((make_codec.FOLDER / "codec.vvs").read_bytes()):
        if kind == 0:
            faces.append(page.decode(payload, frame)[0])
        frame += kind != 2
    assert frame == make_codec.FRAMES
    assert _digest(faces) == json.loads((make_codec.FOLDER / "codec.json").read_text())["stream"]


def test_the_page_describes_the_golden_call_and_its_acknowledgements() -> None:

    page, faces = _page(), []
    ours = FaceDecoder(FaceTables.from_arrays(read_identity(make_codec.FOLDER / "codec.visavis").part("codec")))
    for packet in make_codec.split_packets((make_codec.FOLDER / "codec_call.bin").read_bytes()):
        numbers, acknowledgement = page.decode(packet)
        faces.append(numbers)
        assert acknowledgement == ours.decode(packet).acknowledgement
    assert _digest(faces) == json.loads((make_codec.FOLDER / "codec.json").read_text())["call"]


def test_the_page_describes_mixed_numbers() -> None:
    random = np.random.default_rng(4)
    units = steps().astype(np.float64)
    mixing, scaled = quantise_mixing(random.normal(size=(56, 56)) * units[:, None])
    vectors = speaker(80)
    tables = train_tables(vectors, [], scaled, make_codec.LAYOUT, mixing)
    encoder, page = FaceEncoder(tables), Page(tables.to_arrays())
    decoder = FaceDecoder(FaceTables.from_arrays(tables.to_arrays()))
    for seq, vector in enumerate(vectors[:40]):
        packet = encoder.encode(make_codec.LAYOUT.unpack(vector), seq).payload
        encoder.acknowledge(seq)
        numbers = page.decode(packet)[0]
        decoded = make_codec.LAYOUT.pack(decoder.decode(packet).code)
        assert numbers.tobytes() == decoded.tobytes()
        assert decoded.tobytes() == make_codec.LAYOUT.pack(encoder.reconstruction(seq)).tobytes()
        taken_apart = tables.unmixing() @ (decoded - vector).astype(np.float64)
        assert np.abs(taken_apart).max() < 1.0
