"""The demo as a call: the sample portrait talks, over a real connection between two processes on this machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app import paths
from app.call.demo import DemoOptions, run_demo
from app.call.figures import Figures
from app.call.meeting import MeetingEvents, MeetingOptions, MeetingReport
from app.call.options import SessionOptions
from app.call.quality import UNTROUBLED
from app.call.shown import ShownFrame
from app.settings import Settings

if TYPE_CHECKING:
    from app.call.wishes import Wishes

SECONDS = 24 * 3600.0
"""Somebody hangs up before."""

FIGURES_NS = 1_000_000_000

AUTO_SIDE = 512
"""The demo's clip has no more detail than this."""


def demo_options(settings: Settings) -> MeetingOptions:
    """The demo as the settings have it."""
    session = SessionOptions(size=(settings.size, settings.size), backend=settings.backend)
    return MeetingOptions(session, settings.rendezvous)


def hold_demo(
    options: MeetingOptions, events: MeetingEvents, on_frame: Callable[[ShownFrame], None], wishes: Wishes
) -> MeetingReport:
    """Hold the demo; see `app.call.meeting.hold_meeting`.

    Raises:
        ValueError: the sample is missing.
        RuntimeError: the call failed.
    """
    events.on_phase("preparing")
    last = ("", 0)

    def show(shown: ShownFrame) -> None:
        nonlocal last
        mode, told_ns = last
        if not mode:
            events.on_phase("connected")
        if shown.mode != mode:
            events.news.on_mode(shown.mode, shown.reason)
        if shown.t_shown_ns - told_ns >= FIGURES_NS:
            told_ns = shown.t_shown_ns
            events.on_figures(_figures(shown))
        last = (shown.mode, told_ns)
        on_frame(shown)

    demo = DemoOptions(
        paths.check_input(paths.sample_clip(), "clip"),
        paths.check_input(paths.sample_identity(), "identity"),
        SECONDS,
        options.session.size,
        backend=options.session.backend,
    )
    report = run_demo(
        demo, show, wishes.leave.is_set, lambda: (AUTO_SIDE, AUTO_SIDE) if wishes.size == "auto" else wishes.size
    )
    return MeetingReport(
        role="demo",
        ended="this end left",
        safety="",
        seconds=report.seconds,
        mode_seconds=report.mode_seconds,
        payload_kbps=report.payload_kbps,
        wire_kbps_out=report.wire_kbps_back,
        wire_kbps_in=report.wire_kbps_out,
        audio_kbps=report.audio_kbps,
        frames_shown=report.frames_shown,
        fps=report.fps,
        freeze_ms_max=report.freeze_ms_max,
        reconnections=0,
    )


def _figures(shown: ShownFrame) -> Figures:
    return Figures(
        picture_in_kbps=shown.stats.payload_kbps,
        wire_in_kbps=shown.stats.wire_kbps_out,
        wire_out_kbps=shown.stats.wire_kbps_back,
        fps=shown.stats.fps,
        latency_ms=shown.stats.latency_ms,
        quality=UNTROUBLED,
    )
