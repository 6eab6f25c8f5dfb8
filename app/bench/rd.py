"""Likeness against bitrate: the face stream and H.265, each at several qualities, on the same frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext

from app.bench.face_likeness import FaceMeter, FaceRecogniser
from app.bench.likeness import LikenessMeter
from app.bench.metrics import Picture
from app.bench.regions import Regions
from app.bench.report import Axis, Row
from app.offline import Player, SeenFrame, code_frames, decode_frames
from codec.h265 import H265Decoder
from codec.identity import Identity
from codec.statistics import FaceTables
from models.render.base import Renderer

QUALITIES = (-4, 0, 4, 8, 12)
"""Steps of half to eight times the personal ones."""

CRFS = (51, 46, 42, 38, 34)
"""Of libx265: from the coarsest that it has to a good picture at 256 x 256. A constant quality is the best it can do:
held to a rate that a link bears at every moment, it loses 1 to 3 dB."""

X265_OPTIONS = {
    "preset": "slow",
    "tune": "zerolatency",
    "x265-params": "info=0:keyint=-1:repeat-headers=1:log-level=none",
}
"""One key frame, then nothing but what changed, and no picture held back: what a call could use."""

OURS, RIVAL = "visavis", "x265"

SHOWN = 4
"""Frames whose pictures are kept, evenly spread."""

X = Axis("kbps", "payload, kbps", logarithmic=True)

PANELS = (
    Axis("psnr", "PSNR, dB"),
    Axis("ssim", "SSIM"),
    Axis("ms_ssim", "MS-SSIM"),
    Axis("vmaf", "VMAF"),
    Axis("psnr_person", "PSNR of the person, dB"),
    Axis("psnr_features", "PSNR of mouth and eyes, dB"),
    Axis("prmse", "head pose error, degrees"),
    Axis("csim", "identity, cosine"),
)
"""What is drawn; VMAF and identity only where they were measured."""


@dataclass(frozen=True, slots=True)
class Footage:
    """What every way of coding is given.

    Attributes:
        originals: uint8 (N, N, 3), the frames as they were filmed.
        seen: the same frames after tracking.
        regions: where the person is in them.
        fps: frames per second.
        identity: the person's, or None where faces are not to be compared.
        recogniser: what tells people apart, or None.
    """

    originals: Sequence[Picture]
    seen: Sequence[SeenFrame]
    regions: Sequence[Regions]
    fps: float
    identity: Identity | None = None
    recogniser: FaceRecogniser | None = None

    @property
    def side(self) -> int:
        """Side of the pictures, pixels."""
        return int(self.originals[0].shape[0])

    @property
    def shown(self) -> list[int]:
        """Numbers of the frames whose pictures are kept."""
        total = len(self.originals)
        return sorted({int((place + 0.5) * total / SHOWN) for place in range(SHOWN)})


@dataclass(frozen=True, slots=True)
class Point:
    """One way of coding.

    Attributes:
        codec: `OURS` or `RIVAL`.
        setting: what it was asked for.
        kbps: payload.
        likeness: each measure's mean.
        pictures: those of `Footage.shown`.
    """

    codec: str
    setting: str
    kbps: float
    likeness: dict[str, float]
    pictures: list[Picture]

    @property
    def row(self) -> Row:
        """The point as a row of the table."""
        return {"codec": self.codec, "setting": self.setting, "kbps": self.kbps, **self.likeness}


def measure_rd(
    identity: Identity, renderer: Renderer, footage: Footage, progress: Callable[[float], None]
) -> list[Point]:
    """Codes the same frames in every way and compares each with the originals.

    Args:
        identity: the person's.
        renderer: a renderer of that identity.
        footage: the frames.
        progress: called with the share that is done.
    """
    faces = [(OURS, f"quality {quality}", face_stream(identity, renderer, footage, quality)) for quality in QUALITIES]
    rivals = [(RIVAL, f"crf {crf}", _x265_stream(footage, crf)) for crf in CRFS]
    streams = [*faces, *rivals]

    def part(done: int) -> Callable[[float], None]:
        return lambda share: progress((done + share) / len(streams))

    return [
        compare(codec, setting, footage, stream, part(done)) for done, (codec, setting, stream) in enumerate(streams)
    ]


def face_stream(
    identity: Identity, renderer: Renderer, footage: Footage, quality: int
) -> Iterator[tuple[int, Picture]]:
    """Bytes and picture of every frame, as a new call starts."""
    tables = FaceTables.from_arrays(identity.part("codec"))
    coding = code_frames(footage.seen, tables, quality)
    sizes = [size for packet in coding.packets for size in (packet.size, *(0,) * (packet.frames - 1))]
    player = Player(identity, renderer, (footage.side, footage.side))
    for size, frame in zip(sizes, decode_frames(tables, coding.packets), strict=True):
        yield size, player.show(frame)


def nearest_rival(points: Sequence[Point]) -> tuple[Point, Point]:
    """The face stream at its usual quality, and the H.265 whose rate is the least factor away from its own."""
    ours = next(point for point in points if point.setting == "quality 0")
    rivals = [point for point in points if point.codec == RIVAL]
    return ours, min(rivals, key=lambda point: abs(np.log(point.kbps / ours.kbps)))


def compare(
    codec: str,
    setting: str,
    footage: Footage,
    stream: Iterable[tuple[int, Picture]],
    progress: Callable[[float], None],
) -> Point:
    """Compares a stream's pictures with the originals.

    Args:
        codec, setting: names of the point.
        footage: the frames.
        stream: bytes and picture of every frame.
        progress: called with the share that is done.
    """
    size, kept = 0, []
    total = len(footage.originals)
    with ExitStack() as stack:
        faces = None
        if footage.identity is not None:
            faces = stack.enter_context(closing(FaceMeter(footage.identity, footage.fps, footage.recogniser)))
        meter = LikenessMeter(footage.side, faces)
        for number, (taken, picture) in enumerate(stream):
            size += taken
            meter.add(footage.originals[number], picture, footage.regions[number])
            if number in footage.shown:
                kept.append(picture)
            progress((number + 1) / total)
        return Point(codec, setting, size * 8 / 1000 * footage.fps / total, meter.means(), kept)


def _x265_stream(footage: Footage, crf: int) -> Iterator[tuple[int, Picture]]:
    context = av.CodecContext.create("libx265", "w")
    assert isinstance(context, VideoCodecContext)
    context.width = context.height = footage.side
    context.pix_fmt = "yuv420p"
    context.framerate = Fraction(footage.fps).limit_denominator(1001)
    context.time_base = 1 / context.framerate
    context.options = {**X265_OPTIONS, "crf": str(crf)}
    decoder = H265Decoder()
    for number, original in enumerate(footage.originals):
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(original), format="rgb24").reformat(format="yuv420p")
        frame.pts, frame.time_base = number, context.time_base
        (unit,) = context.encode(frame)
        (picture,) = decoder.decode(bytes(unit))
        yield unit.size, picture
    context.encode(None)
