"""How much of the link a call takes: decided from what the other end says of it. Pure: time is an argument."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal

from app.net.bundle import LinkNote
from app.net.playout import NS_PER_SAMPLE

WireMode = Literal["auto", "plain", "low"]
"""Whether the face rides on the sound's packets: when the link is narrow, never, or always."""

WIRE_MODES: tuple[WireMode, ...] = ("auto", "plain", "low")

QUEUE_TIGHT_MS = 70.0
"""Queueing on the way that means more is sent than goes through: a third of what a home router holds."""

QUEUE_CLEAR_MS = 25.0
"""Queueing that is jitter and nothing else."""

LOSS_FULL = 0.10
"""Loss that, together with queueing, means that the queue is full."""

LOSS_GUARDED = 0.05
"""Loss from which sound is made to bear it: libopus puts a copy of each packet into the next from 10 % on."""

GUARDED_LEAST = 0.10

STEP_HOLD_NS = 2_500_000_000
"""Shortest time between two steps down: a queue needs about that long to empty, and word of it one second more."""

RELAX_NS = 15_000_000_000
"""Calm after which a step up is tried once a queue has been met; doubled each time."""

RELAX_MOST_NS = 240_000_000_000


@dataclass(frozen=True, slots=True)
class WirePlan:
    """What is sent, and how.

    Attributes:
        low_wire: the face rides on sound packets, where the other end reads it there.
        frames: faces that are coded in one packet.
        audio_kbps: bitrate of the sound.
        expected_loss: share of sound packets that the sound is prepared to lose.
    """

    low_wire: bool
    frames: int
    audio_kbps: int
    expected_loss: float


STEPS = (
    (False, 1, 1, 16),
    (False, 1, 2, 16),
    (False, 1, 3, 16),
    (True, 1, 4, 16),
    (True, 3, 5, 12),
    (True, 3, 5, 8),
    (True, 3, 5, 6),
)
"""From a link that has room to one of 20 kbit/s: low wire, faces in a packet with it and without it, sound in kbit/s.
Without it each packet costs a message. With it three faces together save 1 kbit/s and take 25 ms more in the median, 55
at the 95th percentile; two save 0.3 and take 20."""

TOGETHER = 3
"""Faces in a packet where the person wants low wire whatever the link carries."""

STEP_KBPS = (44, 36, 33, 27, 22, 18, 16)
"""What they take with sound packets of 60 ms; the last four 5 more where low wire is not to be had."""

MEASURED_SHARE = 0.9
"""Of a measured rate that may be filled: what is left empties a queue."""

DOUBT_NS = 60_000_000_000
"""Calm after which a measured rate that was low is doubted, and the next step tried."""

FIRST_STEP = 3
"""Where a call begins: what it sends before it knows the link must not fill a narrow one."""

TRIAL_NS = 4_000_000_000
"""Calm after which a step up is tried as long as none has failed."""

GUARDED_KBPS = 20
"""Bitrate of sound with a copy of each packet in the next; below 18 libopus makes none."""


class WirePlanner:
    """Goes down the steps while a queue grows, and up again when it has been empty for long.

    Args:
        mode: what the person at this end wants.
        capable: whether the other end reads faces from sound packets; may be set later.
        most_kbps: most that sound and faces may take, 0 for no limit; under the last step's that one is taken.
    """

    def __init__(self, mode: WireMode = "auto", capable: bool = False, most_kbps: int = 0) -> None:
        self.mode = mode
        self.capable = capable
        allowed = (step for step, kbps in enumerate(STEP_KBPS) if not most_kbps or kbps <= most_kbps)
        self._first_allowed = next(allowed, len(STEPS) - 1)
        self._step = max(FIRST_STEP, self._first_allowed)
        self._stepped_ns: int | None = None
        self._calm_since_ns: int | None = None
        self._relax_ns = TRIAL_NS
        self._measured_kbps = 0
        self._loss = 0.0

    def measured(self, kbps: int) -> None:
        """Take word of what the link seems to carry, 0 where it is not known: begin with the step that this takes."""
        self._measured_kbps = kbps
        if kbps and self._relax_ns == TRIAL_NS:
            fitting = (step for step in range(self._first_allowed, len(STEPS)) if self._fits(step))
            self._step = next(fitting, len(STEPS) - 1)

    def _fits(self, step: int) -> bool:
        return not self._measured_kbps or STEP_KBPS[step] <= MEASURED_SHARE * self._measured_kbps

    def plan(self) -> WirePlan:
        """Give what holds now."""
        low_wire, riding, alone, kbps = STEPS[self._step]
        guarded = self._loss >= LOSS_GUARDED
        # SCTP takes loss for congestion and holds messages back for a second or two; sound packets know nothing of it.
        low_wire = self.capable and (self.mode == "low" or (self.mode == "auto" and (low_wire or guarded)))
        if guarded and self._step < FIRST_STEP:
            kbps = GUARDED_KBPS
        expected = max(self._loss, GUARDED_LEAST) if guarded else self._loss
        # What is lost is lost together, so faces that ride on a link that loses many do so one by one.
        if self.mode == "low":
            riding = max(riding, TOGETHER)
        frames = (1 if guarded else riding) if low_wire else alone
        return WirePlan(low_wire, frames, kbps, round(expected, 2))

    def update(self, loss: float, queueing_ms: float, now_ns: int) -> None:
        """Take in what the other end said, about once a second.

        Args:
            loss: share of sound packets lost, 0..1.
            queueing_ms: queue on the way towards it.
            now_ns: time of arrival.
        """
        self._loss += (loss - self._loss) / 4 if loss < self._loss else (loss - self._loss) / 2
        full = loss >= LOSS_FULL and queueing_ms > QUEUE_CLEAR_MS
        if queueing_ms > QUEUE_TIGHT_MS or full:
            self._calm_since_ns = None
            self._tighten(now_ns)
        elif queueing_ms > QUEUE_CLEAR_MS:
            self._calm_since_ns = None
        elif self._calm_since_ns is None:
            self._calm_since_ns = now_ns
        elif self._step > self._first_allowed and now_ns - self._calm_since_ns >= self._patience_ns(self._step - 1):
            self._step -= 1
            self._calm_since_ns = now_ns

    def _patience_ns(self, step: int) -> int:
        """Calm that is wanted before a step up to this one."""
        return self._relax_ns if self._fits(step) else max(self._relax_ns, DOUBT_NS)

    def _tighten(self, now_ns: int) -> None:
        if self._stepped_ns is not None and now_ns - self._stepped_ns < STEP_HOLD_NS:
            return
        self._step = min(self._step + 1, len(STEPS) - 1)
        self._stepped_ns = now_ns
        self._relax_ns = min(max(self._relax_ns * 2, RELAX_NS), RELAX_MOST_NS)


NOTE_EVERY_NS = 1_000_000_000

NOTE_PACKETS = 2
"""Fewest packets that say anything about the link; in silence two or three come in a second."""

BUCKET_NS = 10_000_000_000
BUCKETS = 12
"""The least delay is looked for in the last two minutes: longer, and clocks that run apart would look like a queue."""


MESSAGE_OVERHEAD = 85
"""Bytes of headers on a message: IP and UDP 28, DTLS 29, SCTP 28."""


class LinkMeter:
    """Measures loss and queueing on the way here, from the sound packets that arrive."""

    def __init__(self) -> None:
        self._least: deque[tuple[int, float]] = deque(maxlen=BUCKETS)
        self._recent: list[tuple[int, float]] = []
        self._highest: int | None = None
        self._noted_ns: int | None = None

    def add(self, sequence: int, timestamp: int, now_ns: int) -> LinkNote | None:
        """Count a packet, and give word for the other end when it is time.

        Args:
            sequence: unwrapped.
            timestamp: unwrapped, in samples.
            now_ns: time of arrival.
        """
        delay = now_ns - timestamp * NS_PER_SAMPLE
        bucket = now_ns // BUCKET_NS
        if self._least and self._least[-1][0] == bucket:
            self._least[-1] = (bucket, min(self._least[-1][1], delay))
        else:
            self._least.append((bucket, delay))
        self._recent.append((sequence, delay))
        if self._noted_ns is None:
            self._noted_ns = now_ns
        if now_ns - self._noted_ns < NOTE_EVERY_NS or len(self._recent) < NOTE_PACKETS:
            return None
        self._noted_ns = now_ns
        return self._note()

    def _note(self) -> LinkNote:
        highest = max(sequence for sequence, _ in self._recent)
        before = self._highest if self._highest is not None else min(self._recent)[0] - 1
        fresh = len({sequence for sequence, _ in self._recent if sequence > before})
        expected = highest - before
        loss = 1 - fresh / expected if expected > 0 else 0.0
        queueing = min(delay for _, delay in self._recent) - min(delay for _, delay in self._least)
        self._highest, self._recent = max(highest, before), []
        return LinkNote(max(loss, 0.0), round(queueing / 1e6))


def rate_between(size: int, first_ns: int, second_ns: int) -> int:
    """Give the rate in kbit/s of a link that two packets, sent at once, left at these times; 65535 where it is fast.

    Args:
        size: payload of the second.
        first_ns: arrival of the first.
        second_ns: arrival of the second.
    """
    bits = 8 * (size + MESSAGE_OVERHEAD)
    return min(round(bits * 1e6 / max(second_ns - first_ns, 1)), 0xFFFF)
