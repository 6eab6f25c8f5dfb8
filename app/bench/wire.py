"""The bytes of a call by kind: two real peers on this machine, both talking, without tracking and rendering.

What they send is real (face packets of tracked frames, Opus of a clip's sound, the whole of WebRTC), only pictures are
neither looked for nor drawn, so that the figures do not depend on how fast the machine is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.bench.report import Axis, Row
from app.call.audio import BLOCK_NS, BLOCK_SAMPLES
from app.call.audio_player import SoundPlayer
from app.call.audio_talker import Talker
from app.call.face_groups import FaceGroups
from app.call.mailbox import Backlog
from app.call.stats import kbps
from app.net.emulator import LinkConditions
from app.net.feature_channel import AckPacer
from app.net.media import MediaPacket
from app.net.peer import Peer, PeerHandlers, PeerOptions
from app.net.wire_plan import WireMode
from codec.face import FaceDecoder, FaceEncoder, MissingReference
from codec.statistics import FaceTables
from codec.types import FaceCode

SETTLE_S = 3.0
"""Seconds before counting: the handshake, the first key frames, and the first reports are no part of a call's rate."""

UNLIMITED_KBPS = 0xFFFF
"""What two probes tell of a link without limit; of one with a limit they tell its rate."""

OPEN_TIMEOUT_S = 20.0

WAITING_MAX = 256

SPEECH_LEVEL = 300.0
"""Root mean square of 20 ms that count as speech, of 32767; what lies below is cut, for the speech's own pauses are a
third of it and would make it look cheaper than it is."""

X = Axis("row", "way of sending")
PANELS = (Axis("kbps", "kbps per direction"), Axis("fps", "faces a second"))

Scene = Literal["talking", "silent"]
SCENES: tuple[Scene, ...] = ("talking", "silent")
MODES: tuple[WireMode, ...] = ("plain", "low")
"""On a link that is limited or loses packets "auto" is measured too."""

Samples = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Content:
    """What both ends send.

    Attributes:
        tables: the person's.
        codes: tracked frames, in order.
        fps: at which they were taken.
        sound: a stretch of speech, int16 at 48 kHz, at least 20 ms.
    """

    tables: FaceTables
    codes: Sequence[FaceCode]
    fps: float
    sound: Samples


def continuous_speech(blocks: Iterable[Samples], most: int) -> Samples:
    """Join the blocks of speech among the first ``most``, without its pauses: int16 (n,)."""
    found = []
    for index, block in enumerate(blocks):
        if index >= most:
            break
        if float(np.sqrt(np.mean(block.astype(np.float64) ** 2))) >= SPEECH_LEVEL:
            found.append(block)
    return np.concatenate(found) if found else np.zeros(BLOCK_SAMPLES, np.int16)


def there_and_back(codes: Sequence[FaceCode]) -> Iterator[FaceCode]:
    """Give the codes forwards and backwards, for ever, so that no jump makes a packet larger."""
    return cycle([*codes, *reversed(codes)])


class Caller:
    """One end of the call."""

    def __init__(self, content: Content, scene: Scene, options: PeerOptions) -> None:
        self.peer = Peer(options, self._handlers())
        self.player = SoundPlayer()
        self.sent_ns: dict[int, int] = {}
        self.arrivals: list[tuple[int, int]] = []
        self._faces: Backlog[tuple[bytes, int]] = Backlog(WAITING_MAX)
        self._acknowledgements: Backlog[bytes] = Backlog(WAITING_MAX)
        self._encoder, self._decoder = FaceEncoder(content.tables), FaceDecoder(content.tables)
        self._pacer = AckPacer()
        self._groups = FaceGroups()
        self._codes = there_and_back(content.codes)
        self._fps = content.fps
        self._seq = 0
        self._blocks = 0
        self._talking = scene == "talking"
        self._sound = content.sound
        self.talker = Talker(self.peer.send_audio, lambda: self.peer.plan)

    def _handlers(self) -> PeerHandlers:
        return PeerHandlers(
            on_face=lambda payload: self._ignore(self._faces.put((payload, time.monotonic_ns()))),
            on_feedback=lambda payload: self._ignore(self._acknowledgements.put(payload)),
            on_control=lambda payload: None,
            on_video=lambda unit: None,
            on_audio=self._heard,
            on_key_request=lambda: None,
            on_video_clock=lambda origin: None,
            on_audio_clock=lambda origin: None,
            on_state=lambda state: None,
            on_report=lambda report: None,
        )

    def _ignore(self, taken: bool) -> None:
        """A full mailbox counts what it refuses."""

    def _heard(self, packet: MediaPacket) -> None:
        self.player.put(packet, time.monotonic_ns())

    def tick(self, now_ns: int, heard_ns: int) -> None:
        """Do the work of the next 20 ms, of which ``now_ns`` is counted from the call's beginning."""
        start = self._blocks * BLOCK_SAMPLES % max(self._sound.size - BLOCK_SAMPLES, 1)
        self._blocks += 1
        speech = self._sound[start : start + BLOCK_SAMPLES]
        self.talker.push(speech if self._talking else np.zeros(BLOCK_SAMPLES, np.int16))
        self.player.take(BLOCK_SAMPLES, heard_ns)
        for payload, arrived_ns in self._faces.take_all():
            self._decode(payload, arrived_ns)
        for acknowledgement in self._acknowledgements.take_all():
            self._encoder.acknowledge(acknowledgement)
        while self._seq <= now_ns * self._fps / 1e9:
            code = next(self._codes)
            if self.peer.face_ready:
                self.sent_ns[self._seq] = time.monotonic_ns()
                for group in self._groups.take(code, self._seq, self.peer.frames_together):
                    self.peer.send_face(self._encoder.encode_several(group.codes, group.first).payload)
            self._seq += 1

    def _decode(self, payload: bytes, arrived_ns: int) -> None:
        try:
            face = self._decoder.decode(payload)
        except MissingReference:
            return
        self.arrivals += [(seq, arrived_ns) for seq in range(face.first, face.seq + 1)]
        if self._pacer.due(face.reference_seq is None, len(face.codes), time.monotonic_ns()):
            self.peer.send_feedback(face.acknowledgement)


@contextmanager
def connected(content: Content, scene: Scene, mode: WireMode, conditions: LinkConditions) -> Iterator[list[Caller]]:
    """Connect two callers, and close them in the end.

    Raises:
        ConnectionError: they did not connect.
    """
    options = [PeerOptions(loopback=True, conditions=conditions, seed=seed, wire=mode) for seed in (1, 2)]
    callers = [Caller(content, scene, option) for option in options]
    first, second = (caller.peer for caller in callers)
    try:
        for peer in (first, second):
            peer.start()
        first.accept_answer(second.create_answer(first.create_offer()))
        for peer in (first, second):
            peer.wait_open(OPEN_TIMEOUT_S)
            peer.allow_low_wire(mode != "plain", round(conditions.rate_kbps or UNLIMITED_KBPS))
        yield callers
    finally:
        for peer in (first, second):
            peer.close()


def _run(callers: Sequence[Caller], from_s: float, to_s: float, began_ns: int) -> None:
    for block in range(round(from_s * 1e9) // BLOCK_NS, round(to_s * 1e9) // BLOCK_NS):
        due_ns = began_ns + block * BLOCK_NS
        time.sleep(max(due_ns - time.monotonic_ns(), 0) / 1e9)
        for caller in callers:
            caller.tick(block * BLOCK_NS, due_ns)


def measure_call(content: Content, scene: Scene, mode: WireMode, seconds: float, conditions: LinkConditions) -> Row:
    """Hold one call and give its row: kbit/s of one direction, by kind, the mean of both."""
    with connected(content, scene, mode, conditions) as callers:
        began_ns = time.monotonic_ns()
        _run(callers, 0.0, SETTLE_S, began_ns)
        before = [caller.peer.sent_by_kind() for caller in callers]
        for caller in callers:
            caller.arrivals.clear()
        voice = sum(caller.talker.sent_bytes for caller in callers)
        _run(callers, SETTLE_S, SETTLE_S + seconds, began_ns)
        after = [caller.peer.sent_by_kind() for caller in callers]
        rates = dict.fromkeys(("audio", "data", "sctp", "rtcp", "stun"), 0.0)
        packets = 0
        for old, new in zip(before, after, strict=True):
            for kind, (count, size) in new.items():
                count_before, size_before = old.get(kind, (0, 0))
                rates[kind] = rates.get(kind, 0.0) + kbps(size - size_before, seconds) / 2
                packets += count - count_before
        sound = callers[1].player.counts().playout
        return {
            "wire": mode,
            "scene": scene,
            "kbps": sum(rates.values()),
            "packets_s": packets / 2 / seconds,
            "sound_kbps": kbps(sum(c.talker.sent_bytes for c in callers) - voice, seconds) / 2,
            **{f"{kind}_wire_kbps": rate for kind, rate in rates.items()},
            **_delivery(callers, seconds),
            "sound_gap_ms_max": sound.gap_ms_max,
            "sound_delay_ms": sound.delay_ms,
        }


def _delivery(callers: Sequence[Caller], seconds: float) -> dict[str, float]:
    """Tell how faces arrived at both ends: a second, the longest time without one, and how long they took."""
    first, second = callers
    took_ms, gaps_ms = [0.0], [0.0]
    for sender, receiver in ((first, second), (second, first)):
        took_ms += [(at_ns - sender.sent_ns[seq]) / 1e6 for seq, at_ns in receiver.arrivals if seq in sender.sent_ns]
        gaps_ms += [(after - before) / 1e6 for (_, before), (_, after) in pairwise(receiver.arrivals)]
    return {
        "fps": sum(len(caller.arrivals) for caller in callers) / 2 / seconds,
        "face_gap_ms_max": max(gaps_ms),
        "face_ms_p50": float(np.percentile(took_ms, 50)),
        "face_ms_p95": float(np.percentile(took_ms, 95)),
    }


def measure_wire(
    content: Content, seconds: float, conditions: LinkConditions, on_progress: Callable[[float], None]
) -> list[Row]:
    """Hold a call for each way of sending, talking and silent; see `measure_call`.

    Args:
        content: what both ends send.
        seconds: counted length of each call.
        conditions: emulated link in both directions.
        on_progress: told the share that is done, 0..1.
    """
    rows: list[Row] = []
    modes: tuple[WireMode, ...] = MODES if conditions.is_perfect else (*MODES, "auto")
    courses = [(scene, mode) for scene in SCENES for mode in modes]
    for done, (scene, mode) in enumerate(courses):
        on_progress(done / len(courses))
        rows.append(measure_call(content, scene, mode, seconds, conditions))
    on_progress(1.0)
    return rows
