"""Two peers in two processes on one machine: this process watches, the one it spawns is portrayed.

Both processes share the machine's monotonic clock, so capture-to-shown latency is measured, not estimated.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from app.call.identity_file import load_identity, read_identity_bytes
from app.call.mailbox import Backlog
from app.call.options import SessionOptions
from app.call.portrayed import PortrayedPeer
from app.call.report import DemoReport, Sampler, SizeInterval, build_report
from app.call.session import Session
from app.call.shown import LiveStats, Mode, ShownFrame
from app.call.stage import give_way
from app.call.stages import face_tables, load_stages, warm_renderer
from app.call.stats import Segment
from app.net.emulator import LinkConditions
from app.net.link import Values, text
from app.net.peer import PeerOptions
from app.net.wire_plan import WireMode
from codec.identity import Identity
from models.clip import probe_clip

__all__ = ["DemoOptions", "DemoReport", "LiveStats", "Mode", "ShownFrame", "SizeInterval", "run_demo"]

logger = logging.getLogger(__name__)

FRAMES_WAITING = 8
"""Shown pictures that may wait for `on_frame`, a third of a second; beyond it `on_frame` misses some."""

LEAD_NS = 50_000_000
"""From the decision to begin to the first frame: both processes hear of it in time."""

PREPARE_TIMEOUT_S = 180.0
"""Longest wait for the portrayed peer to load: a slow machine compiles kernels for a minute the first time."""

OPEN_TIMEOUT_S = 20.0
"""Longest wait for the connection, which takes a few round trips of the emulated link."""

SIDE_LEAST, SIDE_MOST = 16, 2048
"""Sides of the output picture, pixels, that the renderers take."""

SECONDS_MOST = 86_400.0

TICK_S = 0.1
"""How often the caller's wishes are asked for when no pictures come."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What to show.

    Attributes:
        clip: the video that stands in for the portrayed peer's camera and microphone; it loops.
        identity: the portrayed peer's identity file, or None for H.265 all along.
        seconds: length of the call, counted from the moment both ends are connected and warm.
        size: width and height of the output picture, pixels.
        size_schedule: (second, (width, height)) pairs; the output size changes at that second of the call.
        loss: share of packets lost on the emulated link, 0..1, each way.
        delay_ms: one-way delay of the emulated link.
        jitter_ms: most that a packet takes beyond it.
        rate_kbps: rate of the emulated link each way, or None for no limit.
        rate_steps: (second, kbit/s) pairs: other rates from then on, counted from the first packet.
        h265_only: never leave H.265, whatever is known of the face.
        threads: threads of the renderer, or None for its own choice.
        backend: render backend, as for `visavis decode --backend`.
        audio_back: whether the viewer's microphone (the same clip) is on too.
        seed: seed of the emulated link.
        wire: whether faces ride on sound packets: when the link is narrow, never or always.
        identity_known: the viewer has the identity from an earlier call.
        stages: module that opens the analyser and the renderer (see `app.call.stages`).
    """

    clip: Path
    identity: Path | None = None
    seconds: float = 20.0
    size: tuple[int, int] = (512, 512)
    size_schedule: tuple[tuple[float, tuple[int, int]], ...] = ()
    loss: float = 0.0
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    rate_kbps: float | None = None
    rate_steps: tuple[tuple[float, float], ...] = ()
    h265_only: bool = False
    threads: int | None = None
    backend: str = "auto"
    audio_back: bool = True
    seed: int = 1
    wire: WireMode = "auto"
    identity_known: bool = False
    stages: str = "app.call.stages"


def run_demo(
    options: DemoOptions,
    on_frame: Callable[[ShownFrame], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    wanted_size: Callable[[], tuple[int, int] | None] = lambda: None,
) -> DemoReport:
    """Hold the call and give its figures.

    Args:
        options: what to show.
        on_frame: called in the calling thread for each picture that is shown; where it is slower than the pictures
            come it misses some, and the call does not suffer.
        should_stop: asked several times a second; True ends the call early, with a report of what there was.
        wanted_size: asked several times a second; the output size (width, height) that a person chose in the window, or
            None to leave it to the options. A change acts at once, mid-call, and counts as a resolution switch.

    Raises:
        ValueError: the clip or the identity cannot be read.
        RuntimeError: the peers did not connect, or the portrayed peer's process died.
    """
    return _Demo(options, on_frame or (lambda shown: None), should_stop, wanted_size).run()


def _check(options: DemoOptions) -> None:
    for width, height in (options.size, *(size for _, size in options.size_schedule)):
        if not (SIDE_LEAST <= width <= SIDE_MOST and SIDE_LEAST <= height <= SIDE_MOST):
            raise ValueError(f"cannot show {width}x{height}: sides go from {SIDE_LEAST} to {SIDE_MOST} pixels")
    if not 0 < options.seconds <= SECONDS_MOST:
        raise ValueError(f"a call of {options.seconds:g} s is not between 0 and {SECONDS_MOST:g}")


class _Demo:
    """One demo from start to end."""

    def __init__(
        self,
        options: DemoOptions,
        on_frame: Callable[[ShownFrame], None],
        should_stop: Callable[[], bool],
        wanted_size: Callable[[], tuple[int, int] | None],
    ) -> None:
        _check(options)
        self._options = options
        self._on_frame = on_frame
        self._should_stop = should_stop
        self._wanted_size = wanted_size
        self._fps = probe_clip(options.clip).fps
        self._identity = None if options.identity is None else load_identity(options.identity)
        self._frames: Backlog[ShownFrame] = Backlog(FRAMES_WAITING)
        self._segments: tuple[Segment, ...] = ()
        self._sampler = Sampler()
        conditions = LinkConditions(
            options.loss,
            options.delay_ms,
            options.rate_kbps,
            jitter_ms=options.jitter_ms,
            rate_steps=options.rate_steps,
        )
        self._portrayed_options = SessionOptions(
            camera=options.clip,
            microphone=options.clip,
            identity=options.identity,
            h265_only=options.h265_only,
            stages=options.stages,
            peer=PeerOptions(loopback=True, conditions=conditions, seed=options.seed, wire=options.wire),
        )
        identity = options.identity if options.identity_known else None
        known = None if identity is None else read_identity_bytes(identity)
        self._viewer = Session(
            SessionOptions(
                microphone=options.clip if options.audio_back else None,
                size=options.size,
                backend=options.backend,
                threads=options.threads,
                stages=options.stages,
                peer=PeerOptions(loopback=True, conditions=conditions, seed=options.seed + 1, wire=options.wire),
                known=lambda digest: known,
            ),
            on_shown=self._shown,
            on_event=lambda event: logger.info("viewer: %s", event),
        )

    def _shown(self, shown: ShownFrame) -> None:
        self._frames.put(shown)

    def run(self) -> DemoReport:
        """Hold the call."""
        portrayed = PortrayedPeer(self._portrayed_options, lambda event: logger.info("portrayed: %s", event))
        try:
            if self._identity is not None and not self._options.h265_only:
                self._warm(self._identity)
            self._viewer.prepare()
            if not self._connect(portrayed):
                return self._report({})
            epoch_ns = time.monotonic_ns() + LEAD_NS
            self._watch(portrayed, epoch_ns)
            return self._report(self._finish(portrayed))
        finally:
            self._viewer.stop()
            portrayed.close()

    def _warm(self, identity: Identity) -> None:
        """Compile what rendering needs before the clock runs; the call's own renderer comes from the bytes it gets."""
        sizes = {self._options.size, *(size for _, size in self._options.size_schedule)}
        stages = load_stages(self._options.stages)
        # In a thread that gives way, because kernels may keep the threads that they are first run with.
        with ThreadPoolExecutor(1, "warm-renderer", give_way) as thread:
            opening = thread.submit(stages.open_renderer, identity, self._options.backend, self._options.threads)
            thread.submit(warm_renderer, opening.result(), face_tables(identity), sizes).result()

    def _connect(self, portrayed: PortrayedPeer) -> bool:
        offer = portrayed.expect("offer", PREPARE_TIMEOUT_S, self._should_stop)
        if offer is None:
            return False
        portrayed.send("answer", sdp=self._viewer.peer.create_answer(text(offer, "sdp")))
        return portrayed.expect("open", OPEN_TIMEOUT_S, self._should_stop) is not None

    def _watch(self, portrayed: PortrayedPeer, epoch_ns: int) -> None:
        """Hold the call until its time is over, or somebody wants to stop."""
        self._viewer.peer.wait_open(OPEN_TIMEOUT_S)
        self._viewer.know_capture_clock(epoch_ns, self._fps)
        portrayed.send("begin", epoch_ns=epoch_ns)
        self._viewer.begin(epoch_ns)
        self._viewer.greet()
        schedule = sorted(self._options.size_schedule)
        end_ns = epoch_ns + round(self._options.seconds * 1e9)
        while (now_ns := time.monotonic_ns()) < end_ns and not self._should_stop():
            while schedule and now_ns >= epoch_ns + schedule[0][0] * 1e9:
                self._viewer.set_output_size(*schedule.pop(0)[1])
            wanted = self._wanted_size()
            if wanted is not None:
                self._viewer.set_output_size(*wanted)
            shown = self._frames.take(min(TICK_S, (end_ns - now_ns) / 1e9))
            if shown is not None:
                self._sampler.see(shown)
                self._on_frame(shown)
            if portrayed.poll() is not None:
                raise RuntimeError("the portrayed peer spoke out of turn")
            if self._viewer.failure is not None:
                raise RuntimeError(f"the viewer failed: {self._viewer.failure}")

    def _finish(self, portrayed: PortrayedPeer) -> Values:
        """Stop counting on both sides and give the portrayed peer's last word."""
        self._segments = self._viewer.stats.end(time.monotonic_ns(), self._viewer.peer.counts())
        portrayed.send("finish")
        last = portrayed.expect("report", OPEN_TIMEOUT_S, lambda: False) or {}
        if text(last, "failure"):
            raise RuntimeError(f"the portrayed peer failed: {text(last, 'failure')}")
        return last

    def _report(self, last: Values) -> DemoReport:
        psnr = self._sampler.psnr(self._options.clip)
        sound, lips = self._viewer.speaker.player.counts().playout, self._viewer.lips.counts()
        return build_report(self._viewer.stats, self._segments, last, psnr, sound, lips)
