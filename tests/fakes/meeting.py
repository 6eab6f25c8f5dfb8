"""A call without a network: says what a call says, and shows a few pictures."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from app.call.meeting import MeetingEvents, MeetingOptions, MeetingReport
from app.call.shown import LiveStats, ShownFrame
from app.call.wishes import Wishes
from app.net.safety import SafetyString

CODE = "7-crossover-clockwork"
SAFETY = SafetyString((0, 1, 2, 3, 4, 5))

REPORT = MeetingReport(
    role="host", ended="the other end left: hung up", safety=SAFETY.names, seconds=20.0,
    mode_seconds={"face": 20.0, "h265": 0.0, "audio_only": 0.0}, payload_kbps=1.9, wire_kbps_out=40.0,
    wire_kbps_in=41.0, audio_kbps=6.0, frames_shown=500, fps=25.0, freeze_ms_max=80.0, reconnections=0,
)  # fmt: skip


def stage_meeting(
    options: MeetingOptions,
    events: MeetingEvents,
    on_frame: Callable[[ShownFrame], None] = lambda shown: None,
    wishes: Wishes | None = None,
) -> MeetingReport:
    """Waits for a moment, connects, and shows pictures of the wanted size until it is stopped."""
    events.on_phase("pairing")
    events.on_code(CODE)
    events.on_phase("waiting")
    time.sleep(0.3)
    events.on_phase("connected")
    events.on_safety(SAFETY)
    seq = 0
    wishes = wishes or Wishes()
    while not wishes.leave.is_set():
        width, height = (512, 512) if wishes.size == "auto" else wishes.size or options.session.size
        picture = np.full((height, width, 3), 90, np.uint8)
        now_ns = time.monotonic_ns()
        stats = LiveStats(1.9, 41.0, 40.0, 6.0, 25.0, 0.0)
        on_frame(ShownFrame(picture, seq, "face", 0, now_ns, "the other end renders the face", stats))
        seq += 1
        time.sleep(0.02)
    return REPORT
