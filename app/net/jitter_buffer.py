"""Puts RTP packets of pictures back into access units, and says which to ask for again. Pure: time is an argument.

A unit is given out the moment its last packet and everything before it are there; nothing is held back against jitter,
for the display wants the newest picture and no even pace. A missing packet is asked for at once, and again when an
answer ought to have come. One that stays away for too long is skipped, with everything up to the next key picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.net.media import MediaPacket
from app.net.sequence import ahead

MS = 1_000_000

WINDOW = 512
"""Packets held beyond a gap at most; a key picture at 800 kbps is about 50."""

NACK_MOST = 24
"""Longest gap whose packets are asked for; a longer one is an outage, and a key picture smaller than what was lost."""

ANSWER_FIRST_MS = 100.0
"""How long an answer takes, as long as none has come."""

ANSWER_SLACK = 1.25
ANSWER_SLACK_MS = 15.0
"""An answer that takes longer than answers do by so much was lost, or the question was."""

PATIENCE_ANSWERS = 3.4
PATIENCE_LEAST_MS, PATIENCE_MOST_MS = 200.0, 420.0
"""How long a missing packet is waited for: two rounds of questions and answers with an echo each, within a freeze that
most people bear."""

LEARNT = 0.2
"""How fast the time that answers take is learnt."""

ECHO_NS = 30 * MS
ECHO_FROM_LOSS = 0.04
"""Where more than such a share of packets goes missing, each is asked for twice, so long apart, and sent twice: of two
questions with their answers one gets through where of one in five does not. It costs as much again as is lost."""

LOSS_LEARNT = 0.01
"""Pace of the share of packets that go missing: a hundred packets."""

KEY_REQUEST_NS = 400 * MS
"""Shortest time between two requests for a key picture: one that is on its way needs a round trip to show, and a fifth
of a second to pass."""


@dataclass(slots=True)
class _Missing:
    """A packet that later ones came before."""

    since_ns: int
    first_ns: int = 0
    asked_ns: int = 0
    questions: int = 0


@dataclass(frozen=True, slots=True)
class Requests:
    """What to ask the other end for.

    Attributes:
        packets: sequence numbers to be sent again.
        key: whether a key picture is needed.
    """

    packets: tuple[int, ...] = ()
    key: bool = False


class JitterBuffer:
    """Holds packets until their access unit is whole.

    Args:
        is_key: whether decoding can begin at an access unit.
    """

    def __init__(self, is_key: Callable[[bytes], bool]) -> None:
        self._is_key = is_key
        self._held: dict[int, tuple[int, bool, bytes]] = {}
        self._next: int | None = None
        self._highest = 0
        self._missing: dict[int, _Missing] = {}
        self._waiting_for_key = True
        self._key_wanted = False
        self._key_asked_ns: int | None = None
        self.answer_ms = ANSWER_FIRST_MS
        self.skipped_gaps = 0
        self.loss = 0.0
        self.questions = 0
        self.recovered = 0

    def add(self, sequence: int, timestamp: int, marker: bool, data: bytes, now_ns: int) -> list[MediaPacket]:
        """Take one packet and give the access units that are now whole, in order.

        Args:
            sequence: RTP sequence number.
            timestamp: RTP time stamp.
            marker: whether it is the last of its unit.
            data: its stretch of the Annex B stream.
            now_ns: time of arrival.
        """
        if self._next is None:
            self._next, self._highest = sequence, sequence
        if ahead(sequence, self._next) < 0:
            return []
        self._note(sequence, now_ns)
        self._held[sequence] = (timestamp, marker, data)
        return self._collect() + self._skip(now_ns)

    def _note(self, sequence: int, now_ns: int) -> None:
        """Keep the list of what is missing."""
        assert self._next is not None
        step = ahead(sequence, self._highest)
        if step > NACK_MOST or ahead(sequence, self._next) >= WINDOW:
            self._restart(sequence)
        elif step > 0:
            for missing in range(1, step):
                self._missing[(self._highest + missing) % 0x10000] = _Missing(now_ns)
                self.loss += (1.0 - self.loss) * LOSS_LEARNT
            self.loss -= self.loss * LOSS_LEARNT
            self._highest = sequence
        else:
            self._came(self._missing.pop(sequence, None), now_ns)

    def _came(self, missing: _Missing | None, now_ns: int) -> None:
        if missing is None or not missing.questions:
            return
        self.recovered += 1
        if missing.questions <= 2:  # afterwards it is not known which question was answered
            self.answer_ms += ((now_ns - missing.first_ns) / MS - self.answer_ms) * LEARNT

    def _restart(self, sequence: int) -> None:
        self._held.clear()
        self._missing.clear()
        self._next = self._highest = sequence
        self._lose()

    def _lose(self) -> None:
        self.skipped_gaps += 1
        self._waiting_for_key = self._key_wanted = True

    # units

    def _collect(self) -> list[MediaPacket]:
        units: list[MediaPacket] = []
        while (unit := self._take_unit()) is not None:
            if self._waiting_for_key:
                # After a skipped gap the first unit may lack its head: only a whole key picture restarts decoding.
                if not self._is_key(unit.data):
                    self._key_wanted = True
                    continue
                self._waiting_for_key = self._key_wanted = False
            units.append(unit)
        return units

    def _take_unit(self) -> MediaPacket | None:
        assert self._next is not None
        at = self._next
        while at in self._held and not self._held[at][1]:
            at = (at + 1) % 0x10000
        if at not in self._held:
            return None
        timestamp = self._held[at][0]
        parts = []
        while ahead(self._next, at) <= 0:
            parts.append(self._held.pop(self._next)[2])
            self._next = (self._next + 1) % 0x10000
        return MediaPacket(b"".join(parts), timestamp, at)

    # gaps

    def _patience_ns(self) -> int:
        return round(min(max(PATIENCE_ANSWERS * self.answer_ms, PATIENCE_LEAST_MS), PATIENCE_MOST_MS) * MS)

    def _skip(self, now_ns: int) -> list[MediaPacket]:
        """Go on behind gaps that were waited for long enough; the units that they are in are lost, with all that need
        them."""
        units: list[MediaPacket] = []
        while self._missing:
            oldest = min(self._missing, key=self._distance)
            if now_ns - self._missing[oldest].since_ns < self._patience_ns():
                break
            self._next = (oldest + 1) % 0x10000
            self._held = {at: packet for at, packet in self._held.items() if self._distance(at) >= 0}
            self._missing = {at: missing for at, missing in self._missing.items() if self._distance(at) >= 0}
            self._lose()
            units += self._collect()
        return units

    def _distance(self, sequence: int) -> int:
        assert self._next is not None
        return ahead(sequence, self._next)

    # what to do meanwhile

    def poll(self, now_ns: int) -> tuple[list[MediaPacket], Requests]:
        """Look at the clock: units behind a gap that was given up, and what to ask for.

        Args:
            now_ns: of the same clock as arrivals.
        """
        units = self._skip(now_ns)
        asked = []
        for sequence, missing in self._missing.items():
            if now_ns >= self._ask_at_ns(missing):
                missing.first_ns = missing.first_ns if missing.questions else now_ns
                missing.asked_ns, missing.questions = now_ns, missing.questions + 1
                asked.append(sequence)
        self.questions += len(asked)
        return units, Requests(tuple(asked), self._take_key_wish(now_ns))

    def _ask_at_ns(self, missing: _Missing) -> int:
        """Give when a packet is to be asked for next."""
        if not missing.questions:
            return missing.since_ns
        if missing.questions % 2 and self.loss > ECHO_FROM_LOSS:
            return missing.asked_ns + ECHO_NS
        return missing.asked_ns + round((ANSWER_SLACK * self.answer_ms + ANSWER_SLACK_MS) * MS)

    def _take_key_wish(self, now_ns: int) -> bool:
        if not self._key_wanted:
            return False
        if self._key_asked_ns is not None and now_ns - self._key_asked_ns < KEY_REQUEST_NS:
            return False
        self._key_asked_ns = now_ns
        return True

    def due_ns(self) -> int | None:
        """Give when `poll` has something to do, None where only another packet can bring that about."""
        due = [
            min(missing.since_ns + self._patience_ns(), self._ask_at_ns(missing)) for missing in self._missing.values()
        ]
        if self._key_wanted:
            due.append(0 if self._key_asked_ns is None else self._key_asked_ns + KEY_REQUEST_NS)
        return min(due, default=None)
