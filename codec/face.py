"""Face packets: the numbers of one to five frames in a few bytes. Format: BITSTREAM.md, "Face packet".

A packet refers to the last frame that the receiver acknowledged, so every packet that arrives decodes, whatever was
lost before. Without a usable reference it is a key packet. Both ends continue from the dequantised values, and an
acknowledgement carries a digest of them: a reference that differs in any bit is never used.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codec.entropy import TABLES, RangeDecoder
from codec.face_packet import Anatomy, Job, Trial, code_key_packet, usual_form
from codec.layout import Layout
from codec.packet_header import MAX_SEQ, read_form, read_start
from codec.predict import (
    MAX_DISTANCE,
    FrameState,
    code_inter,
    expect,
    rebuild,
)
from codec.quantise import LAVISH, PLAIN, THRIFTY, UNIT, from_fixed, scale_of, to_fixed
from codec.statistics import FaceTables
from codec.transform import MOST_FRAMES
from codec.types import CodedFace, FaceCode, Stakes

RING = MAX_DISTANCE + 1
"""Frames that the encoder remembers: 2.5 s at 25 frames/s, after which a link counts as broken anyway."""

KEPT = 2 * RING
"""Frames that the decoder remembers: the encoder's ring, as seen by a packet that is up to a ring late."""

MAX_PACKET = 8192
"""Largest face packet in bytes; five usual frames take 25, five of the most extreme values some 2,500."""

CUT_BITS, CUT_SHARE = 0.9, 0.6
"""A frame that differs from another by so many bits a number, and by such a share of what it differs from the centre
by, is of a new shot: a key packet is tried too. At cuts frames differ by 1.1 to 1.4 bits a number and a share of 1 to
1.3, fast faces of five clips by 0.8 at most, or by less than half."""

MOST_TRIED = 2
"""Frames to a packet up to which two ways of rounding are tried, for what the packet's last byte still holds: 5 % fewer
bits with one frame, nothing with five."""

ACKNOWLEDGEMENT_BYTES = 4

_ACKNOWLEDGEMENT = struct.Struct("<HH")


class MissingReference(ValueError):  # noqa: N818 - a condition that loss makes normal, not a fault
    """A packet refers to a frame that the decoder does not hold; the next acknowledged one mends it."""


@dataclass(frozen=True, slots=True)
class DecodedFace:
    """What one face packet said.

    Attributes:
        seq: number of its last frame.
        reference_seq: the frame it was predicted from, None for a key packet.
        quality: quality it was coded at.
        codes: each frame's numbers, bit for bit those that the encoder continues from.
        acknowledgement: 4 bytes to send back, for :meth:`FaceEncoder.acknowledge`.
    """

    seq: int
    reference_seq: int | None
    quality: int
    codes: tuple[FaceCode, ...]
    acknowledgement: bytes

    @property
    def first(self) -> int:
        """Number of its first frame."""
        return self.seq - len(self.codes) + 1

    @property
    def code(self) -> FaceCode:
        """The last frame's numbers."""
        return self.codes[-1]


class FaceEncoder:
    """Codes the frames of one person for one receiver.

    Args:
        tables: the person's tables; the receiver must hold the same.
        layout: if given, what the caller's codes look like; it must be the tables' own.

    Raises:
        ValueError: the layout is another, or the tables' mixing has no inverse.
    """

    def __init__(self, tables: FaceTables, layout: Layout | None = None) -> None:
        self._numbers = _Numbers(tables, layout)
        self.tables = tables
        self.layout = tables.layout
        self.latest: Anatomy | None = None
        self._prediction = tables.prediction()
        self._unmixing = tables.unmixing()
        self._ring: dict[int, FrameState] = {}
        self._sent: dict[int, NDArray[np.int64]] = {}
        self._reference: FrameState | None = None
        self._newest = -1

    @property
    def reference_seq(self) -> int | None:
        """The newest acknowledged frame, None before the first acknowledgement."""
        return self._reference.seq if self._reference else None

    def encode(self, code: FaceCode, seq: int, quality: int = 0, in_order: bool = False) -> CodedFace:
        """Codes one frame; see :meth:`encode_several`."""
        return self.encode_several([code], seq, quality, in_order)

    def encode_several(
        self,
        codes: Sequence[FaceCode],
        first: int,
        quality: int = 0,
        in_order: bool = False,
        stakes: Sequence[Stakes] = (),
    ) -> CodedFace:
        """Codes up to five frames that follow one another in one packet.

        Args:
            codes: the frames' numbers.
            first: number of the first of them, larger than any before; all below 2^32.
            quality: steps are stretched by 2^(quality / 4); -8 to 23.
            in_order: the frames' numbers need not be in the packet, because the receiver knows them from elsewhere (a
                file's records, a message of several packets).
            stakes: what rounding does to each frame's picture, or none where that is not known for all of them; key
                packets do without.

        Raises:
            ValueError: if the codes do not fit the layout, are too many or none, or a number is out of range.
        """
        last = first + len(codes) - 1
        if not 1 <= len(codes) <= MOST_FRAMES:
            raise ValueError(f"a packet of {len(codes)} frames")
        if not self._newest < first <= last <= MAX_SEQ:
            raise ValueError(f"frame number {first} does not follow {self._newest}")
        scale_of(quality)
        job = Job(self._prediction, self.components(codes), first, quality, in_order)
        reference = self._reference
        if reference is not None and first - reference.seq > MAX_DISTANCE:
            reference = None
        if reference is not None and len(stakes) == len(codes):
            best = job.descend(reference, stakes)
        else:
            ways = (LAVISH, THRIFTY) if len(codes) <= MOST_TRIED else (PLAIN,)
            best = min((job.attempt(reference, thrift) for thrift in ways), key=job.cost)
        if reference is not None and self._is_cut(reference.values, job.targets[0]):
            key = job.attempt(None, PLAIN)
            if len(key.anatomy.payload) < len(best.anatomy.payload):
                reference, best = None, key
        self._remember(best, first)
        return CodedFace(last, reference.seq if reference else None, best.anatomy.payload, len(codes))

    def components(self, codes: Sequence[FaceCode]) -> NDArray[np.int64]:
        """What frames come to in fixed point, int64 (n, N).

        Raises:
            ValueError: if a code does not fit the layout.
        """
        return np.stack([to_fixed(self.layout.pack(code), self.tables.steps, self._unmixing) for code in codes])

    def is_cut(self, before: FaceCode, after: FaceCode) -> bool:
        """Whether two frames are so unlike that one is not worth predicting from the other."""
        return self._is_cut(*self.components([before, after]))

    def _is_cut(self, before: NDArray[np.int64], after: NDArray[np.int64]) -> bool:
        changed, new = (np.log2(1.0 + np.abs(after - was) / UNIT).sum() for was in (before, self._prediction.centre))
        return bool(changed > max(CUT_BITS * self.layout.tracked, CUT_SHARE * new))

    def _remember(self, trial: Trial, first: int) -> None:
        self.latest = trial.anatomy
        self._newest = trial.state.seq
        self._ring[trial.state.seq] = trial.state
        self._sent.update(enumerate(trial.values, first))
        for kept in (self._ring, self._sent):
            for old in [seq for seq in kept if seq <= self._newest - RING]:
                del kept[old]

    def reconstruction(self, seq: int) -> FaceCode:
        """The numbers that the receiver gets for a recent frame.

        Raises:
            ValueError: if the frame is not among the last 64.
        """
        if seq not in self._sent:
            raise ValueError(f"frame {seq} is not among the last {RING}")
        return self._numbers.code(self._sent[seq])

    def acknowledge(self, received: int | bytes) -> bool:
        """Notes that the receiver holds a packet, so that later ones may refer to its last frame.

        Args:
            received: the 4 bytes of :attr:`DecodedFace.acknowledgement` as they came back over the network, or the
                last frame's number where both ends are in one program (files).

        Returns:
            Whether it became the reference: not if it is older than the present one, unknown, malformed, or its
            digest says that the receiver holds something else.
        """
        state = self._ring.get(received) if isinstance(received, int) else self._find(received)
        if state is None or (self._reference is not None and state.seq <= self._reference.seq):
            return False
        self._reference = state
        return True

    def _find(self, message: bytes) -> FrameState | None:
        if len(message) != ACKNOWLEDGEMENT_BYTES:
            return None
        low, digest = _ACKNOWLEDGEMENT.unpack(message)
        seq = self._newest - ((self._newest - low) & 0xFFFF)
        state = self._ring.get(seq)
        return state if state is not None and state.digest() == digest else None

    def reset(self) -> None:
        """Forgets every acknowledgement: the next packet is a key packet. For a receiver that came anew."""
        self._reference = None
        self._ring.clear()


class FaceDecoder:
    """Decodes face packets from anybody, lost, doubled or out of order.

    Args:
        tables: the sender's tables, from the identity.
        layout: if given, what the caller expects; it must be the tables' own.
    """

    def __init__(self, tables: FaceTables, layout: Layout | None = None) -> None:
        self._numbers = _Numbers(tables, layout)
        self.tables = tables
        self.layout = tables.layout
        self._prediction = tables.prediction()
        self._ring: dict[int, FrameState] = {}
        self._newest: int | None = None

    def decode(self, payload: bytes, first: int | None = None) -> DecodedFace:
        """Decodes one packet.

        Args:
            payload: the packet, from anybody.
            first: the number of its first frame, where it was coded ``in_order`` and does not tell it.

        Raises:
            MissingReference: if the packet refers to a frame that was never decoded; nothing is wrong with it.
            ValueError: if it is no face packet.
        """
        if len(payload) > MAX_PACKET:
            raise ValueError(f"a face packet of {len(payload)} bytes exceeds {MAX_PACKET}")
        coder = RangeDecoder(payload)
        start = read_start(coder, first, self._newest)
        if start is None:
            raise MissingReference("a packet refers to a frame before the first that arrived")
        number, distance = start
        reference = None if distance is None else self._ring.get(number - distance)
        if distance is not None and reference is None:
            raise MissingReference(f"frame {number} refers to frame {number - distance}, which never arrived")
        count, quality = read_form(coder, usual_form(reference))
        if number + count - 1 > MAX_SEQ:
            raise ValueError(f"a face packet of frame {number}")

        def read(order: int, index: int, level: int) -> int:
            return coder.decode_residual(TABLES[level])

        if reference is None or distance is None:
            values, state, _ = code_key_packet(self._prediction, number, count, quality, lambda _: read)
        else:
            expected = expect(self._prediction, reference, distance, count)
            coded = code_inter(self._prediction, reference, distance, count, quality, read)
            values, state = rebuild(self._prediction, reference, expected, distance, quality, coded)
        if not coder.exhausted():
            raise ValueError("a face packet is longer than its content")
        self._keep(state, reference is None)
        acknowledgement = _ACKNOWLEDGEMENT.pack(state.seq & 0xFFFF, state.digest())
        codes = tuple(self._numbers.code(frame) for frame in values)
        return DecodedFace(state.seq, reference.seq if reference else None, quality, codes, acknowledgement)

    def reset(self) -> None:
        """Forgets all frames: nothing but a key packet decodes next."""
        self._ring.clear()
        self._newest = None

    def _keep(self, state: FrameState, key: bool) -> None:
        if key and self._newest is not None and state.seq <= self._newest - KEPT:
            self.reset()  # the sender started anew
        self._newest = state.seq if self._newest is None else max(self._newest, state.seq)
        self._ring[state.seq] = state
        for old in [kept for kept in self._ring if kept <= self._newest - KEPT]:
            del self._ring[old]


class _Numbers:
    """Makes codes of fixed-point numbers."""

    def __init__(self, tables: FaceTables, layout: Layout | None) -> None:
        if layout is not None and layout != tables.layout:
            raise ValueError("the tables were trained for another layout")
        self._layout, self._steps = tables.layout, tables.steps
        self._mixing = None if tables.mixing is None else tables.mixing.astype(np.int64)

    def code(self, values: NDArray[np.int64]) -> FaceCode:
        return self._layout.unpack(from_fixed(values, self._steps, self._mixing))
