"""How the picture's share of the link is spent: the size and pace of pictures, and the bits of each. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from app.call.policy import holds_since

S = 1_000_000_000

SOUND_KBPS = 27.0
"""What sound and faces take of the wire when a call begins, kept back from a limit for them."""

VIDEO_LEAST_KBPS = 60.0
"""Least that pictures need, with headers: a dozen coarse ones a second."""

PACKET_OVERHEAD_BITS = 8 * 50
"""Headers around each packet of a picture."""

PACKET_BITS = 8 * 1180
"""Payload of a full packet."""

KEY_S = 0.17
"""Of the link's time that a key picture takes: the pictures after it wait so long, and no longer."""

KEY_LEAST_BITS = 8 * 1100.0
"""A key picture of less shows nothing."""

REPAY_S = 0.4
"""Time in which what was spent too much is saved again."""

LEAST_SHARE, MOST_SHARE = 0.35, 1.25
"""Of a picture's even share of the rate that it gets at least and at most."""

DEBT_MOST_S = 0.3
"""So much ahead of the rate, pictures are left out."""

INTERVAL_MOST, STRETCH_LEARNT = 3.0, 0.1
"""Longest interval that counts, of the usual one, and how fast the mean of intervals follows."""

SAVED_MOST_S = 0.08
"""So much may be saved up: two pictures, or what is saved in a still scene would come at once."""


def video_limit_kbps(most_kbps: int) -> float:
    """What pictures may take, with headers, under a limit on all that is sent; infinite without one.

    Args:
        most_kbps: the limit; 0 for none.
    """
    return max(0.0, most_kbps - SOUND_KBPS) if most_kbps else math.inf


@dataclass(frozen=True, slots=True)
class Format:
    """How pictures are sent.

    Attributes:
        side: of the square picture, pixels.
        every: one in so many of the camera's pictures.
    """

    side: int
    every: int = 1


FORMATS = (Format(512), Format(384), Format(256), Format(256, 2), Format(192, 2), Format(192, 4), Format(128, 4))
"""From the best on. Pace gives way before the size falls below 256."""

PACED_BELOW_KBPS = 150.0
"""Formats of a lower pace are for links below it; above, coarse pictures at full pace look better than sharp jumps."""

FULL_PACE = sum(form.every == 1 for form in FORMATS)

COARSE_QP, FINE_QP = 38.0, 30.0
"""Mean quantiser above which a smaller or slower format looks better, and below which the next better one will: that
takes three to four steps more."""

COARSE_NS, FINE_NS = 1 * S, 3 * S
"""How long that must hold: a change of size costs a key picture."""

QP_LEARNT = 0.08
"""Pace of the mean quantiser: a dozen pictures."""

FIRST_SIZES = ((300.0, 0), (140.0, 1))
"""Rate in kbit/s from which a call begins with that format; the third where the link has less."""


class FormatLadder:
    """Chooses size and pace by how coarse pictures get.

    Args:
        kbps: rate to begin with.
    """

    def __init__(self, kbps: float) -> None:
        self._index = next((index for least, index in FIRST_SIZES if kbps >= least), 2)
        self._qp: float | None = None
        self._coarse_ns: int | None = None
        self._fine_ns: int | None = None

    @property
    def format(self) -> Format:
        """What holds now."""
        return FORMATS[self._index]

    def coded(self, qp: int, kbps: float, now_ns: int) -> None:
        """Take in the quantiser of a picture that is no key picture.

        Args:
            qp: quantiser.
            kbps: rate of the link.
            now_ns: time.
        """
        self._qp = qp if self._qp is None else self._qp + (qp - self._qp) * QP_LEARNT * self.format.every
        self._coarse_ns = holds_since(self._coarse_ns, self._qp > COARSE_QP, now_ns)
        self._fine_ns = holds_since(self._fine_ns, self._qp < FINE_QP, now_ns)
        lowest = len(FORMATS) - 1 if kbps < PACED_BELOW_KBPS else FULL_PACE - 1
        if self._coarse_ns is not None and now_ns - self._coarse_ns >= COARSE_NS and self._index < lowest:
            self._step(1)
        elif self._fine_ns is not None and now_ns - self._fine_ns >= FINE_NS and self._index > 0:
            self._step(-1)

    def _step(self, by: int) -> None:
        self._index += by
        self._qp = self._coarse_ns = self._fine_ns = None


class Spending:
    """Shares the rate out among pictures."""

    def __init__(self) -> None:
        self._debt_bits = 0.0
        self._at_ns: int | None = None
        self._taken_ns: int | None = None
        self._stretch = 1.0

    def interval_s(self, usual_s: float, now_ns: int) -> float:
        """Give the time from one of the camera's pictures to the next, as it was lately.

        Args:
            usual_s: by the camera's rate; a busy machine misses pictures.
            now_ns: time of one, to be sent or not.
        """
        if self._taken_ns is not None:
            passed_s = min(max((now_ns - self._taken_ns) / S, usual_s), INTERVAL_MOST * usual_s)
            self._stretch += (passed_s / usual_s - self._stretch) * STRETCH_LEARNT
        self._taken_ns = now_ns
        return usual_s * self._stretch

    def may_spend(self, kbps: float, now_ns: int) -> bool:
        """Whether another picture is to be encoded at all."""
        if self._at_ns is not None:
            earned = kbps * (now_ns - self._at_ns) / 1e6
            self._debt_bits = max(self._debt_bits - earned, -kbps * 1000 * SAVED_MOST_S)
        self._at_ns = now_ns
        return self._debt_bits <= kbps * 1000 * DEBT_MOST_S

    def bits(self, kbps: float, interval_s: float, is_key: bool) -> float:
        """Give what a picture may take, without headers.

        Args:
            kbps: rate, with headers.
            interval_s: from a picture to the next.
            is_key: whether it will be a key picture.
        """
        if is_key:
            whole = max(kbps * 1000 * KEY_S - max(self._debt_bits, 0.0), KEY_LEAST_BITS)
        else:
            even = kbps * 1000 * interval_s
            owed = self._debt_bits * min(interval_s / REPAY_S, 1.0)
            whole = min(max(even - owed, even * LEAST_SHARE), even * MOST_SHARE)
        packets = -(-whole // PACKET_BITS)
        return max(whole - packets * PACKET_OVERHEAD_BITS, whole / 2)

    def spent(self, size: int) -> None:
        """Count an access unit of so many bytes."""
        packets = -(-8 * size // PACKET_BITS)
        self._debt_bits += 8 * size + packets * PACKET_OVERHEAD_BITS
