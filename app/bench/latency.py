"""From the camera to the display, and from lips to sound, over links good and bad: whole calls with real stages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.bench.report import Axis, Row
from app.call.demo import DemoOptions, DemoReport, run_demo

X = Axis("row", "link")
PANELS = (
    Axis("latency_ms_p50", "capture to display, ms (median)"),
    Axis("latency_ms_p95", "the same, 95 %"),
    Axis("fps", "pictures shown a second"),
    Axis("freeze_ms_max", "longest freeze, ms"),
    Axis("sound_gap_ms_max", "longest gap in the sound, ms"),
)


@dataclass(frozen=True, slots=True)
class Link:
    """A link to measure over.

    Attributes:
        name: for the table.
        loss: share of packets lost, 0..1, each way.
        delay_ms: one-way delay.
        jitter_ms: most beyond it.
        rate_kbps: rate each way, None without limit.
    """

    name: str
    loss: float = 0.0
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    rate_kbps: float | None = None


LINKS = (
    Link("clean"),
    Link("narrow: 32 kbps, 150 ms there and back, 2 % lost", 0.02, 75.0, 0.0, 32.0),
    Link("lossy: 20 % lost, 50 ms jitter", 0.2, 0.0, 50.0),
)


def measure_link(link: Link, clip: Path, identity: Path, size: tuple[int, int], seconds: float) -> Row:
    """Hold a call over a link and give its row. The viewer has the identity from an earlier call.

    Raises:
        ValueError: the clip or the identity cannot be used.
        RuntimeError: the call failed.
    """
    options = DemoOptions(
        clip,
        identity,
        seconds,
        size,
        loss=link.loss,
        delay_ms=link.delay_ms,
        jitter_ms=link.jitter_ms,
        rate_kbps=link.rate_kbps,
        identity_known=True,
    )
    return row_of(link, run_demo(options))


def row_of(link: Link, report: DemoReport) -> Row:
    """Give the row of a call that was held over a link."""
    return {
        "link": link.name,
        "latency_ms_p50": report.latency_ms_p50,
        "latency_ms_p95": report.latency_ms_p95,
        "over_link_ms_p95": report.latency_ms_p95 - link.delay_ms,
        "fps": report.fps,
        "freeze_ms_max": report.freeze_ms_max,
        "sound_gap_ms_max": report.audio_gap_ms_max,
        "sound_delay_ms": report.audio_delay_ms,
        "lips_ms_p5": report.lips_ms_p5,
        "lips_ms_p95": report.lips_ms_p95,
        "lips_within": report.lips_within,
        "wire_kbps_out": report.face_wire_kbps_out,
        "wire_kbps_back": report.face_wire_kbps_back,
    }


def measure_latency(
    links: Sequence[Link],
    clip: Path,
    identity: Path,
    size: tuple[int, int],
    seconds: float,
    on_progress: Callable[[float], None],
) -> Iterator[Row]:
    """Yield a row for each link; see `measure_link`."""
    for done, link in enumerate(links):
        on_progress(done / len(links))
        yield measure_link(link, clip, identity, size, seconds)
    on_progress(1.0)
