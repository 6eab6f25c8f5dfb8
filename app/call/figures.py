"""The figures of a call for the person in it, once a second: both directions, the link, the renderer."""

from __future__ import annotations

from dataclasses import dataclass

from app.call.quality import UNTROUBLED, Quality, judge
from app.call.sender import SenderCounts
from app.call.shown import Mode
from app.call.stats import kbps
from app.net.peer import LinkReport
from app.net.playout import PlayoutCounts
from app.net.wire import WireCounts


@dataclass(frozen=True, slots=True)
class Sample:
    """The counters of one moment.

    Attributes:
        now_ns: when.
        wire: packets of both directions.
        sound: what arrived of the other end's sound.
        sender: what this end sent; None without a camera.
        picture_in_bytes: faces, backgrounds and H.265 that arrived.
        shown: pictures shown.
        rendered: pictures rendered.
        render_ns: time that took.
    """

    now_ns: int
    wire: WireCounts
    sound: PlayoutCounts
    sender: SenderCounts | None
    picture_in_bytes: int
    shown: int
    rendered: int
    render_ns: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What happened between two samples.

    Attributes:
        picture_in_kbps: the other end's picture, without headers.
        picture_out_kbps: this end's, without headers.
        wire_in_kbps: all that came, with headers.
        wire_out_kbps: all that went.
        fps: pictures shown a second.
        render_ms: mean time of a rendered picture; 0 where none was.
        backend: what renders; "" before there is anything.
        round_trip_ms: 0 where it is not known yet.
        latency_ms: from the other camera to this screen, about: half a round trip, and the wait against jitter; 0 where
            the round trip is not known.
        loss_in: share of sound packets lost on the way here.
        loss_out: share of packets lost on the way there, as that end says.
        sending: what this end sends.
        quality: of the link.
    """

    picture_in_kbps: float = 0.0
    picture_out_kbps: float = 0.0
    wire_in_kbps: float = 0.0
    wire_out_kbps: float = 0.0
    fps: float = 0.0
    render_ms: float = 0.0
    backend: str = ""
    round_trip_ms: float = 0.0
    latency_ms: float = 0.0
    loss_in: float = 0.0
    loss_out: float = 0.0
    sending: Mode = "audio_only"
    quality: Quality = UNTROUBLED


def compare(before: Sample, after: Sample, report: LinkReport, backend: str, sending: Mode, is_out: bool) -> Figures:
    """Give the figures of the time between two samples.

    Args:
        before: the earlier one.
        after: the later one.
        report: what the other end said of the link last.
        backend: what renders.
        sending: what this end sends.
        is_out: whether the connection is lost.
    """
    seconds = (after.now_ns - before.now_ns) / 1e9
    if seconds <= 0:
        return Figures(quality=judge(0, 0, 0, is_out))
    played, lost = after.sound.played - before.sound.played, after.sound.lost - before.sound.lost
    loss_in = max(lost, 0) / max(played + lost, 1)
    loss_out = max(report.audio_loss, report.video_loss)
    rendered = after.rendered - before.rendered
    render_ms = (after.render_ns - before.render_ns) / 1e6 / rendered if rendered else 0.0
    wait_ms = report.round_trip_ms / 2 + after.sound.delay_ms + render_ms
    return Figures(
        picture_in_kbps=kbps(after.picture_in_bytes - before.picture_in_bytes, seconds),
        picture_out_kbps=kbps(_sent(after.sender) - _sent(before.sender), seconds),
        wire_in_kbps=kbps(after.wire.received_bytes - before.wire.received_bytes, seconds),
        wire_out_kbps=kbps(after.wire.sent_bytes - before.wire.sent_bytes, seconds),
        fps=(after.shown - before.shown) / seconds,
        render_ms=render_ms,
        backend=backend,
        round_trip_ms=report.round_trip_ms,
        latency_ms=wait_ms if report.round_trip_ms else 0.0,
        loss_in=loss_in,
        loss_out=loss_out,
        sending=sending,
        quality=judge(loss_in, loss_out, report.round_trip_ms, is_out),
    )


def _sent(counts: SenderCounts | None) -> int:
    if counts is None:
        return 0
    return counts.face_bytes + counts.plate_bytes + counts.texture_bytes + counts.video_bytes
