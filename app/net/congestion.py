"""How fast pictures may be sent: learned from what arrives, and when, at the other end. Pure: time is an argument.

Three things are watched. The *queue*: what packets take beyond the least that one took lately; a link whose rate is
exceeded shows it before it loses anything. The *rate of arrival* while there is a queue: that is what the link carries.
And *loss* beyond what the link always loses. With room the rate grows, the faster the longer nothing was in the way;
when a queue grows it falls to below the rate of arrival at once. Between reports the bytes on the way are bounded, so
that a link that turns slow stops the sender before any report tells of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.net.in_flight import Arrival, InFlight, Sent
from app.net.path_delay import PathDelay
from app.net.path_rate import PathRate
from app.net.repeats import AGAIN_NS

MS = 1_000_000

KBPS_LEAST, KBPS_MOST = 50.0, 800.0
"""Bounds of the rate: below, not even five small pictures a second pass; above, 512 x 512 pixels look no better."""

KBPS_FIRST = 150.0
"""First rate where nothing is known of the link: 512 x 512 pixels' first key picture then takes 0.2 s of it."""

KBPS_AGAIN = 65.0
"""Least rate after a pause: what a link that gave up its pictures for is tried with."""

MEASURED_SHARE = 0.6
"""Of a rate that two packets measured, to begin with: the sound takes its part, and a pair errs."""

GROWTH_LEAST, GROWTH_MOST, GROWTH_GAIN = 0.1, 0.8, 2.2
"""Growth a second, at first and at most, and what calm makes of it each second: the last tenth of the link is filled
slowly, and a link that has become 2.7 times as fast is found in four seconds."""

ROOMY, GROWTH_SURE = 1.3, 0.5
"""Where packets that met on the way show that the link carries so many times the rate, it grows at least so fast."""

BACK_OFF = 0.88
"""Of what the link carries, after a queue has grown: what is left over empties it."""

CUT_LEAST = 0.93
"""What a cut leaves of the rate at most, should the link seem to carry more than that: packets that a wireless link
delivers together make it look fast."""

SLOW_NS = 130 * MS
SLOW_LEAST_BYTES = 1200
SLOWER = 0.85
"""Over so short a time, and from so few bytes, a link is believed to carry less than such a share of the rate where
there is a queue as well."""

QUEUE_CALM_MS = 25.0
"""A queue this short is jitter, or one picture that has yet to pass."""

QUEUE_GROWING_MS, QUEUE_LONG_MS = 45.0, 110.0
"""A queue is in the way from the first on while it grows, from the second on unless it shrinks."""

QUEUE_FULL_MS = 200.0
"""Up to here a queue of this end's other traffic does not keep pictures from what they are due."""

PACKET_SHARE = 0.5
"""Of the time that a packet takes at the rate: so much longer may both be, for a packet that passes is no queue."""

PACKET_BYTES, PACKET_LEARNT = 800.0, 0.05
"""First guess of a packet's size, and how fast it is learnt."""

SLOPE_GROWS, SLOPE_SHRINKS = 0.04, -0.1
"""Milliseconds of queue a millisecond: 0.04 is a link exceeded by a twentieth."""

WINDOW_MS = 170.0
"""Of bytes that may be on the way beyond a round trip, as time at the rate: what is between two reports, and a queue of
two pictures. A key picture fills it alone."""

REPEAT_WINDOWS = 1.25
"""What is sent again may exceed that a little, for pictures wait for it."""

WINDOW_LEAST_BYTES = 2600
"""Two full packets may always be on the way, or a picture of one could stop all."""

EMPTYING_MS = 400.0
EMPTYING_MOST = 0.45
"""While a queue of so many milliseconds is there, all of the rate is left to it; but no more than such a share."""

LOSS_NS = 1_000 * MS
LOSS_EXCESS = 0.08
"""Loss is counted a second at a time; so much more than usual says that a short queue overflows."""

LOSS_LEARNT = 0.5
"""How fast loss becomes usual, for each second."""

STUBBORN = 4
"""Cuts in a row that leave the queue as it was: then it is somebody else's, or the way is longer now."""

IDLE_NS = 1_500 * MS
"""Without a packet for so long, what was learned of queue and growth is old."""

REPORT_LOSS = 0.1
"""Loss in an RTCP receiver report that takes rate away, where the other end reports no arrivals."""

REPORT_QUEUE_MS = 100.0
"""Growth of the round trip in such reports that does."""

REPORT_GROWTH = 0.08
"""Growth for each such report, about one a second; at that pace a queue is met gently."""


@dataclass(frozen=True, slots=True)
class VideoRoom:
    """What pictures may take of the link now.

    Attributes:
        kbps: rate, with all headers.
        is_open: whether a picture that is sent now would not have to wait long. One that is not to be sent is not to be
            encoded either.
    """

    kbps: float = KBPS_FIRST
    is_open: bool = True


class CongestionController:
    """Steers the rate of one stream of pictures with its retransmissions."""

    def __init__(self) -> None:
        self.kbps = KBPS_FIRST
        self.queue_ms = 0.0
        self.round_trip_ms = 0.0
        self.loss = 0.0
        self.in_flight = InFlight()
        self._beside = 0
        self._packet_bytes = PACKET_BYTES
        self._delay, self._rate = PathDelay(), PathRate()
        self._growth = GROWTH_MOST
        self._grown_ns: int | None = None
        self._cut_ns: int | None = None
        self._cut_queue_ms = 0.0
        self._stubborn = 0
        self._counted = (0, 0)
        self._counted_ns: int | None = None
        self._usual_loss = 0.0
        self._least_trip_ms: float | None = None
        self._last_sent_ns: int | None = None
        self._last_report_ns: int | None = None

    # what is sent

    def measured(self, kbps: float) -> None:
        """Begin with this rate's share, where nothing has been sent yet; 0 tells nothing."""
        if kbps > 0 and self._last_sent_ns is None:
            self.kbps = min(max(MEASURED_SHARE * kbps, KBPS_LEAST), 2 * KBPS_FIRST)

    def sent(self, stream: int, sequence: int, size: int, now_ns: int) -> None:
        """Count a packet.

        Args:
            stream: SSRC.
            sequence: RTP sequence number.
            size: bytes with all headers.
            now_ns: monotonic clock.
        """
        if self._last_sent_ns is not None and now_ns - self._last_sent_ns > IDLE_NS:
            self._rested()
        self._last_sent_ns = now_ns
        self.in_flight.add(stream, sequence, Sent(now_ns, size, self._beside))
        self._packet_bytes += (size - self._packet_bytes) * PACKET_LEARNT

    def sent_beside(self, size: int) -> None:
        """Count a packet of this end's that carries no picture, bytes with all headers."""
        self._beside += size

    def _rested(self) -> None:
        self.in_flight.clear()
        self._rate.rest()
        self._delay.rest()
        self.kbps = min(max(self.kbps, KBPS_AGAIN), 2 * KBPS_FIRST)
        self._growth = GROWTH_MOST
        self._grown_ns = self._counted_ns = None
        self._counted = (0, 0)

    def room(self, now_ns: int) -> VideoRoom:
        """Give what pictures may take now."""
        self.in_flight.forget(now_ns)
        emptied = min(max(self.queue_ms - QUEUE_CALM_MS, 0.0) / EMPTYING_MS, EMPTYING_MOST)
        kbps = max(self.kbps * (1 - emptied), min(self.kbps, BACK_OFF * self._rate.due_kbps()), KBPS_LEAST)
        return VideoRoom(kbps, self._last_report_ns is None or self.in_flight.bytes <= self._window())

    def may_repeat(self, now_ns: int) -> bool:
        """Whether a packet that was lost is to be sent again now; into a full queue it would be lost again."""
        self.in_flight.forget(now_ns)
        return self._last_report_ns is None or self.in_flight.bytes <= REPEAT_WINDOWS * self._window()

    def repeat_after_ns(self) -> int:
        """Give how soon a packet may be sent again once more: while a queue stands, after a round trip."""
        return round(self.round_trip_ms * MS) if self.queue_ms > QUEUE_GROWING_MS else AGAIN_NS

    def _window(self) -> float:
        """Give the bytes that may be on the way."""
        return max(self.kbps * ((self._least_trip_ms or 0.0) + WINDOW_MS) / 8, WINDOW_LEAST_BYTES)

    # what arrives

    def feedback(self, arrivals: Sequence[Arrival], now_ns: int) -> None:
        """Take in what the other end says of packets, several times a second.

        Args:
            arrivals: of packets that were sent here; others are ignored.
            now_ns: when the report came.
        """
        self._last_report_ns = now_ns
        delay_ns, latest_ns = None, 0
        arrived, lost = self._counted
        self.in_flight.settle(arrivals)
        for arrival in arrivals:
            sent = self.in_flight.take(arrival)
            if sent is None:
                continue
            if arrival.arrived_ns is None:
                lost += 1
                continue
            arrived += 1
            self._rate.add(sent.at_ns, arrival.arrived_ns, sent.size, sent.beside, self._delay.least_ns())
            delay = arrival.arrived_ns - sent.at_ns
            delay_ns, latest_ns = delay if delay_ns is None else min(delay_ns, delay), delay
            self._learn_round_trip((now_ns - sent.at_ns - arrival.held_ns) / MS)
        self._counted = (arrived, lost)
        if delay_ns is not None:
            self._judge(delay_ns, latest_ns, now_ns)

    def _learn_round_trip(self, trip_ms: float) -> None:
        trip_ms = max(trip_ms, 0.0)
        self.round_trip_ms = trip_ms if self.round_trip_ms == 0.0 else 0.9 * self.round_trip_ms + 0.1 * trip_ms
        least = self._least_trip_ms
        # It rises by a tenth in some hundred packets, should the way have become longer.
        self._least_trip_ms = trip_ms if least is None else min(trip_ms, least * 1.001)

    def _judge(self, least_ns: int, latest_ns: int, now_ns: int) -> None:
        """Decide on the rate, by the least and the latest delay of what a report tells of."""
        self.queue_ms = self._delay.add(least_ns, now_ns)
        latest_ms = self.queue_ms + (latest_ns - least_ns) / MS
        self._count_loss(now_ns)
        slope = self._delay.slope()
        packet_ms = PACKET_SHARE * self._packet_bytes * 8 / self.kbps
        growing_ms = QUEUE_GROWING_MS + packet_ms
        standing_ms = self._delay.standing_ms()
        slow = self._rate.capacity_kbps(SLOW_NS, SLOW_LEAST_BYTES)
        if self.kbps < BACK_OFF * self._rate.due_kbps() and self.queue_ms < QUEUE_FULL_MS:
            self._grow(now_ns)
        elif latest_ms > growing_ms and slope > 0 and slow is not None and slow < SLOWER * self.kbps:
            self._cut(slow, now_ns)
        elif standing_ms > QUEUE_LONG_MS and slope > SLOPE_SHRINKS:
            self._cut(self._rate.arrival_kbps(), now_ns)
        elif standing_ms > growing_ms and slope > SLOPE_GROWS:
            self._cut(self._rate.capacity_kbps() or self._rate.arrival_kbps(), now_ns)
        elif self.queue_ms < QUEUE_CALM_MS + packet_ms:
            self._stubborn = 0
            self._grow(now_ns)
        else:
            self._grown_ns = None

    def _hold_ns(self) -> int:
        """Time after a cut until reports can tell what it did; a link that turns out slower still is another matter."""
        return round((self.round_trip_ms + 150.0) * MS)

    def _cut(self, carried: float | None, now_ns: int) -> None:
        """Fall to below what the link carries."""
        self._growth, self._grown_ns = GROWTH_LEAST, None
        is_news = carried is not None and carried < SLOWER * self.kbps
        if self._cut_ns is not None and now_ns - self._cut_ns < self._hold_ns() and not is_news:
            return
        if carried is not None:
            self.kbps = max(min(self.kbps * CUT_LEAST, carried * BACK_OFF), KBPS_LEAST)
        self._stubborn = self._stubborn + 1 if self.queue_ms > 0.8 * self._cut_queue_ms else 0
        self._cut_ns, self._cut_queue_ms = now_ns, self.queue_ms
        if self._stubborn >= STUBBORN:
            self._delay.forget()
            self._stubborn = 0

    def _grow(self, now_ns: int) -> None:
        since_ns, self._grown_ns = self._grown_ns, now_ns
        if since_ns is None or (self._cut_ns is not None and now_ns - self._cut_ns < self._hold_ns()):
            return
        seconds = min((now_ns - since_ns) / 1e9, 0.5)
        carried = self._rate.arrival_kbps()
        if carried is None or carried < self.kbps / 2:
            return  # so little is sent that nothing is learned of what the link would carry
        capacity = self._rate.capacity_kbps()
        if capacity is not None and capacity > ROOMY * self.kbps:
            self._growth = max(self._growth, GROWTH_SURE)
        self.kbps = min(self.kbps * (1 + self._growth * seconds), KBPS_MOST)
        self._growth = min(self._growth * GROWTH_GAIN**seconds, GROWTH_MOST)

    def _count_loss(self, now_ns: int) -> None:
        if self._counted_ns is None:
            self._counted_ns = now_ns
        seconds = (now_ns - self._counted_ns) / LOSS_NS
        if seconds < 1.0:
            return
        arrived, lost = self._counted
        self._counted, self._counted_ns = (0, 0), now_ns
        self.loss = lost / (arrived + lost) if arrived + lost else 0.0
        if self.loss > self._usual_loss + LOSS_EXCESS:
            carried = self._rate.arrival_kbps()
            self._growth, self._grown_ns = GROWTH_LEAST, None
            if carried is not None:
                self.kbps = max(min(self.kbps, carried), KBPS_LEAST)
        self._usual_loss += (self.loss - self._usual_loss) * LOSS_LEARNT

    # what other ends say

    def remote_bound(self, kbps: float) -> None:
        """Take in the other end's own estimate (REMB), softly: no report of it takes more than a seventh away."""
        if kbps < self.kbps:
            self.kbps = max(kbps, self.kbps * 0.86, KBPS_LEAST)
            self._growth, self._grown_ns = GROWTH_LEAST, None

    def reported(self, loss: float, round_trip_ms: float, now_ns: int) -> None:
        """Take in an RTCP receiver report, about one a second; it counts where the other end reports no arrivals.

        Args:
            loss: share of packets lost since the last one.
            round_trip_ms: 0 where it is not known.
            now_ns: monotonic clock.
        """
        if self._last_report_ns is not None or self._last_sent_ns is None or now_ns - self._last_sent_ns > IDLE_NS:
            return
        self.loss = loss
        if round_trip_ms > 0:
            self.round_trip_ms = round_trip_ms
            self._least_trip_ms = min(self._least_trip_ms or round_trip_ms, round_trip_ms)
        queueing = round_trip_ms > (self._least_trip_ms or round_trip_ms) + REPORT_QUEUE_MS
        if queueing or loss > self._usual_loss + REPORT_LOSS:
            self.kbps = max(self.kbps * BACK_OFF**2, KBPS_LEAST)
        elif loss < self._usual_loss + REPORT_LOSS / 4:
            self.kbps = min(self.kbps * (1 + REPORT_GROWTH), KBPS_MOST)
        self._usual_loss += (loss - self._usual_loss) * LOSS_LEARNT
