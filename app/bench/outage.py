"""How a call comes back after an outage: two ends with everything but screens, over links that go away and return."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.bench.relay import TcpRelay
from app.bench.report import Axis, Row
from app.call.options import SessionOptions
from app.call.session import Session
from app.call.shown import ShownFrame
from app.net.codes import PairingError
from app.net.emulator import LinkConditions
from app.net.pairing import Pairing, PairingHandlers
from app.net.peer import PeerOptions
from app.net.rendezvous import Address, MeetingPoint

X = Axis("round_trip_ms", "round trip, ms")
PANELS = (
    Axis("noticed_s", "outage noticed after, s"),
    Axis("picture_s", "picture back after the link, s"),
    Axis("sound_s", "sound back after the link, s"),
)

WAIT_S = 60.0
"""Longest wait for anything; a call that needs more has failed."""

SETTLE_S = 2.0
"""From the connection to the first outage, and from one to the next: every sender is in its stride by then."""

STALE_S = 1.0
"""A picture that much older, when it is shown, than pictures were before the outage, is a stale one."""

STEP_S = 0.005


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture that was shown: when, and how old it was, seconds; no age where its number was not known yet."""

    at: float
    age: float | None


class End:
    """One end of the call.

    Args:
        clip: plays in place of camera and microphone.
        delay_ms: of its link, one way.
        url: the meeting point.
        seed: of its link's chance.
    """

    def __init__(self, clip: Path, delay_ms: float, url: str, seed: int) -> None:
        conditions = LinkConditions(delay_ms=delay_ms)
        peer = PeerOptions(loopback=True, conditions=conditions, seed=seed)
        self.session = Session(SessionOptions(clip, clip, size=(128, 128), peer=peer), self._see, self._hear)
        self.code = ""
        self.paired = threading.Event()
        self.failure: PairingError | None = None
        self.shown: list[Shown] = []
        self.states: list[tuple[str, float]] = []
        self.pairing = Pairing(
            url,
            PairingHandlers(
                self._take_code, self.paired.set, self.session.peer.signal, self._line_changed, self._pairing_failed
            ),
        )

    def _take_code(self, code: str) -> None:
        self.code = code

    def _pairing_failed(self, error: PairingError) -> None:
        self.failure = error

    def _line_changed(self, is_up: bool) -> None:
        if is_up:
            self.session.peer.line_is_back()

    def _see(self, shown: ShownFrame) -> None:
        age = (shown.t_shown_ns - shown.t_capture_ns) / 1e9 if shown.t_capture_ns else None
        self.shown.append(Shown(time.monotonic(), age))

    def _hear(self, event: str) -> None:
        self.states.append((event, time.monotonic()))

    def set_cut(self, is_cut: bool) -> None:
        """Take the link away, or give it back."""
        link = self.session.peer.link
        assert link is not None
        link.is_cut = is_cut

    def first(self, event: str, after: float) -> float | None:
        """When this was said first after a moment."""
        return next((at for said, at in list(self.states) if said == event and at > after), None)

    def close(self) -> None:
        """End everything."""
        self.session.stop()
        self.pairing.close()


def measure_outages(
    clip: Path, seconds: float, delays_ms: Sequence[float], repeat: int, progress: Callable[[float], None]
) -> list[Row]:
    """Measure what outages do to a call in H.265 with sound.

    Args:
        clip: plays at both ends.
        seconds: length of each outage.
        delays_ms: one-way delays of the links.
        repeat: outages for each delay, with and without the meeting point.
        progress: told what share is done, 0 to 1.

    Returns:
        A row for each delay and kind of outage, the worst of all its outages and both ends: seconds until it was
        noticed, and from the link's return until the first picture and the first sound; how many pictures were stale.

    Raises:
        RuntimeError: a call did not come about or not come back.
    """
    rows: list[Row] = []
    for delay_ms in delays_ms:
        with _call(clip, delay_ms) as (ends, relay):
            for everything in (False, True):
                outages = []
                for _ in range(repeat):
                    outages.append(_hold_outage(ends, relay if everything else None, seconds))
                    progress((len(rows) * repeat + len(outages)) / (2 * len(delays_ms) * repeat))
                worst = {key: max(float(outage[key]) for outage in outages) for key in PANEL_KEYS}
                stale = sum(int(outage["stale"]) for outage in outages)
                gone = "link and meeting point" if everything else "link"
                rows.append({"gone": gone, "outage_s": seconds, "round_trip_ms": 2 * delay_ms, **worst, "stale": stale})
    return rows


PANEL_KEYS = tuple(panel.key for panel in PANELS)


@contextmanager
def _call(clip: Path, delay_ms: float) -> Iterator[tuple[tuple[End, End], TcpRelay]]:
    with ExitStack() as stack:
        point = MeetingPoint(Address("127.0.0.1", 0))
        stack.callback(point.close)
        relay = TcpRelay(point.port)
        stack.callback(relay.close)
        ends = tuple(End(clip, delay_ms, f"ws://127.0.0.1:{relay.port}", seed) for seed in (1, 2))
        for end in ends:
            stack.callback(end.close)
            end.session.prepare()
        host, caller = ends
        host.pairing.host()
        _wait(lambda: host.code or host.failure, "a code")
        caller.pairing.join(host.code)
        _wait(lambda: host.paired.is_set() and caller.paired.is_set(), "the ends to meet")
        for end in ends:
            end.session.peer.meet(end is host, end.pairing, lambda safety: None, lambda reason, theirs: None)
        _wait(lambda: host.session.peer.is_open and caller.session.peer.is_open, "the connection")
        epoch_ns = time.monotonic_ns()
        for end in ends:
            assert end.session.camera is not None
            end.session.know_capture_clock(epoch_ns, end.session.camera.fps)
            end.session.begin(epoch_ns)
            end.session.greet()
        yield (host, caller), relay


def _hold_outage(ends: tuple[End, End], relay: TcpRelay | None, seconds: float) -> Row:
    time.sleep(SETTLE_S)
    gone_at = time.monotonic()
    usual_age = max(shown.age or 0.0 for end in ends for shown in end.shown[-10:])
    for end in ends:
        end.set_cut(True)
    if relay is not None:
        relay.cut()
    time.sleep(seconds)
    for end in ends:
        end.set_cut(False)
    if relay is not None:
        relay.mend()
    back_at = time.monotonic()
    sound_at = _watch_sound(ends)
    _wait(lambda: all(end.shown[-1].at > back_at and end.first("connection connected", gone_at) for end in ends), "it")
    time.sleep(SETTLE_S)
    noticed = [end.first("connection reconnecting", gone_at) or float("inf") for end in ends]
    after = [[shown for shown in end.shown if shown.at > back_at] for end in ends]
    return {
        "noticed_s": max(noticed) - gone_at,
        "picture_s": max(shown[0].at for shown in after) - back_at,
        "sound_s": sound_at - back_at,
        "stale": sum((shown.age or 0.0) > usual_age + STALE_S for end in after for shown in end),
    }


def _watch_sound(ends: tuple[End, End]) -> float:
    """Wait until sound arrives at both ends; when that was."""
    before = [end.session.stats.audio_bytes for end in ends]
    _wait(
        lambda: all(end.session.stats.audio_bytes > count for end, count in zip(ends, before, strict=True)), "the sound"
    )
    return time.monotonic()


def _wait(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + WAIT_S
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"waited {WAIT_S:g} s for {what}")
        time.sleep(STEP_S)
