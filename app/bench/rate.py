"""Where the face stream's bits go, what they buy, and what other ways of writing the same numbers take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from app.bench.lossless import float_bits, zstandard_bytes
from app.bench.metrics import Picture, psnr
from app.bench.report import Axis, Row
from app.bench.vmaf import VmafMeter, why_no_vmaf
from app.offline import Coding, DecodedFrame, Player, SeenFrame, code_frames, decode_frames
from codec.entropy import TABLES
from codec.face import FaceDecoder, FaceEncoder
from codec.face_packet import Anatomy
from codec.identity import Identity
from codec.statistics import FaceTables
from codec.transform import MOST_FRAMES
from models.field.warp import LANDMARK_DIMS, OUTLINE_DIMS
from models.render.base import Renderer

QUALITIES = (-4, -2, 0, 2, 4, 6, 8)
"""Steps of half to four times the personal ones."""

X = Axis("kbps", "payload without backgrounds and textures, kbps", logarithmic=True)

PANELS = (Axis("psnr_lost", "PSNR lost to quantisation, dB"), Axis("vmaf_lost", "VMAF lost to quantisation"))


@dataclass(frozen=True, slots=True)
class Footage:
    """Frames as they were filmed, and after tracking."""

    originals: Sequence[Picture]
    seen: Sequence[SeenFrame]
    fps: float

    def kbps(self, size: float) -> float:
        """The rate of so many bytes for all frames."""
        return size * 8 / 1000 * self.fps / len(self.seen)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike pictures and originals are: mean PSNR in dB, VMAF or not a number."""

    psnr: float
    vmaf: float


def measure_rate(
    identity: Identity, renderer: Renderer, footage: Footage, progress: Callable[[float], None]
) -> list[Row]:
    """Likeness lost at each quality and bundling, as rows of the rate-distortion curve.

    Args:
        identity: the person's.
        renderer: a renderer of that identity.
        footage: the frames.
        progress: called with the share that is done.
    """
    tables = FaceTables.from_arrays(identity.part("codec"))
    settings = [(bundle, quality) for bundle in (MOST_FRAMES, 1) for quality in QUALITIES]

    def part(done: int) -> Callable[[float], None]:
        return lambda share: progress((done + share) / (len(settings) + 1))

    as_seen = [DecodedFrame(frame.code, frame.renewal) for frame in footage.seen]
    exact = _likeness(footage, _pictures(identity, renderer, footage, as_seen, part(0)))
    rows: list[Row] = []
    for done, (bundle, quality) in enumerate(settings, 1):
        coding = code_frames(footage.seen, tables, quality, bundle)
        decoded = decode_frames(tables, coding.packets)
        like = _likeness(footage, _pictures(identity, renderer, footage, decoded, part(done)))
        row = {"frames_per_packet": bundle, "quality": quality, "kbps": footage.kbps(_face_bytes(coding))}
        lost = {"psnr_lost": exact.psnr - like.psnr, "vmaf_lost": exact.vmaf - like.vmaf}
        rows.append({**row, "psnr": like.psnr, "vmaf": like.vmaf, **lost})
    return rows


def _face_bytes(coding: Coding) -> int:
    return sum(len(packet.face or b"") for packet in coding.packets)


def _pictures(
    identity: Identity,
    renderer: Renderer,
    footage: Footage,
    frames: Iterable[DecodedFrame],
    progress: Callable[[float], None],
) -> list[Picture]:
    """Pictures of frames, from the identity's own background and colours on."""
    side = footage.originals[0].shape[0]
    player = Player(identity, renderer, (side, side))
    pictures: list[Picture] = []
    for frame in frames:
        pictures.append(player.show(frame))
        progress(len(pictures) / len(footage.seen))
    return pictures


def _likeness(footage: Footage, pictures: Sequence[Picture]) -> Likeness:
    side = footage.originals[0].shape[0]
    pairs = list(zip(footage.originals, pictures, strict=True))
    vmaf = float("nan")
    if why_no_vmaf(side) is None:
        meter = VmafMeter(side)
        for original, picture in pairs:
            meter.add(original, picture)
        vmaf = meter.score()
    return Likeness(float(np.mean([psnr(original, picture) for original, picture in pairs])), vmaf)


@dataclass(frozen=True, slots=True)
class Bill:
    """What a coded clip's bytes went into.

    Attributes:
        fields: information in bits of each field.
        payload_bits: what the packets take.
        packets: how many.
        codec_ms: time to encode and decode a frame, its median.
    """

    fields: dict[str, float]
    payload_bits: int
    packets: int
    codec_ms: float

    @property
    def information_bits(self) -> float:
        """The model's own information content."""
        return sum(self.fields.values())


def itemise(tables: FaceTables, footage: Footage, quality: int = 0, bundle: int = MOST_FRAMES) -> Bill:
    """Codes the frames, and adds up what the bytes are for."""
    coding = code_frames(footage.seen, tables, quality, bundle)
    per_number, header = np.zeros(tables.layout.size), 0.0
    for anatomy in coding.anatomies:
        per_number += bits_by_number(anatomy)
        header += anatomy.header_bits
    decoder, decode_ms, first = FaceDecoder(tables), [], 0
    for packet in coding.packets:
        if packet.face is not None:
            started_ns = time.perf_counter_ns()
            decoder.decode(packet.face, first)
            decode_ms += [(time.perf_counter_ns() - started_ns) / 1e6 / packet.frames] * packet.frames
        first += packet.frames
    by_field = _shares(tables) @ per_number
    fields = {name: float(by_field[members].sum()) for name, members in _fields(tables).items()}
    codec_ms = float(np.median(coding.encode_ms) + np.median(decode_ms))
    return Bill({"header": header, **fields}, 8 * _face_bytes(coding), len(coding.anatomies), codec_ms)


def bits_by_number(anatomy: Anatomy) -> NDArray[np.float64]:
    """Information that a packet holds of each number or component, (N,) bits."""
    rows = [pair for part in anatomy.parts for pair in zip(part.residuals, part.levels, strict=True)]
    return np.sum([[TABLES[c].bits(k) for k, c in zip(*row, strict=True)] for row in rows], axis=0)


def _fields(tables: FaceTables) -> dict[str, slice]:
    """Kinds of numbers in a frame's vector, those that the person has."""
    groups = tables.layout.groups
    start = groups["pose"].start
    outline = LANDMARK_DIMS + OUTLINE_DIMS
    fields = {
        "landmarks": slice(0, LANDMARK_DIMS),
        "outline": slice(LANDMARK_DIMS, outline),
        "learned": slice(outline, start),
        "rotation": slice(start, start + 3),
        "position": slice(start + 3, start + 6),
        "torso": groups["torso"],
        "free form": groups["freeform"],
    }
    return {name: members for name, members in fields.items() if members.start < members.stop}


def _shares(tables: FaceTables) -> NDArray[np.float64]:
    """What share of a component's bits is for each number, (N, N).

    A component moves many numbers. Its bits are shared out by the squares of these moves, each in terms of what all
    components together move that number.
    """
    if tables.mixing is None:
        return np.eye(tables.layout.size)
    mixing = tables.mixing.astype(np.float64)
    squares = mixing**2 / (mixing**2).sum(1, keepdims=True)
    return np.asarray(squares / squares.sum(0))


def field_rows(tables: FaceTables, footage: Footage) -> list[Row]:
    """Where the bits of the usual quality go, with five frames to a packet and with one: a row for each field."""
    bills = {bundle: itemise(tables, footage, bundle=bundle) for bundle in (MOST_FRAMES, 1)}
    plates = footage.kbps(sum(len(frame.renewal.plate or b"") for frame in footage.seen))
    textures = footage.kbps(sum(len(frame.renewal.texture or b"") for frame in footage.seen))

    def row(name: str, figure: Callable[[Bill], float]) -> Row:
        return {"field": name, **{_column(bundle): figure(bill) for bundle, bill in bills.items()}}

    def kbps(bits: float) -> float:
        return footage.kbps(bits / 8)

    def part(name: str, bill: Bill) -> float:
        return kbps(bill.fields[name])

    return [
        *(row(f"{name}, kbps", partial(part, name)) for name in bills[1].fields),
        row("flush, kbps", lambda bill: kbps(bill.payload_bits - bill.information_bits)),
        row("payload, kbps", lambda bill: kbps(bill.payload_bits)),
        row("over information, %", lambda bill: 100 * (bill.payload_bits / bill.information_bits - 1)),
        row("flush, bytes per packet", lambda bill: (bill.payload_bits - bill.information_bits) / 8 / bill.packets),
        row("backgrounds, kbps", lambda _: plates),
        row("textures, kbps", lambda _: textures),
        row("encode and decode, ms per frame", lambda bill: bill.codec_ms),
    ]


def _column(bundle: int) -> str:
    return "one frame to a packet" if bundle == 1 else f"{bundle} frames to a packet"


def rival_rows(tables: FaceTables, footage: Footage) -> list[Row]:
    """What other ways of writing the same numbers take."""
    encoder = FaceEncoder(tables)
    codes = [frame.code for frame in footage.seen if frame.code is not None]
    exact = np.stack([tables.layout.pack(code) for code in codes])
    coding = code_frames(footage.seen, tables)
    ours = footage.kbps(_face_bytes(coding))
    whole = np.rint(encoder.components(codes) / 256).astype(np.int64)
    residuals = np.concatenate([np.asarray(part.residuals) for anatomy in coding.anatomies for part in anatomy.parts])
    sizes = {
        "visavis, 5 frames to a packet": ours,
        "visavis, one frame to a packet": footage.kbps(_face_bytes(code_frames(footage.seen, tables, bundle=1))),
        "its residuals by zstandard, the whole clip at once": footage.kbps(zstandard_bytes([residuals])),
        "rounded numbers by zstandard, the whole clip at once": footage.kbps(zstandard_bytes([whole])),
        "their differences by zstandard, the whole clip at once": footage.kbps(
            zstandard_bytes([np.diff(whole, axis=0, prepend=0)])
        ),
        "their differences by zstandard, packet by packet": footage.kbps(
            zstandard_bytes(np.diff(whole, axis=0, prepend=0)[:, None])
        ),
        "16-bit floats": footage.kbps(2 * exact.size),
        "16-bit floats by zstandard, the whole clip at once": footage.kbps(zstandard_bytes([exact.astype(np.float16)])),
        "16-bit floats, entropy-coded": footage.kbps(float_bits(exact) / 8),
    }
    return [{"coding": name, "kbps": kbps, "times ours": kbps / ours} for name, kbps in sizes.items()]
