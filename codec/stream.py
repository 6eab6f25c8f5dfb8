"""Stream files (``.vvs``): a call's face stream on disk. Format: BITSTREAM.md, "Stream file".

A header, then blocks of records, each block with a CRC-32; so a damaged file is noticed before anything is rendered,
and reading needs no more memory than one block. One record per frame, in order, plus plates and textures in between.
"""

from __future__ import annotations

import os
import struct
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from codec.identity import ID_BYTES
from codec.intra import MAX_INTRA_BYTES
from codec.layout import Layout
from codec.transform import MOST_FRAMES

MAGIC = b"VVS\x00"
BITSTREAM_VERSION = 4
"""Version of everything in BITSTREAM.md that a stream holds; a changed output byte bumps it."""

MAX_BLOCK = 1 << 18
"""Largest block in bytes, what a reader holds in memory."""

BLOCK_TARGET = 1 << 12
"""A writer closes a block beyond this many bytes: 8 bytes of framing per some 300 frames."""

MAX_RECORD = MAX_INTRA_BYTES
"""Largest payload of one record."""

MAX_FRAMES = 1 << 24
"""Most frames in a file: a week at 25 frames/s."""

_HEADER = struct.Struct("<4sHBBBBIII16sI")
# magic, version, z, pose, torso, freeform, rate numerator, rate denominator, frames, identity, CRC-32 of what precedes
_BLOCK = struct.Struct("<II")  # bytes, CRC-32
_MAX_RATE = 1000


class Kind(IntEnum):
    """What a record is."""

    REPEAT = 0
    """A frame without a face: the picture stays. Its payload is empty."""
    FACE = 1
    """A face packet, coded in order: its frames' numbers are those of the record. On disk 1 to 5 tell how many."""
    PLATE = 6
    """A plate packet: the background from the next frame on."""
    TEXTURE = 7
    """A texture packet: what is added to the person's colours from the next frame on."""


RENEWALS = (Kind.PLATE, Kind.TEXTURE)
"""Records that stand for no frame."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a stream.

    Attributes:
        kind: what it is.
        frame: number of its first frame, or for a renewal, of the one that it precedes.
        payload: the packet's bytes.
        frames: how many frames it stands for.
    """

    kind: Kind
    frame: int
    payload: bytes
    frames: int


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """A stream's header.

    Attributes:
        fps: frames per second, exact.
        identity: the 16-byte id of the identity that it was coded with.
        layout: sizes of the groups of numbers.
        frames: number of frames.
    """

    fps: Fraction
    identity: bytes
    layout: Layout
    frames: int = 0

    def __post_init__(self) -> None:
        if not Fraction(1, _MAX_RATE) <= self.fps <= _MAX_RATE or max(self.fps.as_integer_ratio()) > 0xFFFFFFFF:
            raise ValueError(f"a stream of {self.fps} frames/s")
        if len(self.identity) != ID_BYTES:
            raise ValueError(f"an identity's id has {ID_BYTES} bytes, not {len(self.identity)}")
        if not 0 <= self.frames <= MAX_FRAMES:
            raise ValueError(f"a stream of {self.frames} frames")

    def pack(self) -> bytes:
        """The header's bytes."""
        rate = self.fps.as_integer_ratio()
        body = _HEADER.pack(MAGIC, BITSTREAM_VERSION, *self.layout.sizes, *rate, self.frames, self.identity, 0)[:-4]
        return body + struct.pack("<I", zlib.crc32(body))

    @staticmethod
    def unpack(data: bytes) -> StreamInfo:
        """Reads a header from bytes of anybody.

        Raises:
            ValueError: if it is no intact header of this version.
        """
        if len(data) < _HEADER.size or data[: len(MAGIC)] != MAGIC:
            raise ValueError("not a Visavis stream")
        _, version, *sizes, up, down, frames, identity, crc = _HEADER.unpack(data[: _HEADER.size])
        if version != BITSTREAM_VERSION:
            raise ValueError(f"stream of version {version}, this program reads version {BITSTREAM_VERSION}")
        if crc != zlib.crc32(data[: _HEADER.size - 4]):
            raise ValueError("damaged stream header (checksum)")
        if not up or not down:
            raise ValueError("a stream without a frame rate")
        return StreamInfo(Fraction(up, down), identity, Layout(*sizes), frames)


class StreamWriter:
    """Writes a stream file; the file appears under its name only when it is complete.

    Use as a context manager: leaving it normally completes the file, leaving it by an exception removes it.

    Args:
        path: the file to write, ``*.vvs``.
        info: the header; its number of frames is counted while writing.

    Raises:
        ValueError: if the file's folder cannot be written to.
    """

    def __init__(self, path: str | os.PathLike[str], info: StreamInfo) -> None:
        self.info = info
        self.payload_bytes = dict.fromkeys(Kind, 0)
        self.frames = 0
        self._path = Path(path)
        self._block = bytearray()
        try:
            handle, self._temporary = tempfile.mkstemp(prefix=self._path.name + ".", dir=self._path.parent)
        except OSError as error:
            raise ValueError(f"cannot write stream {self._path}: {error.strerror}") from None
        self._file: BinaryIO = os.fdopen(handle, "wb")
        self._file.write(info.pack())

    def write(self, kind: Kind, payload: bytes = b"", frames: int = 1) -> None:
        """Appends one record.

        Args:
            kind: what it is.
            payload: the packet.
            frames: how many frames a face packet holds.

        Raises:
            ValueError: if the payload or the stream grows too large, or the kind cannot have it.
        """
        if len(payload) > MAX_RECORD or (kind == Kind.REPEAT and payload) or not 1 <= frames <= MOST_FRAMES:
            raise ValueError(f"a {kind.name} record of {len(payload)} bytes and {frames} frames")
        code = frames if kind == Kind.FACE else int(kind)
        taken = _frames_of(code)
        if self.frames + taken > MAX_FRAMES:
            raise ValueError(f"a stream holds at most {MAX_FRAMES} frames")
        self.frames += taken
        self._block += _pack_head(code, len(payload)) + payload
        self.payload_bytes[kind] += len(payload)
        if len(self._block) >= BLOCK_TARGET:
            self._flush()

    def _flush(self) -> None:
        if self._block:
            self._file.write(_BLOCK.pack(len(self._block), zlib.crc32(self._block)) + self._block)
            self._block.clear()

    def close(self) -> int:
        """Completes the file.

        Returns:
            Its size in bytes.
        """
        self._flush()
        self._file.write(_BLOCK.pack(0, 0))
        size = self._file.tell()
        self._file.seek(0)
        info = StreamInfo(self.info.fps, self.info.identity, self.info.layout, self.frames)
        self._file.write(info.pack())
        self._file.close()
        os.chmod(self._temporary, 0o644)
        os.replace(self._temporary, self._path)
        return size

    def discard(self) -> None:
        """Gives up: nothing stays on disk."""
        self._file.close()
        with suppress(OSError):
            os.unlink(self._temporary)

    def __enter__(self) -> StreamWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._file.closed:
            if error is None:
                self.close()
            else:
                self.discard()


class StreamReader:
    """Reads a stream file of anybody.

    Opening checks the whole file once, block by block, so that a damaged one fails before its first frame is shown.

    Args:
        path: the file.

    Raises:
        ValueError: if there is no such file or it is no intact stream.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = os.fspath(path)
        self.payload_bytes = dict.fromkeys(Kind, 0)
        with self._open() as file:
            self.info = StreamInfo.unpack(file.read(_HEADER.size))
        frames = 0
        for record in self:
            self.payload_bytes[record.kind] += len(record.payload)
            frames += record.frames
        if frames != self.info.frames:
            raise ValueError(f"stream declares {self.info.frames} frames and holds {frames}")

    def __iter__(self) -> Iterator[Record]:
        """Yields the records in order; every iteration starts anew."""
        frame = 0
        with self._open() as file:
            file.seek(_HEADER.size)
            for block in _read_blocks(file):
                for code, payload in _split(block):
                    if frame > self.info.frames:
                        raise ValueError("stream holds more frames than declared")
                    kind = Kind.FACE if 1 <= code <= MOST_FRAMES else Kind(code)
                    yield Record(kind, frame, payload, _frames_of(code))
                    frame += _frames_of(code)

    def _open(self) -> BinaryIO:
        try:
            return open(self._path, "rb")
        except OSError as error:
            raise ValueError(f"cannot read stream {self._path}: {error.strerror}") from None


def _read_blocks(file: BinaryIO) -> Iterator[bytes]:
    while True:
        head = file.read(_BLOCK.size)
        if len(head) < _BLOCK.size:
            raise ValueError("truncated stream")
        size, crc = _BLOCK.unpack(head)
        if size == 0:
            if crc or file.read(1):
                raise ValueError("damaged stream (data after its end)")
            return
        if size > MAX_BLOCK:
            raise ValueError(f"stream declares a block of {size} bytes, more than {MAX_BLOCK}")
        block = file.read(size)
        if len(block) < size:
            raise ValueError("truncated stream")
        if zlib.crc32(block) != crc:
            raise ValueError("damaged stream (checksum)")
        yield block


def _frames_of(code: int) -> int:
    """Frames that a record of a code stands for: face packets of 1 to 5 have these as code."""
    return 0 if code in RENEWALS else max(code, 1)


def _pack_head(code: int, length: int) -> bytes:
    """A record's code and length as a little-endian base-128 number, length * 8 + code: one byte up to 15."""
    value, head = length << 3 | code, bytearray()
    while value >= 0x80:
        head.append(value & 0x7F | 0x80)
        value >>= 7
    head.append(value)
    return bytes(head)


def _split(block: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position < len(block):
        value = shift = 0
        while True:
            if position >= len(block) or shift > 21:
                raise ValueError("malformed record in stream")
            byte = block[position]
            position += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        code, length = value & 7, value >> 3
        if length > MAX_RECORD or position + length > len(block):
            raise ValueError("malformed record in stream")
        if code == Kind.REPEAT and length:
            raise ValueError("malformed record in stream")
        yield code, block[position : position + length]
        position += length
