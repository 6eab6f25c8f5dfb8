"""What a call may have come to."""

from __future__ import annotations

from app.call.meeting import MeetingReport
from app.net.safety import SafetyString

CODE = "7-crossover-clockwork"
SAFETY = SafetyString((0, 1, 2, 3, 4, 5))

REPORT = MeetingReport(
    role="host", ended="the other end left: hung up", safety=SAFETY.names, seconds=20.0,
    mode_seconds={"face": 20.0, "h265": 0.0, "audio_only": 0.0}, payload_kbps=1.9, wire_kbps_out=40.0,
    wire_kbps_in=41.0, audio_kbps=6.0, frames_shown=500, fps=25.0, freeze_ms_max=80.0, reconnections=0,
)  # fmt: skip
