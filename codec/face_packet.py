"""One face packet: the frames that go into it, and the ways to code them. Format: BITSTREAM.md, "Face packet"."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from codec.descent import descend
from codec.entropy import TABLES, RangeEncoder
from codec.packet_header import KEY_USUAL, Usual, write_form, write_start
from codec.predict import Choose, FrameState, Prediction, Residuals, code_inter, code_key, expect, rebuild, rebuild_key
from codec.quantise import PLAIN, UNIT, nearest_residual, scale_of
from codec.transform import analyse
from codec.types import Stakes

BIT_WORTH = 0.12
"""Squared steps that a bit is worth when the encoder chooses among its trials: 3 % fewer bytes at equal error."""

DESCENTS = 2
"""How often residuals are chosen by what is at stake: the first choice changes the classes that the second knows."""


@dataclass(frozen=True, slots=True)
class Anatomy:
    """What a packet consists of, for measuring.

    Attributes:
        header_bits: before the residuals.
        parts: its residuals and their classes: those of a key frame, of frames predicted from another, or both.
        payload: its bytes.
    """

    header_bits: float
    parts: tuple[Residuals, ...]
    payload: bytes


@dataclass(frozen=True, slots=True)
class Trial:
    """One way to code a packet: what it consists of, what both ends would remember, and the frames' numbers."""

    anatomy: Anatomy
    state: FrameState
    values: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Job:
    """Frames to be coded: int64 (n, N) numbers, the first frame's number, and how."""

    prediction: Prediction
    targets: NDArray[np.int64]
    first: int
    quality: int
    in_order: bool

    def attempt(self, reference: FrameState | None, thrift: int) -> Trial:
        """Codes the frames without remembering it."""
        coder = RangeEncoder()
        header_bits = self._begin(coder, reference)
        if reference is None:
            chooser = self._key_chooser(coder, thrift)
            count = len(self.targets)
            values, state, parts = code_key_packet(self.prediction, self.first, count, self.quality, chooser)
            return Trial(Anatomy(header_bits, parts, coder.finish()), state, values)
        expected = self._expected(reference)
        choose = self._chooser(coder, self.targets - expected, thrift)
        return self._follow(coder, header_bits, reference, expected, choose)

    def descend(self, reference: FrameState, stakes: Sequence[Stakes]) -> Trial:
        """Codes the frames by what is at stake in their pictures."""
        trial, expected = self.attempt(reference, PLAIN), self._expected(reference)
        basis, scale = self.prediction.basis[len(self.targets) - 1], scale_of(self.quality) / UNIT
        for _ in range(DESCENTS):
            coded = trial.anatomy.parts[-1]
            residuals, levels = np.asarray(coded.residuals), np.asarray(coded.levels)
            off = (trial.values - self.targets) / UNIT
            chosen = descend(residuals, levels, basis, scale, off, stakes).tolist()
            coder = RangeEncoder()
            header_bits = self._begin(coder, reference)
            trial = self._follow(coder, header_bits, reference, expected, _writer(coder, chosen))
        return trial

    def _begin(self, coder: RangeEncoder, reference: FrameState | None) -> float:
        """Writes what comes before the residuals, and tells its bits."""
        distance = None if reference is None else self.first - reference.seq
        write_start(coder, self.first, distance, self.in_order)
        write_form(coder, len(self.targets), self.quality, usual_form(reference))
        return _position_bits(coder)

    def _expected(self, reference: FrameState) -> NDArray[np.int64]:
        return expect(self.prediction, reference, self.first - reference.seq, len(self.targets))

    def _follow(
        self,
        coder: RangeEncoder,
        header_bits: float,
        reference: FrameState,
        expected: NDArray[np.int64],
        choose: Choose,
    ) -> Trial:
        """Codes frames that refer to an earlier one, after their packet's header."""
        distance = self.first - reference.seq
        coded = code_inter(self.prediction, reference, distance, len(self.targets), self.quality, choose)
        values, state = rebuild(self.prediction, reference, expected, distance, self.quality, coded)
        return Trial(Anatomy(header_bits, (coded,), coder.finish()), state, values)

    def _chooser(self, coder: RangeEncoder, differences: NDArray[np.int64], thrift: int) -> Choose:
        """Chooses and writes the residuals of frames that differ by int64 (n, N) from what is expected."""
        scale = scale_of(self.quality)
        wanted = analyse(self.prediction.basis[len(differences) - 1], differences).tolist()

        def write(order: int, index: int, level: int) -> int:
            residual = nearest_residual(wanted[order][index], scale, level, thrift)
            coder.encode_residual(TABLES[level], residual)
            return residual

        return write

    def _key_chooser(self, coder: RangeEncoder, thrift: int) -> Callable[[NDArray[np.int64]], Choose]:
        """As :meth:`_chooser`, given what is expected of a key frame, then of the frames that follow it."""

        def chooser(expected: NDArray[np.int64]) -> Choose:
            targets = self.targets[:1] if expected.ndim == 1 else self.targets[1:]
            return self._chooser(coder, targets - expected, thrift)

        return chooser

    def cost(self, trial: Trial) -> float:
        """Squared error in steps plus what the packet's whole bytes are worth: so that rounding to bytes is used."""
        error = float(((trial.values - self.targets) ** 2).sum()) / scale_of(self.quality) ** 2
        return error + BIT_WORTH * 8 * len(trial.anatomy.payload)


def _writer(coder: RangeEncoder, residuals: list[list[int]]) -> Choose:
    """Writes residuals that were chosen before."""

    def write(order: int, index: int, level: int) -> int:
        residual = residuals[order][index]
        coder.encode_residual(TABLES[level], residual)
        return residual

    return write


def usual_form(reference: FrameState | None) -> Usual:
    """The form that a packet has if its header says nothing of it: its reference's."""
    return KEY_USUAL if reference is None else Usual(reference.count, reference.quality)


def code_key_packet(
    prediction: Prediction,
    first: int,
    count: int,
    quality: int,
    chooser: Callable[[NDArray[np.int64]], Choose],
) -> tuple[NDArray[np.int64], FrameState, tuple[Residuals, ...]]:
    """Codes a key frame and those that follow it in its packet.

    Args:
        prediction: the person's tables.
        first: the key frame's number.
        count: frames in the packet.
        quality: the packet's.
        chooser: gives what chooses residuals, from int64 (N,) or (n, N) expected numbers.

    Returns:
        int64 (count, N) numbers, the state after them, and what was coded.
    """
    coded = code_key(prediction, quality, chooser(prediction.centre))
    state = rebuild_key(prediction, first, quality, coded)
    if count == 1:
        return state.values[None], state, (coded,)
    expected = expect(prediction, state, 1, count - 1)
    rest = code_inter(prediction, state, 1, count - 1, quality, chooser(expected))
    values, last = rebuild(prediction, state, expected, 1, quality, rest)
    values = np.concatenate([state.values[None], values])
    return values, replace(last, count=count), (coded, rest)


def _position_bits(coder: RangeEncoder) -> float:
    shifts, width = coder.position()
    return 8 * shifts + 32 - math.log2(width)
