"""How good the link is, in five steps and a word. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Word = Literal["excellent", "good", "fair", "poor", "lost"]

WORDS: tuple[Word, ...] = ("lost", "poor", "fair", "good", "excellent")

LOSS_LIMITS = (0.01, 0.04, 0.12)
"""Share of lost packets up to which a link is excellent, good, fair. Sound recovers single packets (FEC) and conceals
short gaps: up to 4 % is hardly heard, from 12 % on words are."""

ROUND_TRIP_LIMITS_MS = (150.0, 300.0, 600.0)
"""Round trips up to which a link is excellent, good, fair: people talk over each other from 300 ms one way on
(ITU-T G.114 calls 150 ms one way good and 400 ms the most)."""


@dataclass(frozen=True, slots=True)
class Quality:
    """What to show.

    Attributes:
        bars: 0 (no connection) to 4.
        word: the same as a word.
        cause: what makes it no better: "loss", "delay", "outage", or "" where nothing does.
    """

    bars: int
    word: Word
    cause: Literal["", "loss", "delay", "outage"]


UNTROUBLED = Quality(4, "excellent", "")


def judge(loss_in: float, loss_out: float, round_trip_ms: float, is_out: bool) -> Quality:
    """Judge a link by its worse direction.

    Args:
        loss_in: share of the packets lost on the way to this end, 0..1.
        loss_out: the same to the other end.
        round_trip_ms: 0 where it is not known yet.
        is_out: whether nothing comes at all.
    """
    if is_out:
        return Quality(0, "lost", "outage")
    by_loss = _bars(max(loss_in, loss_out), LOSS_LIMITS)
    by_delay = _bars(round_trip_ms, ROUND_TRIP_LIMITS_MS)
    bars = min(by_loss, by_delay)
    if bars == len(WORDS) - 1:
        return Quality(bars, WORDS[bars], "")
    return Quality(bars, WORDS[bars], "loss" if by_loss <= by_delay else "delay")


def _bars(value: float, limits: tuple[float, ...]) -> int:
    return len(WORDS) - 1 - sum(value > limit for limit in limits)
