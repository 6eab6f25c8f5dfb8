"""Two peers in two processes on one machine: this process watches, the one it spawns is portrayed.

Both processes share the machine's monotonic clock, so capture-to-shown latency is measured, not estimated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from app.call.shown import LiveStats, Mode, ShownFrame

__all__ = ["DemoOptions", "DemoReport", "LiveStats", "Mode", "ShownFrame", "run_demo"]


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
        rate_kbps: rate of the emulated link each way, or None for no limit.
        h265_only: never leave H.265, whatever is known of the face.
        threads: threads of the renderer, or None for its own choice.
        backend: render backend, as for `visavis decode --backend`.
        audio_back: whether the viewer's microphone (the same clip) is on too.
        seed: seed of the emulated link.
        stages: module that opens the analyser and the renderer (see `app.call.stages`).
    """

    clip: Path
    identity: Path | None = None
    seconds: float = 20.0
    size: tuple[int, int] = (512, 512)
    size_schedule: tuple[tuple[float, tuple[int, int]], ...] = ()
    loss: float = 0.0
    delay_ms: float = 0.0
    rate_kbps: float | None = None
    h265_only: bool = False
    threads: int | None = None
    backend: str = "auto"
    audio_back: bool = True
    seed: int = 1
    stages: str = "app.call.stages"


@dataclass(frozen=True, slots=True)
class SizeInterval:
    """The call while one output size was current, in the face mode where there was any.

    Attributes:
        size: width and height, pixels.
        seconds: how long it lasted.
        payload_kbps: bits of the picture's stream in that time.
        fps: pictures shown per second in that time.
    """

    size: tuple[int, int]
    seconds: float
    payload_kbps: float
    fps: float


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What `visavis demo --json` prints; units are in the names.

    `payload_kbps` is the face stream (face and plate packets) over the time in face mode, or the H.265 stream over the
    whole call where there was none. `wire_kbps_out` counts what the portrayed peer put on the wire, `wire_kbps_back`
    what the viewer did. `psnr` compares sampled pictures with the clip's frames at the shown size, dB.
    """

    seconds: float
    mode_seconds: dict[str, float]
    payload_kbps: float
    wire_kbps_out: float
    wire_kbps_back: float
    audio_kbps: float
    frames_shown: int
    fps: float
    latency_ms_p50: float
    latency_ms_p95: float
    freeze_ms_max: float
    psnr: float
    resolution_switches: int
    h265_kbps: float
    identity_seconds: float
    by_size: tuple[SizeInterval, ...]

    def as_json(self) -> dict[str, object]:
        """Give the report as a JSON-ready dict, with DESIGN's keys and a few more."""
        return asdict(self)


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
    raise NotImplementedError
