from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codec.entropy import TABLES
from codec.face import KEPT, MAX_PACKET, RING, DecodedFace, FaceDecoder, FaceEncoder, MissingReference
from codec.face_packet import Anatomy
from codec.layout import Layout
from codec.packet_header import MAX_SEQ
from codec.quantise import QUALITY_MAX, QUALITY_MIN, UNIT, scale_of
from codec.statistics import FaceTables
from codec.types import FaceCode, Stakes
from tests.codec.motion import speaker

LAYOUT = Layout()


def _same(a: FaceCode, b: FaceCode) -> bool:
    return LAYOUT.pack(a).tobytes() == LAYOUT.pack(b).tobytes()


def _code(vector: np.ndarray) -> FaceCode:
    return LAYOUT.unpack(np.asarray(vector, np.float32))


def test_file_order_is_exact_small_and_within_the_dead_zone(tables: FaceTables) -> None:
    encoder, decoder = FaceEncoder(tables), FaceDecoder(tables)
    numbers = speaker(300, start=600)
    sizes, worst = [], 0.0
    for seq, vector in enumerate(numbers):
        coded = encoder.encode(_code(vector), seq, in_order=True)
        decoded = decoder.decode(coded.payload, seq)
        assert (decoded.seq, decoded.reference_seq) == (seq, coded.reference_seq)
        assert _same(decoded.code, encoder.reconstruction(seq))
        worst = max(worst, float((np.abs(LAYOUT.pack(decoded.code) - vector) / tables.steps).max()))
        assert encoder.acknowledge(seq)
        sizes.append(len(coded.payload))
    assert worst <= 1.02
    assert np.mean(sizes[1:]) < 16
    assert sizes[0] < 80


def _packets_of_any_size(
    numbers: np.ndarray, random_: random.Random, most: int
) -> Iterator[tuple[int, list[FaceCode]]]:
    first = 0
    while first < len(numbers):
        codes = [_code(vector) for vector in numbers[first : first + random_.randint(1, most)]]
        yield first, codes
        first += len(codes)


@pytest.mark.parametrize("seed", range(12))
def test_any_pattern_of_loss_delay_and_reordering_stays_exact(tables: FaceTables, seed: int) -> None:
    """What is decoded is bit-exact to the encoder's reconstruction, and after an outage it goes on."""
    random_ = random.Random(seed)
    loss, delay = random_.choice([0.0, 0.1, 0.5, 0.9]), random_.randint(0, 6)
    outage = range(120, 120 + random_.choice([0, 20, 70, 150]))
    encoder, decoder = FaceEncoder(tables), FaceDecoder(tables)
    forward: list[tuple[int, bytes]] = []
    back: list[tuple[int, bytes]] = []
    truth: dict[int, FaceCode] = {}
    decoded_seqs = []
    for now, codes in _packets_of_any_size(speaker(400), random_, random_.choice([1, 1, 3, 5])):
        for _, message in [item for item in back if item[0] <= now]:
            encoder.acknowledge(message)
        back = [item for item in back if item[0] > now]
        coded = encoder.encode_several(codes, now, quality=random_.choice([0, 0, 0, 2, -3]))
        truth |= {seq: encoder.reconstruction(seq) for seq in range(now, now + len(codes))}
        if random_.random() >= loss and now not in outage:
            forward += [(now + delay + random_.randint(0, 3), coded.payload)] * random_.choice([1, 1, 1, 2])
        for _, payload in [item for item in forward if item[0] <= now]:
            decoded = decoder.decode(payload)
            for seq, code in enumerate(decoded.codes, decoded.seq - len(decoded.codes) + 1):
                assert _same(code, truth[seq])
            decoded_seqs.append(decoded.seq)
            if random_.random() >= loss:
                back.append((now + delay, decoded.acknowledgement))
        forward = [item for item in forward if item[0] > now]
    assert decoded_seqs
    assert max(decoded_seqs) > 350


@pytest.mark.parametrize("count", [1, 5])
def test_a_fifth_lost_and_bursts_of_ten_neither_break_nor_drift(tables: FaceTables, count: int) -> None:
    """Every packet that arrives decodes, bit-exact, and is as near to what was sent as it is without loss."""
    errors = {}
    for loss in (0.0, 0.2):
        random_ = random.Random(3)
        encoder, decoder = FaceEncoder(tables), FaceDecoder(tables)
        burst, arrived, errors[loss] = 0, 0, 0.0
        for turn, (first, codes) in enumerate(_packets(speaker(500), count)):
            burst = 10 if loss and turn % 40 == 20 else burst - 1
            coded = encoder.encode_several(codes, first)
            if loss and (burst > 0 or random_.random() < loss):
                continue
            decoded = decoder.decode(coded.payload)
            arrived += 1
            for seq, (sent, got) in enumerate(zip(codes, decoded.codes, strict=True), first):
                assert _same(got, encoder.reconstruction(seq))
                errors[loss] += float((((LAYOUT.pack(got) - LAYOUT.pack(sent)) / tables.steps) ** 2).mean()) / count
            if random_.random() >= loss:
                encoder.acknowledge(decoded.acknowledgement)
        errors[loss] /= arrived
    assert errors[0.2] < 1.1 * errors[0.0]


def test_without_acknowledgement_every_frame_is_a_key_frame(tables: FaceTables) -> None:
    encoder = FaceEncoder(tables)
    for seq, vector in enumerate(speaker(5)):
        coded = encoder.encode(_code(vector), seq)
        assert coded.reference_seq is None
        assert FaceDecoder(tables).decode(coded.payload).seq == seq


def test_a_reference_older_than_the_ring_gives_a_key_frame(tables: FaceTables) -> None:
    encoder, code = FaceEncoder(tables), _code(speaker(1)[0])
    encoder.encode(code, 0)
    assert encoder.acknowledge(0)
    assert encoder.encode(code, RING - 1).reference_seq == 0
    assert encoder.encode(code, RING).reference_seq is None


def test_far_jumps_of_the_frame_number_are_carried_whole(tables: FaceTables) -> None:
    encoder, decoder, code = FaceEncoder(tables), FaceDecoder(tables), _code(speaker(1)[0])
    for seq in (0, 1, 40, 103, 5000, MAX_SEQ - 40, MAX_SEQ):
        decoded = decoder.decode(encoder.encode(code, seq).payload)
        assert decoded.seq == seq
        assert encoder.acknowledge(decoded.acknowledgement)


def test_the_header_costs_under_two_bytes_on_a_call_and_nothing_in_a_file(tables: FaceTables) -> None:
    code = _code(speaker(1)[0])
    for in_order, most in ((True, 0.5), (False, 13.0)):
        encoder = FaceEncoder(tables)
        encoder.encode(code, 0, in_order=in_order)
        encoder.acknowledge(0)
        encoder.encode(code, 1 if in_order else 3, in_order=in_order)
        assert encoder.latest is not None
        assert encoder.latest.header_bits < most


def _information_bits(anatomy: Anatomy) -> float:
    """The model's own information content of a packet."""
    rows = [pair for part in anatomy.parts for pair in zip(part.residuals, part.levels, strict=True)]
    return anatomy.header_bits + sum(TABLES[c].bits(k) for row in rows for k, c in zip(*row, strict=True))


@pytest.mark.parametrize(("count", "most"), [(1, 1.10), (5, 1.03)])
def test_bytes_are_near_the_information_that_they_hold(tables: FaceTables, count: int, most: float) -> None:
    encoder, taken, held = FaceEncoder(tables), 0, 0.0
    for first, codes in _packets(speaker(300), count):
        coded = encoder.encode_several(codes, first, in_order=True)
        encoder.acknowledge(coded.seq)
        assert encoder.latest is not None
        bits = _information_bits(encoder.latest)
        assert 8 * len(coded.payload) - bits <= 8.0
        taken, held = taken + 8 * len(coded.payload), held + bits
    assert taken <= most * held


def _packets(numbers: np.ndarray, count: int) -> list[tuple[int, list[FaceCode]]]:
    starts = range(0, len(numbers), count)
    return [(first, [_code(vector) for vector in numbers[first : first + count]]) for first in starts]


@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_several_frames_take_fewer_bytes_at_the_same_error(tables: FaceTables, count: int) -> None:
    noisy = speaker(300, start=600) + 0.3 * tables.steps * np.random.default_rng(0).standard_normal((300, LAYOUT.size))
    sizes, errors = {}, {}
    for n in (1, count):
        encoder, decoder = FaceEncoder(tables), FaceDecoder(tables)
        sizes[n] = errors[n] = 0.0
        for first, codes in _packets(noisy, n):
            coded = encoder.encode_several(codes, first, in_order=True)
            decoded = decoder.decode(coded.payload, first)
            assert len(decoded.codes) == len(codes)
            assert decoded.seq == coded.seq == first + len(codes) - 1
            for seq, (a, b) in enumerate(zip(codes, decoded.codes, strict=True), first):
                assert _same(b, encoder.reconstruction(seq))
                errors[n] += float((((LAYOUT.pack(a) - LAYOUT.pack(b)) / tables.steps) ** 2).sum())
            encoder.acknowledge(coded.seq)
            sizes[n] += len(coded.payload)
    assert sizes[count] < 0.95 * sizes[1]
    assert errors[count] < 1.05 * errors[1]


def test_a_key_packet_of_several_frames_stands_alone(tables: FaceTables) -> None:
    encoder = FaceEncoder(tables)
    codes = [_code(vector) for vector in speaker(7)]
    coded = encoder.encode_several(codes[:5], 70)
    assert (coded.seq, coded.reference_seq, coded.frames) == (74, None, 5)
    decoded = FaceDecoder(tables).decode(coded.payload)
    assert (decoded.seq, decoded.reference_seq, len(decoded.codes)) == (74, None, 5)
    assert encoder.acknowledge(decoded.acknowledgement)
    assert encoder.encode_several(codes[5:], 75).reference_seq == 74


def test_coarser_quality_is_smaller(tables: FaceTables) -> None:
    sizes = []
    for quality in (QUALITY_MIN, -4, 0, 4, 8, QUALITY_MAX):
        encoder, decoder, size = FaceEncoder(tables), FaceDecoder(tables), 0
        for seq, vector in enumerate(speaker(60)):
            coded = encoder.encode(_code(vector), seq, quality)
            assert decoder.decode(coded.payload).quality == quality
            encoder.acknowledge(seq)
            size += len(coded.payload)
        sizes.append(size)
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 3 * sizes[-1]


def test_a_still_face_costs_next_to_nothing(tables: FaceTables) -> None:
    encoder, code = FaceEncoder(tables), _code(speaker(1)[0])
    sizes = []
    for seq in range(60):
        sizes.append(len(encoder.encode(code, seq, in_order=True).payload))
        encoder.acknowledge(seq)
    assert max(sizes[40:]) <= 3


def test_a_forged_or_stale_acknowledgement_changes_nothing(tables: FaceTables) -> None:
    encoder, decoder = FaceEncoder(tables), FaceDecoder(tables)
    first, second = (decoder.decode(encoder.encode(_code(v), s).payload) for s, v in enumerate(speaker(2)))
    forged = first.acknowledgement[:2] + bytes([second.acknowledgement[2] ^ 1, second.acknowledgement[3]])
    assert not encoder.acknowledge(forged)
    assert encoder.reference_seq is None
    assert encoder.acknowledge(second.acknowledgement)
    assert not encoder.acknowledge(first.acknowledgement)
    for junk in (b"", b"abc", b"\xff" * 4, b"\x00" * 5, 77, -1):
        assert not encoder.acknowledge(junk)
    assert encoder.reference_seq == 1


def test_a_receiver_with_other_tables_never_becomes_a_reference(tables: FaceTables) -> None:
    encoder, decoder = FaceEncoder(tables), FaceDecoder(FaceTables.generic())
    for seq, vector in enumerate(speaker(20)):
        try:
            decoded = decoder.decode(encoder.encode(_code(vector), seq).payload)
        except ValueError:
            continue
        assert not encoder.acknowledge(decoded.acknowledgement)
    assert encoder.reference_seq is None


def test_a_packet_without_its_reference_is_told_apart(tables: FaceTables) -> None:
    encoder, code = FaceEncoder(tables), _code(speaker(1)[0])
    encoder.encode(code, 0)
    encoder.acknowledge(0)
    with pytest.raises(MissingReference):
        FaceDecoder(tables).decode(encoder.encode(code, 1).payload)
    with pytest.raises(MissingReference):
        FaceDecoder(tables).decode(encoder.encode(code, 2, in_order=True).payload, 2)


def test_a_sender_that_starts_anew_is_followed(tables: FaceTables) -> None:
    decoder, code = FaceDecoder(tables), _code(speaker(1)[0])
    decoder.decode(FaceEncoder(tables).encode(code, 100_000).payload)
    encoder = FaceEncoder(tables)
    for seq in range(3):
        decoded = decoder.decode(encoder.encode(code, seq).payload)
        assert decoded.seq == seq
        assert encoder.acknowledge(decoded.acknowledgement)


def test_reset_makes_the_next_frame_a_key_frame(tables: FaceTables) -> None:
    encoder, code = FaceEncoder(tables), _code(speaker(1)[0])
    encoder.encode(code, 0)
    encoder.acknowledge(0)
    encoder.reset()
    assert encoder.encode(code, 1).reference_seq is None


def test_a_cut_gives_a_key_frame_by_itself(tables: FaceTables) -> None:
    encoder = FaceEncoder(tables)
    keys = []
    for seq, vector in enumerate([*speaker(40), *speaker(20, seed=9, start=5000)]):
        coded = encoder.encode(_code(vector), seq, in_order=True)
        encoder.acknowledge(seq)
        keys += [seq] if coded.reference_seq is None else []
    assert keys[0] == 0
    assert keys[1] == 40


def test_wrong_use_is_refused(tables: FaceTables) -> None:
    encoder, code = FaceEncoder(tables), _code(speaker(1)[0])
    encoder.encode(code, 5)
    for seq in (5, 4, MAX_SEQ + 1):
        with pytest.raises(ValueError, match="does not follow"):
            encoder.encode(code, seq)
    with pytest.raises(ValueError, match="quality"):
        encoder.encode(code, 6, QUALITY_MAX + 1)
    for codes in ([], [code] * 6):
        with pytest.raises(ValueError, match="packet of"):
            encoder.encode_several(codes, 6)
    with pytest.raises(ValueError, match="another layout"):
        FaceEncoder(tables, Layout(3))
    with pytest.raises(ValueError, match="another layout"):
        FaceDecoder(tables, Layout(3))
    with pytest.raises(ValueError, match="among the last"):
        encoder.reconstruction(4)


def test_the_rings_stay_bounded(tables: FaceTables) -> None:
    encoder, decoder, code = FaceEncoder(tables), FaceDecoder(tables), _code(speaker(1)[0])
    for seq in range(3 * KEPT):
        decoder.decode(encoder.encode(code, seq).payload)
    assert len(encoder._ring) <= RING
    assert len(decoder._ring) <= KEPT


extreme = st.floats(width=32, allow_nan=False, allow_infinity=False)


@given(st.lists(extreme, min_size=LAYOUT.size, max_size=LAYOUT.size), st.integers(QUALITY_MIN, QUALITY_MAX))
@settings(max_examples=50)
def test_any_finite_numbers_are_coded_exactly(tables: FaceTables, numbers: list[float], quality: int) -> None:
    encoder, decoder = FaceEncoder(tables), FaceDecoder(tables)
    for seq in range(3):
        codes = [_code(np.array(numbers, np.float32) * (1 - 2 * (at % 2))) for at in range(5)]
        coded = encoder.encode_several(codes, 5 * seq, quality)
        assert len(coded.payload) <= MAX_PACKET
        decoded = decoder.decode(coded.payload)
        for at, code in enumerate(decoded.codes, 5 * seq):
            assert _same(code, encoder.reconstruction(at))
        assert encoder.acknowledge(decoded.acknowledgement)


@given(st.lists(st.tuples(st.binary(max_size=80), st.one_of(st.none(), st.integers(-2, 200))), max_size=12))
@settings(max_examples=200)
def test_any_bytes_decode_or_raise_a_value_error(tables: FaceTables, packets: list[tuple[bytes, int | None]]) -> None:
    decoder = FaceDecoder(tables)
    for payload, seq in packets:
        try:
            decoded = decoder.decode(payload, seq)
        except ValueError:
            continue
        assert isinstance(decoded, DecodedFace)
        assert all(np.isfinite(LAYOUT.pack(code)).all() for code in decoded.codes)


@given(st.integers(0, 29), st.integers(0, 10_000), st.integers(0, 7))
@settings(max_examples=150)
def test_flipped_and_truncated_packets_decode_or_raise_a_value_error(
    tables: FaceTables, hit: int, position: int, bit: int
) -> None:
    encoder, decoder = FaceEncoder(tables), FaceDecoder(tables)
    for seq, vector in enumerate(speaker(30)):
        payload = encoder.encode(_code(vector), seq).payload
        if seq == hit and payload:
            damaged = bytearray(payload)
            damaged[position % len(damaged)] ^= 1 << bit
            payload = bytes(damaged[: position % len(damaged) + 2])
        try:
            decoded = decoder.decode(payload)
        except ValueError:
            continue
        # A damaged packet that still decodes is found out by its digest, so no later one builds on it.
        exact = decoded.seq <= seq and decoded.seq in encoder._ring
        if encoder.acknowledge(decoded.acknowledgement):
            assert exact
            assert _same(decoded.code, encoder.reconstruction(encoder.reference_seq or 0))


def test_an_oversized_packet_is_refused(tables: FaceTables) -> None:
    with pytest.raises(ValueError, match="exceeds"):
        FaceDecoder(tables).decode(bytes(MAX_PACKET + 1))
    with pytest.raises(ValueError, match="longer than its content"):
        FaceDecoder(tables).decode(FaceEncoder(tables).encode(_code(speaker(1)[0]), 0).payload + b"\x01" * 5)


def _picture_error(stakes: list[Stakes], tables: FaceTables, sent: list[FaceCode], got: tuple[FaceCode, ...]) -> float:
    error = 0.0
    for frame, one, other in zip(stakes, sent, got, strict=True):
        off = ((LAYOUT.pack(other) - LAYOUT.pack(one)) / tables.steps).astype(float)
        error += 2 * frame.slope.astype(float) @ off + off @ frame.curvature.astype(float) @ off
    return error


@pytest.mark.parametrize(("count", "quality"), [(1, 0), (3, 2), (5, 0), (5, -3)])
def test_what_is_at_stake_buys_a_better_picture_for_its_bytes(tables: FaceTables, count: int, quality: int) -> None:
    """Frames of which some numbers show much and others little, and whose numbers are not their pictures' best."""
    random_, cost = np.random.default_rng(5), {}
    numbers = speaker(100 * count)
    axes = [np.linalg.qr(random_.normal(size=(LAYOUT.size, LAYOUT.size)))[0] for _ in numbers]
    forms = [a * 2.0 ** random_.uniform(-2, 1, LAYOUT.size) @ a.T for a in axes]
    slopes = [0.3 * random_.normal(size=LAYOUT.size) for _ in numbers]
    stakes = [Stakes(f.astype(np.float16), s.astype(np.float16), 0.15) for f, s in zip(forms, slopes, strict=True)]
    for known in (False, True):
        encoder, decoder, size, error = FaceEncoder(tables), FaceDecoder(tables), 0, 0.0
        for first, codes in _packets(numbers, count):
            at_stake = stakes[first : first + len(codes)]
            coded = encoder.encode_several(codes, first, quality, stakes=at_stake if known else ())
            decoded = decoder.decode(coded.payload)
            assert all(_same(got, encoder.reconstruction(seq)) for seq, got in enumerate(decoded.codes, first))
            encoder.acknowledge(decoded.acknowledgement)
            size += len(coded.payload)
            error += _picture_error(at_stake, tables, codes, decoded.codes)
        cost[known] = error + 0.15 * (scale_of(quality) / UNIT) ** 2 * 8 * size
    assert cost[True] < 0.95 * cost[False]


def test_stakes_of_some_frames_alone_are_left_aside(tables: FaceTables) -> None:
    codes, one = (
        [_code(vector) for vector in speaker(10)],
        Stakes(np.zeros((4, 4), np.float16), np.ones(4, np.float16), 9.0),
    )
    payloads = []
    for stakes in ([], [one] * 4):
        encoder = FaceEncoder(tables)
        encoder.encode_several(codes[:5], 0, stakes=stakes)
        encoder.acknowledge(4)
        payloads.append(encoder.encode_several(codes[5:], 5, stakes=stakes).payload)
    assert payloads[0] == payloads[1]
