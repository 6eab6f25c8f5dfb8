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
from codec.statistics import FaceTables
from codec.table_training import train_tables
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

    def decode(self, packet: bytes, number: int | None = None) -> tuple[list[np.ndarray], bytes]:
        reader, in_order = Reader(packet), number is not None
        key = reader.flag(4)
        if number is None:
            if key or reader.flag(1):
                number = reader.bits(32)
            else:
                low, newest = reader.bits(5), max(self.ring)
                number = next(n for n in range(newest - 15, newest + 17) if n % 32 == low)
        if key:
            n = reader.bits(3) if reader.flag(8) else 1
            quality = reader.bits(5) - 8 if reader.flag(64) else 0
            frames, state = self.key(reader, quality)
            if n > 1:
                rest, state = self.inter(reader, state, 1, n - 1, quality)
                frames, state = frames + rest, {**state, "n": n}
        else:
            d = self.distance(reader, in_order)
            reference = self.ring[number - d]
            n = reader.bits(3) if reader.flag(8) else reference["n"]
            quality = reader.bits(5) - 8 if reader.flag(8) else reference["q"]
            frames, state = self.inter(reader, reference, d, n, quality)
        last = number + n - 1
        self.ring[last] = state
        parts = [state[name] for name in ("values", "before", "spread", "orders")]
        numbers = [last % 2**31, state["d"], n, quality, *(value for part in parts for value in part)]
        digest = zlib.crc32(np.array(numbers, "<i4").tobytes()) % 2**16
        return [self.numbers(values) for values in frames], np.array([last % 2**16, digest], "<u2").tobytes()

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

    def key(self, reader: Reader, q: int) -> tuple[list[list[int]], dict[str, Any]]:
        values = []
        for centre, scale in zip(self.tables["centre"], self.tables["key_scale"], strict=True):
            k = residual(reader, clamp((scale >> 8) - q, 0, 39))
            values.append(clamp(centre + k * SCALES[q + 8], -LIMIT, LIMIT))
        still = [0] * len(values)
        return [values], {
            "d": 1,
            "n": 1,
            "q": q,
            "values": values,
            "before": values,
            "spread": still,
            "orders": [0] * 5,
        }

    def inter(
        self, reader: Reader, ref: dict[str, Any], d: int, n: int, q: int
    ) -> tuple[list[list[int]], dict[str, Any]]:
        size = len(ref["values"])
        k = [[0] * size for _ in range(n)]
        own, totals, orders = [0] * size, [0] * size, list(ref["orders"])
        packet = 0
        for m in range(n):
            total = 0
            for i in range(size):
                scale = self.scale(d, n, m, i) + ref["spread"][i] + ref["orders"][m] + own[i] + packet - 256 * q
                level = clamp(scale >> 8, 0, 39)
                k[m][i] = residual(reader, level)
                mass = TABLES[level][2]
                surprise = min(((abs(k[m][i]) << 14) - mass) * (2**30 // (mass + 4096)) >> 22, 1024)
                packet += surprise * 176 >> 8
                own[i] += surprise * 128 >> 8
                totals[i] += surprise
                total += surprise
            orders[m] = clamp(ref["orders"][m] + total * 1024 // (size << 8), -8192, 8192)
        spread = [clamp(was + (by * 48 >> 8), -8192, 8192) for was, by in zip(ref["spread"], totals, strict=True)]
        frames = [[self.value(ref, d, n, j, i, q, [row[i] for row in k]) for i in range(size)] for j in range(n)]
        before, apart = (ref["values"], d) if n == 1 else (frames[-2], 1)
        state = {"d": apart, "n": n, "q": q, "values": frames[-1], "before": before}
        return frames, {**state, "spread": spread, "orders": orders}

    def scale(self, d: int, n: int, m: int, i: int) -> int:
        scales = self.tables["scale"]
        if n == 1:
            return int(scales[distance_class(d)][i])
        row = self.tables["order_scale"][{2: 0, 3: 2, 4: 5, 5: 9}[n] + m][i]
        return int(row + (scales[distance_class(d)][i] - scales[0][i] if m == 0 else 0))

    def value(self, ref: dict[str, Any], d: int, n: int, j: int, i: int, q: int, k: list[int]) -> int:
        was, moved = ref["values"][i], ref["values"][i] - ref["before"][i]
        velocity = self.tables["velocity"][distance_class(d + j)][i]
        expected = was + ((velocity * (moved * (d + j) // ref["d"]) + 2048) >> 12)
        start = {2: 0, 3: 4, 4: 13, 5: 29}
        functions = [1 << 14] if n == 1 else [self.tables["basis"][start[n] + n * m + j][i] for m in range(n)]
        total = sum(f * level for f, level in zip(functions, k, strict=True))
        return clamp(expected + ((total * SCALES[q + 8] + 8192) >> 14), -LIMIT, LIMIT)


def distance_class(d: int) -> int:
    return next((c for c, end in enumerate((1, 2, 3, 5, 9, 20, 63)) if d <= end), 6)


def _records(data: bytes) -> list[tuple[int, bytes]]:
    """The records of a stream file, by the page."""
    assert data[:6] == b"VVS\x00\x04\x00"
    assert tuple(data[6:10]) == make_codec.LAYOUT.sizes
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
            records.append((head & 7, block[used : used + (head >> 3)]))
            block = block[used + (head >> 3) :]
    assert data[at:] == bytes(8)
    return records


def _page() -> Page:
    return Page(read_identity(make_codec.FOLDER / "codec.visavis").part("codec"))


def _digest(vectors: list[np.ndarray]) -> str:
    return hashlib.sha256(b"".join(vector.tobytes() for vector in vectors)).hexdigest()


def test_the_page_describes_the_golden_stream() -> None:
    page, faces, frame = _page(), [], 0
    for kind, payload in _records((make_codec.FOLDER / "codec.vvs").read_bytes()):
        if 1 <= kind <= 5:
            decoded = page.decode(payload, frame)[0]
            assert len(decoded) == kind
            faces += decoded
        frame += 0 if kind in (6, 7) else max(kind, 1)
    assert frame == make_codec.FRAMES
    assert _digest(faces) == json.loads((make_codec.FOLDER / "codec.json").read_text())["stream"]


def test_the_page_describes_the_golden_call_and_its_acknowledgements() -> None:

    page, faces = _page(), []
    ours = FaceDecoder(FaceTables.from_arrays(read_identity(make_codec.FOLDER / "codec.visavis").part("codec")))
    for packet in make_codec.split_packets((make_codec.FOLDER / "codec_call.bin").read_bytes()):
        numbers, acknowledgement = page.decode(packet)
        faces += numbers
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
    for first in range(0, 40, 4):
        codes = [make_codec.LAYOUT.unpack(vector) for vector in vectors[first : first + 4]]
        coded = encoder.encode_several(codes, first)
        encoder.acknowledge(coded.seq)
        pairs = zip(page.decode(coded.payload)[0], decoder.decode(coded.payload).codes, strict=True)
        for seq, (numbers, code) in enumerate(pairs, first):
            decoded = make_codec.LAYOUT.pack(code)
            assert numbers.tobytes() == decoded.tobytes()
            assert decoded.tobytes() == make_codec.LAYOUT.pack(encoder.reconstruction(seq)).tobytes()
            taken_apart = tables.unmixing() @ (decoded - vectors[seq]).astype(np.float64)
            assert np.abs(taken_apart).max() < 3.0


def test_the_page_holds_the_generic_functions() -> None:
    generic = FaceTables.generic()
    rows = re.findall(r"    2:.*?\n\n", PAGE, re.DOTALL)[0]
    numbers = [int(word) for word in re.sub(r"\d:", " ", rows).replace("|", " ").split()]
    assert generic.basis[:, 0].tolist() == numbers
    growth = re.findall(r"`scale\[0\]` plus ([^.]*)\.", PAGE)[0].replace("−", "-").replace("|", " ").split()
    assert (generic.order_scale[:, 0] - generic.scale[0, 0]).tolist() == [int(word) for word in growth]
