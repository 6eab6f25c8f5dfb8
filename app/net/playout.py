"""When which sound is played: a jitter buffer that follows the link. Pure: time is an argument, no codec in here.

Sound is asked for a little before it is heard. What is there is decoded in order; what is missing is recovered from the
packet behind it, or else concealed, and a packet that comes late is still played, with everything after it delayed
until silence or a little haste makes up for it. Time stamps are in samples at 48 kHz, without wrapping.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Literal

SAMPLE_RATE = 48_000
NS_PER_SAMPLE = 1e9 / SAMPLE_RATE

CONCEALED_SAMPLES = 960
"""20 ms: what is concealed in one piece, so that a packet which comes late is played soon."""

WINDOW_NS = 10_000_000_000
"""How long a delay is remembered: a burst of lateness stays guarded against for ten seconds."""

WINDOW_PACKETS = 500

PERCENTILE = 0.97
"""Share of packets that come in time: the rest costs concealment of some tens of ms, more would delay every word."""

BURST_NS = 5_000_000
"""Packets this close together were held up by the same thing: an outage counts once, however long it was."""

GUARDED_LOSS = 0.03
"""Share of lost packets from which one more packet is waited for, where the lost one can be recovered from it."""

LOSS_MEMORY = 32
"""Packets over which that share is smoothed, two seconds."""

MARGIN_MS = 12.0
"""Added to the delay, for the time between two questions of the sound card and what decoding takes."""

TARGET_MOST_MS = 1000.0
"""Longest delay that is built up against jitter: beyond, people talk into each other."""

SLACK_MS = 20.0
"""Difference from the wanted delay that is left alone: stretching sound is heard a little."""

HELD_MOST_SAMPLES = 5 * SAMPLE_RATE
"""Farthest that a packet may be ahead of what is played: beyond it a stream has restarted."""

HELD_PACKETS = 256

JUMP_NS = 700_000_000
"""Delay beyond the wanted one that is cut at once: after an outage, hurrying would take too long."""

PAUSE_SAMPLES = 2 * SAMPLE_RATE
"""Concealed for so long, a stream has paused (muted, or an outage): what comes next starts it anew."""


class DelayMeter:
    """How much later than the quickest packets come, over the last seconds."""

    def __init__(self) -> None:
        self._delays: deque[tuple[int, float]] = deque(maxlen=WINDOW_PACKETS)
        self._least: float | None = None
        self._last_ns: int | None = None

    def add(self, timestamp: int, now_ns: int) -> None:
        """Count a packet with this time stamp that arrives now; of a burst only the first."""
        delay = now_ns - timestamp * NS_PER_SAMPLE
        in_burst = self._last_ns is not None and now_ns - self._last_ns < BURST_NS
        self._last_ns = now_ns
        if in_burst and self._least is not None and delay >= self._least:
            return
        self._delays.append((now_ns, delay))
        while now_ns - self._delays[0][0] > WINDOW_NS:
            self._delays.popleft()
        self._least = min(delay for _, delay in self._delays)

    @property
    def base_ns(self) -> float | None:
        """Arrival of time stamp 0, had it been among the quickest; None before the first packet."""
        return self._least

    def spread_ms(self, percentile: float = PERCENTILE) -> float:
        """Give the delay over the quickest that this share of packets stays below, ms."""
        if self._least is None:
            return 0.0
        delays = sorted(delay for _, delay in self._delays)
        at = min(math.ceil(percentile * len(delays)) - 1, len(delays) - 1)
        return (delays[max(at, 0)] - self._least) / 1e6

    def reset(self) -> None:
        """Forget everything, when the stream starts anew."""
        self._delays.clear()
        self._least = self._last_ns = None


@dataclass(frozen=True, slots=True)
class SoundPacket:
    """A packet as it arrived.

    Attributes:
        data: Opus, without what rode on it.
        timestamp: of its first sample, unwrapped.
        sequence: its number, unwrapped.
        samples: how long it is.
        holds_previous: whether the packet before can be recovered from it.
    """

    data: bytes
    timestamp: int
    sequence: int
    samples: int
    holds_previous: bool


Kind = Literal["decode", "recover", "conceal"]


@dataclass(frozen=True, slots=True)
class Step:
    """What to play next.

    Attributes:
        kind: decode ``data``, recover what came before it from it, or conceal.
        data: an Opus packet, empty to conceal.
        samples: how long it will be, before haste.
        pace: -1 to play it a little shorter, 1 a little longer, 0 as it is.
    """

    kind: Kind
    data: bytes
    samples: int
    pace: int


@dataclass(frozen=True, slots=True)
class PlayoutCounts:
    """What a playout has met.

    Attributes:
        played: packets decoded.
        recovered: packets recovered from the one behind.
        lost: packets that never came, or too late to be of use; recovered ones are among them.
        concealed_ms: sound that had to be made up, pauses of the speaker not counted.
        gap_ms_max: longest stretch of it in one piece.
        delay_ms: wanted delay against jitter.
        restarts: how often the stream began anew.
    """

    played: int = 0
    recovered: int = 0
    lost: int = 0
    concealed_ms: float = 0.0
    gap_ms_max: float = 0.0
    delay_ms: float = 0.0
    restarts: int = 0


class Playout:
    """Puts packets in order and decides, step by step, what is played. One thread at a time."""

    def __init__(self) -> None:
        self.delays = DelayMeter()
        self._held: dict[int, SoundPacket] = {}
        self._at: int | None = None
        self._last_sequence = -1
        self._waited = 0
        self._extra_ms = self._guard_ms = 0.0
        self._loss_share = 0.0
        self._offset_ns: float | None = None
        self._played = self._recovered = self._lost = self._restarts = 0
        self._concealed = self._gap_most = 0

    def put(self, packet: SoundPacket, now_ns: int) -> None:
        """Take a packet that arrives now; one that is too late or comes twice is dropped."""
        if self._at is not None and abs(packet.timestamp - self._at) > HELD_MOST_SAMPLES:
            self._restart()
        self.delays.add(packet.timestamp, now_ns)
        if packet.sequence <= self._last_sequence or len(self._held) >= HELD_PACKETS:
            return
        self._held[packet.sequence] = packet

    def _restart(self) -> None:
        self._held.clear()
        self.delays.reset()
        self._at = self._offset_ns = None
        self._last_sequence = -1
        self._waited = 0
        self._restarts += 1

    def hold_back(self, extra_ms: float) -> None:
        """Play everything this much later than the link asks for, so that the picture can keep up; 0 to 1000."""
        self._extra_ms = min(max(extra_ms, 0.0), TARGET_MOST_MS)

    @property
    def target_ms(self) -> float:
        """Delay that is aimed at, over the quickest packets' arrival."""
        return min(self.delays.spread_ms() + MARGIN_MS + max(self._extra_ms, self._guard_ms), TARGET_MOST_MS)

    def plays_at_ns(self, timestamp: int) -> int | None:
        """Tell when a sample is heard, by what was played last; None before anything was."""
        return None if self._offset_ns is None else round(timestamp * NS_PER_SAMPLE + self._offset_ns)

    def counts(self) -> PlayoutCounts:
        """Give the totals so far."""
        return PlayoutCounts(
            self._played,
            self._recovered,
            self._lost,
            self._concealed * 1000 / SAMPLE_RATE,
            self._gap_most * 1000 / SAMPLE_RATE,
            self.target_ms,
            self._restarts,
        )

    def next(self, heard_ns: int) -> Step | None:
        """Decide what is played next; None while nothing has come yet.

        Args:
            heard_ns: when the first sample of it will be heard, on the clock of `put`.
        """
        following = self._held[min(self._held)] if self._held else None
        if self._at is None or self._waited >= PAUSE_SAMPLES:
            return self._begin(following, heard_ns)
        if following is None:
            return self._conceal()
        missing = following.timestamp - self._at - self._waited
        if missing <= 0:
            return self._play(following, heard_ns)
        if self._in_pause(following):
            if self._late_ns(heard_ns, following.timestamp) >= 0:  # what is left of the silence is cut to catch up
                return self._play(following, heard_ns)
            return self._conceal(missing)
        if missing <= following.samples and following.holds_previous:
            return self._recover(following, missing)
        return self._conceal(missing)

    def _begin(self, first: SoundPacket | None, heard_ns: int) -> Step | None:
        if first is None or self._late_ns(heard_ns, first.timestamp) < 0:
            return None
        if self._at is None:
            self._at = first.timestamp
        return self._play(first, heard_ns)

    def _late_ns(self, heard_ns: int, timestamp: int) -> float:
        """How much later than wanted a sample would be heard, negative when early."""
        base_ns = self.delays.base_ns
        if base_ns is None:
            return 0.0
        return heard_ns - (base_ns + timestamp * NS_PER_SAMPLE + self.target_ms * 1e6)

    def _in_pause(self, following: SoundPacket) -> bool:
        """Whether nothing was lost before a packet: the speaker paused."""
        return following.sequence == self._last_sequence + 1

    def _play(self, packet: SoundPacket, heard_ns: int) -> Step:
        self._take(packet)
        late_ns = self._late_ns(heard_ns, packet.timestamp)
        while late_ns > JUMP_NS and self._held:
            packet = self._held[min(self._held)]
            self._take(packet)
            self._lost += 1
            late_ns = self._late_ns(heard_ns, packet.timestamp)
        self._offset_ns = heard_ns - packet.timestamp * NS_PER_SAMPLE
        self._played += 1
        pace = 0 if abs(late_ns) <= SLACK_MS * 1e6 else (-1 if late_ns > 0 else 1)
        return Step("decode", packet.data, packet.samples, pace)

    def _take(self, packet: SoundPacket) -> None:
        """Take a packet out, and count what was missing before it."""
        assert self._at is not None
        skipped = packet.sequence - self._last_sequence - 1 if self._last_sequence >= 0 else 0
        self._lost += skipped
        self._judge_loss(skipped, packet)
        paused = packet.timestamp - self._at if skipped == 0 else 0
        self._end_gap(max(self._waited - paused, 0))
        del self._held[packet.sequence]
        self._last_sequence = packet.sequence
        self._at = packet.timestamp + packet.samples

    def _judge_loss(self, skipped: int, packet: SoundPacket) -> None:
        for lost in (*[True] * min(skipped, LOSS_MEMORY), False):
            self._loss_share += (lost - self._loss_share) / LOSS_MEMORY
        guarded = packet.holds_previous and self._loss_share >= GUARDED_LOSS
        self._guard_ms = packet.samples * 1000 / SAMPLE_RATE if guarded else 0.0

    def _recover(self, following: SoundPacket, missing: int) -> Step:
        assert self._at is not None
        self._end_gap(self._waited)
        self._at = following.timestamp
        self._recovered += 1
        skipped = following.sequence - self._last_sequence - 1
        self._lost += skipped
        self._judge_loss(skipped, following)
        self._last_sequence = following.sequence - 1
        return Step("recover", following.data, missing, 0)

    def _conceal(self, missing: int = CONCEALED_SAMPLES) -> Step:
        samples = max(min(CONCEALED_SAMPLES, missing) // 120 * 120, 120)
        self._waited += samples
        return Step("conceal", b"", samples, 0)

    def _end_gap(self, samples: int) -> None:
        self._concealed += samples
        self._gap_most = max(self._gap_most, samples)
        self._waited = 0


class Unwrapper:
    """Counts on where a number of so many bits starts over, taking each for the nearest to the last one."""

    def __init__(self, bits: int) -> None:
        self._size = 1 << bits
        self._last: int | None = None

    def unwrap(self, number: int) -> int:
        """Give the number that was meant; the first is taken as it is."""
        if self._last is None:
            self._last = number + self._size  # so that an older one stays above zero
            return self._last
        self._last = self.near(number)
        return self._last

    def near(self, number: int) -> int:
        """Give the number that is meant, without counting on from it."""
        half, last = self._size // 2, self._last or 0
        return last + (number - last + half) % self._size - half
