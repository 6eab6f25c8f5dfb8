"""What a demo came to: its figures, and the pictures sampled to compare with the clip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.call.lips import SyncCounts
from app.call.picture import fit_picture, psnr_db
from app.call.shown import Mode, ShownFrame
from app.call.stats import Segment, ViewerStats, kbps
from app.net.playout import PlayoutCounts
from models.clip import read_clip

EVERY_FRAMES = 5
"""Frames between samples at first: a call of a second has some."""

SAMPLES = 100
"""Pictures compared with the clip: their mean PSNR is then good to about 0.1 dB."""

SAMPLE_BYTES = 64 << 20
"""Most memory the samples take, whatever the output size."""


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

    `payload_kbps` is the face stream (face, plate and texture packets) over the time in face mode, or the H.265 stream
    where there was none. `wire_kbps_out` counts everything the portrayed peer put on the wire during the call, the
    identity included, and `wire_kbps_back` all that the viewer did; `face_wire_kbps_*` is the same for the time in face
    mode, as the viewer's socket saw it. `psnr` compares sampled pictures of the same stream as `payload_kbps` with the
    clip's frames at the shown size, dB. `identity_seconds` is how long it took until the first face was shown, 0 where
    none was. `analyse_ms` is the portrayed peer's mean time to find the face in a frame. `audio_delay_ms` is what the
    viewer waits against jitter, `audio_gap_ms_max` the longest stretch of sound that had to be made up, `lips_ms_*` how
    far faces were shown behind their sound, negative when ahead, and `lips_within` the share within 45 ms.
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
    face_wire_kbps_out: float = 0.0
    face_wire_kbps_back: float = 0.0
    frames_sent: int = 0
    analyse_ms: float = 0.0
    audio_delay_ms: float = 0.0
    audio_gap_ms_max: float = 0.0
    audio_lost: int = 0
    audio_recovered: int = 0
    lips_ms_p5: float = 0.0
    lips_ms_p95: float = 0.0
    lips_within: float = 0.0

    def as_json(self) -> dict[str, object]:
        """Give the report as a JSON-ready dict, with DESIGN's keys and a few more."""
        return asdict(self)


class Sampler:
    """Keeps a few of the shown pictures, evenly spread, for comparison after the call, when time costs nothing."""

    def __init__(self) -> None:
        self._every = EVERY_FRAMES
        self._kept: list[ShownFrame] = []
        self._next_seq = 0

    def see(self, shown: ShownFrame) -> None:
        """Keep a picture if it is its turn; the longer the call, the longer between turns."""
        if shown.seq < self._next_seq:
            return
        self._kept.append(shown)
        while len(self._kept) > SAMPLES or sum(kept.rgb.nbytes for kept in self._kept) > SAMPLE_BYTES:
            self._kept = self._kept[1::2]
            self._every *= 2
        self._next_seq = shown.seq + self._every

    def psnr(self, clip: Path) -> float:
        """Give the mean PSNR of the face pictures, or of the H.265 ones where there are none; 0 without any, dB."""
        faces = [shown for shown in self._kept if shown.mode == "face"]
        samples = faces or self._kept
        originals = read_frames(clip, {shown.seq for shown in samples})
        scores = []
        for shown in samples:
            height, width = shown.rgb.shape[:2]
            scores.append(psnr_db(shown.rgb, fit_picture(originals[shown.seq], (width, height))))
        return float(np.mean(scores)) if scores else 0.0


def read_frames(clip: Path, wanted: set[int]) -> dict[int, NDArray[np.uint8]]:
    """Read the clip's frames with these numbers, counted on when it loops: uint8 (H, W, 3), square, by number."""
    found: dict[int, NDArray[np.uint8]] = {}
    count = 0
    for frame in read_clip(clip) if wanted else ():
        count = frame.seq + 1
        if frame.seq in wanted:
            found[frame.seq] = frame.rgb
        if count > max(wanted):
            return found
    looped = {seq for seq in wanted if seq >= count}
    for frame in read_clip(clip) if looped else ():
        found.update((seq, frame.rgb) for seq in looped if seq % count == frame.seq)
    return found


def _by_size(segments: Sequence[Segment], mode: Mode) -> tuple[SizeInterval, ...]:
    """Join neighbouring segments of one output size, counting what was shown in this mode."""
    groups: list[list[Segment]] = []
    for segment in segments:
        if groups and groups[-1][0].size == segment.size:
            groups[-1].append(segment)
        else:
            groups.append([segment])
    intervals = []
    for group in groups:
        counted = [segment for segment in group if segment.mode == mode]
        seconds = sum(segment.seconds for segment in counted)
        if seconds > 0:
            payload = kbps(sum(segment.payload_bytes for segment in counted), seconds)
            fps = sum(segment.frames for segment in counted) / seconds
            intervals.append(SizeInterval(group[0].size, seconds, payload, fps))
    return tuple(intervals)


def _number(values: Mapping[str, object], key: str) -> float:
    value = values.get(key, 0)
    return float(value) if isinstance(value, int | float) else 0.0


def build_report(
    stats: ViewerStats,
    segments: Sequence[Segment],
    last: Mapping[str, object],
    psnr: float,
    sound: PlayoutCounts,
    lips: SyncCounts,
) -> DemoReport:
    """Put both sides' figures together.

    Args:
        stats: the viewer's.
        segments: the call's stretches, as `ViewerStats.end` gave them.
        last: the portrayed peer's report; empty where the call never began.
        psnr: of the sampled pictures, dB.
        sound: what the viewer's playout met.
        lips: how its lips and sound went.
    """
    seconds = sum(segment.seconds for segment in segments)
    in_mode = {mode: sum(s.seconds for s in segments if s.mode == mode) for mode in ("face", "h265", "audio_only")}
    sent = last.get("sender")
    sender: Mapping[str, object] = sent if isinstance(sent, dict) else {}
    face = [segment for segment in segments if segment.mode == "face"]
    face_bytes = sum(_number(sender, name) for name in ("face_bytes", "plate_bytes", "texture_bytes"))
    face_kbps = kbps(face_bytes, in_mode["face"])
    h265_kbps = kbps(_number(sender, "video_bytes"), in_mode["h265"])
    return DemoReport(
        seconds=seconds,
        mode_seconds=in_mode,
        payload_kbps=face_kbps if face else h265_kbps,
        wire_kbps_out=kbps(_number(last, "wire_bytes"), seconds),
        wire_kbps_back=kbps(sum(segment.wire_out_bytes for segment in segments), seconds),
        audio_kbps=kbps(stats.audio_bytes, seconds),
        frames_shown=stats.frames_shown,
        fps=stats.frames_shown / seconds if seconds > 0 else 0.0,
        latency_ms_p50=stats.latency_ms(50),
        latency_ms_p95=stats.latency_ms(95),
        freeze_ms_max=stats.freeze_ns / 1e6,
        psnr=psnr,
        resolution_switches=stats.resolution_switches,
        h265_kbps=h265_kbps,
        face_wire_kbps_out=kbps(sum(segment.wire_in_bytes for segment in face), in_mode["face"]),
        face_wire_kbps_back=kbps(sum(segment.wire_out_bytes for segment in face), in_mode["face"]),
        identity_seconds=stats.face_after_s,
        frames_sent=int(_number(sender, "frames")),
        analyse_ms=_number(sender, "analyse_ms"),
        by_size=_by_size(segments, "face" if face else "h265"),
        audio_delay_ms=sound.delay_ms,
        audio_gap_ms_max=sound.gap_ms_max,
        audio_lost=sound.lost,
        audio_recovered=sound.recovered,
        lips_ms_p5=lips.skew_ms_p5,
        lips_ms_p95=lips.skew_ms_p95,
        lips_within=lips.within,
    )
