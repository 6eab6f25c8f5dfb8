"""The frame's path without a network: what `visavis encode`, `visavis decode` and the benches share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.call.pace import MOST_CARE
from codec.face import FaceDecoder, FaceEncoder
from codec.face_packet import Anatomy
from codec.identity import Identity
from codec.plate import decode_plate, encode_plate
from codec.quantise import QUALITY_MAX
from codec.statistics import FaceTables
from codec.stream import Kind, Record
from codec.texture import Texture, decode_texture
from codec.transform import MOST_FRAMES
from codec.types import FaceCode, Frame, Stakes
from models.analysis import FaceAnalyser
from models.between import between
from models.clip import read_clip
from models.render.base import Renderer, fit_plate

FINEST = -4
"""Finest quality that a bitrate buys: half the personal steps, beyond which only tracking noise is coded."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """What the receiver's picture is renewed by, from a frame on.

    Attributes:
        plate: a background's packet, or None where it stays.
        texture: packet of what is added to the person's colours, or None where that stays.
    """

    plate: bytes | None = None
    texture: bytes | None = None

    @property
    def size(self) -> int:
        """Bytes that a control channel would carry."""
        return len(self.plate or b"") + len(self.texture or b"")


AS_BEFORE = Renewal()


@dataclass(frozen=True, slots=True)
class SeenFrame:
    """One camera frame after tracking.

    Attributes:
        code: what the face does, or None where there is none.
        track_ms: time that tracking took.
        renewal: what changes with it.
        quality: how finely it is worth coding.
        stakes: what rounding the code does to its picture, or None where that is not known.
    """

    code: FaceCode | None
    track_ms: float
    renewal: Renewal = AS_BEFORE
    quality: int = 0
    stakes: Stakes | None = None


@dataclass(frozen=True, slots=True)
class CodedPacket:
    """One or a few frames as they cross the wire.

    Attributes:
        face: the face packet, or None where the receiver keeps the last picture.
        frames: how many frames it stands for.
        renewal: what comes before it.
    """

    face: bytes | None
    frames: int = 1
    renewal: Renewal = AS_BEFORE

    @property
    def size(self) -> int:
        """Bytes that a data channel would carry."""
        return len(self.face or b"") + self.renewal.size


@dataclass(slots=True)
class Coding:
    """A coded clip.

    Attributes:
        packets: all of them in order.
        encode_ms: time that the face codec took for each coded frame.
        anatomies: what each face packet consists of.
    """

    packets: list[CodedPacket] = field(default_factory=list)
    encode_ms: list[float] = field(default_factory=list)
    anatomies: list[Anatomy] = field(default_factory=list)

    @property
    def payload_bytes(self) -> int:
        """Bytes that a data channel would carry."""
        return sum(packet.size for packet in self.packets)


def read_range(clip: Path, frames: tuple[int, int] | None, size: int | None) -> Iterator[Frame]:
    """Frames of a clip, all that were asked for.

    Raises:
        ValueError: the clip cannot be read, or ends before the range does.
    """
    seen = 0
    for frame in read_clip(clip, frames, size):
        seen += 1
        yield frame
    if frames is not None and seen < frames[1] - frames[0]:
        raise ValueError(f"{clip}: ends at frame {frames[0] + seen}, before {frames[1]}")


def thin_out(frames: Iterable[Frame], clip_fps: float, fps: float) -> Iterator[Frame]:
    """Drops frames so that `fps` of `clip_fps` a second remain, evenly.

    Raises:
        ValueError: the clip has fewer frames a second than that.
    """
    if fps > clip_fps + 0.01:
        raise ValueError(f"the clip has {clip_fps:g} frames a second, not {fps:g}: frames can be dropped, not made")
    taken = 0
    for index, frame in enumerate(frames):
        if index >= round(taken * clip_fps / fps):
            taken += 1
            yield frame


def see(frames: Iterable[Frame], identity: Identity, progress: Callable[[int], None]) -> list[SeenFrame]:
    """Tracks a person through a clip.

    Args:
        frames: square pictures in order.
        identity: the person's.
        progress: called with the number of frames done.

    Raises:
        ValueError: no frame shows a face.
    """
    seen: list[SeenFrame] = []
    with closing(FaceAnalyser(identity)) as analyser:
        for frame in frames:
            analysis = analyser.analyse(frame, MOST_CARE)
            plate = None if analysis.plate is None else encode_plate(analysis.plate)
            renewal = Renewal(plate, analysis.texture)
            seen.append(SeenFrame(analysis.code, analysis.track_ms, renewal, analysis.quality, analysis.stakes))
            progress(len(seen))
    if not any(frame.code is not None for frame in seen):
        raise ValueError("no face was found in any frame")
    return seen


def code_frames(seen: Iterable[SeenFrame], tables: FaceTables, quality: int = 0, bundle: int = MOST_FRAMES) -> Coding:
    """Codes tracked frames for a receiver that gets everything at once.

    Args:
        seen: the tracked frames.
        tables: the person's tables.
        quality: added to what the frames are worth: steps are stretched by 2^(quality / 4).
        bundle: most frames to a packet: more take fewer bits, and on a call as much more delay.
    """
    encoder = FaceEncoder(tables)
    coding = Coding()
    seq = 0
    for group in _bundles(seen, encoder, bundle):
        codes = [frame.code for frame in group if frame.code is not None]
        face = None
        if codes:
            started_ns = time.perf_counter_ns()
            worth = min(group[0].quality + quality, QUALITY_MAX)
            stakes = [frame.stakes for frame in group if frame.stakes is not None]
            face = encoder.encode_several(codes, seq, worth, in_order=True, stakes=stakes).payload
            coding.encode_ms += [(time.perf_counter_ns() - started_ns) / 1e6 / len(codes)] * len(codes)
            encoder.acknowledge(seq + len(codes) - 1)
            coding.anatomies += [encoder.latest] if encoder.latest else []
        coding.packets.append(CodedPacket(face, len(group), group[0].renewal))
        seq += len(group)
    return coding


def _bundles(seen: Iterable[SeenFrame], encoder: FaceEncoder, most: int) -> Iterator[list[SeenFrame]]:
    """Frames by packets: one without a face is alone, a cut or a renewal begins a packet."""
    group: list[SeenFrame] = []
    for frame in seen:
        if group and (len(group) == most or frame.renewal.size or not _go_together(group[-1], frame, encoder)):
            yield group
            group = []
        group.append(frame)
    if group:
        yield group


def _go_together(before: SeenFrame, after: SeenFrame, encoder: FaceEncoder) -> bool:
    return before.code is not None and after.code is not None and not encoder.is_cut(before.code, after.code)


def code_within(
    seen: list[SeenFrame], tables: FaceTables, fps: float, kbps: float, bundle: int = MOST_FRAMES
) -> Coding:
    """Codes tracked frames at the best quality that keeps to a bitrate.

    Args:
        seen: the tracked frames.
        tables: the person's tables.
        fps: frames per second.
        kbps: most that faces and renewals together may take.
        bundle: most frames to a packet.

    Raises:
        ValueError: the coarsest quality takes more.
    """
    budget = kbps * 1000 / 8 * len(seen) / fps
    # The size falls as quality numbers rise: halve the range that holds the first one within the budget.
    best = code_frames(seen, tables, QUALITY_MAX, bundle)
    if best.payload_bytes > budget:
        least = best.payload_bytes * 8 / 1000 * fps / len(seen)
        raise ValueError(f"{kbps:g} kbps is too little, {least:.2f} kbps is the least for this clip")
    low, high = FINEST, QUALITY_MAX - 1
    while low <= high:
        middle = (low + high) // 2
        coding = code_frames(seen, tables, middle, bundle)
        if coding.payload_bytes <= budget:
            best, high = coding, middle - 1
        else:
            low = middle + 1
    return best


def read_stream(records: Iterable[Record]) -> Iterator[CodedPacket]:
    """A stream's records, each renewal with what follows it.

    Raises:
        ValueError: the stream is damaged.
    """
    renewal = AS_BEFORE
    for record in records:
        match record.kind:
            case Kind.PLATE:
                renewal = replace(renewal, plate=record.payload)
            case Kind.TEXTURE:
                renewal = replace(renewal, texture=record.payload)
            case kind:
                yield CodedPacket(record.payload if kind == Kind.FACE else None, record.frames, renewal)
                renewal = AS_BEFORE


@dataclass(frozen=True, slots=True)
class DecodedFrame:
    """One frame at the receiver.

    Attributes:
        code: what the face does, or None where the last picture stays.
        renewal: what holds from it on.
    """

    code: FaceCode | None
    renewal: Renewal = AS_BEFORE


def decode_frames(tables: FaceTables, packets: Iterable[CodedPacket]) -> Iterator[DecodedFrame]:
    """The frames of a coded clip.

    Raises:
        ValueError: a packet is damaged.
    """
    decoder, first = FaceDecoder(tables), 0
    for packet in packets:
        codes: Sequence[FaceCode | None] = [None] * packet.frames
        if packet.face is not None:
            codes = decoder.decode(packet.face, first).codes
        if len(codes) != packet.frames:
            raise ValueError(f"damaged stream: a packet of {len(codes)} frames in the place of {packet.frames}")
        for place, code in enumerate(codes):
            yield DecodedFrame(code, AS_BEFORE if place else packet.renewal)
        first += packet.frames


def at_pace(frames: Iterable[DecodedFrame], fps: float, wanted: float) -> Iterator[DecodedFrame]:
    """Frames at another pace: faces in between move from one to the next; nothing moves across a renewal.

    Args:
        frames: the stream's.
        fps: how many there are to a second.
        wanted: how many there shall be, no fewer than that.

    Raises:
        ValueError: fewer are wanted.
    """
    if wanted < fps:
        raise ValueError(f"the stream has {fps:g} frames a second, not {wanted:g}: decode does not drop frames")
    source = iter(frames)
    here = next(source, None)
    shown = index = 0
    while here is not None:
        after = next(source, None)
        first = True
        while shown * fps < (index + 1) * wanted - 1e-9:
            share = shown * fps / wanted - index
            code = here.code
            if code is not None and after is not None and after.code is not None and not after.renewal.size:
                code = between(code, after.code, share)
            yield DecodedFrame(code, here.renewal if first else AS_BEFORE)
            first = False
            shown += 1
        here, index = after, index + 1


class Player:
    """Renders decoded frames in order, from the identity's own background and colours on, as a new call starts.

    Args:
        identity: the person's.
        renderer: a renderer of that identity.
        size: width and height of the pictures in pixels.
    """

    def __init__(self, identity: Identity, renderer: Renderer, size: tuple[int, int]) -> None:
        self._renderer = renderer
        self._size = size
        plate = np.asarray(identity.arrays["field.plate"])
        renderer.set_plate(plate)
        renderer.set_texture(Texture.none())
        self._latest = (fit_plate(plate, size) * np.float32(255)).astype(np.uint8)
        self.render_ms: list[float] = []

    def show(self, frame: DecodedFrame) -> NDArray[np.uint8]:
        """The picture of a frame, uint8 (H, W, 3): the last one where no face came, the background at first.

        Raises:
            ValueError: its renewal is damaged.
        """
        if frame.renewal.plate is not None:
            self._renderer.set_plate(decode_plate(frame.renewal.plate))
        if frame.renewal.texture is not None:
            self._renderer.set_texture(decode_texture(frame.renewal.texture))
        if frame.code is not None:
            started_ns = time.perf_counter_ns()
            self._latest = self._renderer.render(frame.code, self._size)
            self.render_ms.append((time.perf_counter_ns() - started_ns) / 1e6)
        return self._latest
