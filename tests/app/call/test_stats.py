"""Figures of a call from a made-up one."""

from pathlib import Path

import numpy as np
import pytest

from app.call.lips import SyncCounts
from app.call.picture import LOSSLESS_DB, fit_picture, psnr_db
from app.call.report import SAMPLES, Sampler, build_report, read_frames
from app.call.shown import ShownFrame
from app.call.stats import SEGMENTS_KEPT, ViewerStats
from app.net.playout import PlayoutCounts
from app.net.wire import WireCounts
from tests.fakes.stages import write_clip

MS = 1_000_000
DESIGN_KEYS = {
    "seconds",
    "mode_seconds",
    "payload_kbps",
    "wire_kbps_out",
    "wire_kbps_back",
    "audio_kbps",
    "frames_shown",
    "fps",
    "latency_ms_p50",
    "latency_ms_p95",
    "freeze_ms_max",
    "psnr",
    "resolution_switches",
}
SMALL, LARGE = (128, 128), (512, 512)


def hold_call() -> ViewerStats:
    """Two seconds of H.265 at 128 px, two of faces at 128 px and two at 512 px, 25 fps, with one gap of 120 ms."""
    stats = ViewerStats(SMALL)
    stats.begin(0, WireCounts())
    for frame in range(150):
        now = (frame + 1) * 40 * MS
        wire = WireCounts(sent_bytes=frame * 10, received_bytes=frame * 200)
        stats.audio_arrived(80, now)
        if frame < 50:
            stats.video_arrived(500, now)
            stats.shown("h265", SMALL, 60.0, now, wire)
        else:
            stats.face_arrived(10, now)
            if frame not in (70, 71):
                stats.shown("face", SMALL if frame < 100 else LARGE, 40.0, now, wire)
    return stats


def test_report_of_a_call() -> None:
    stats = hold_call()
    segments = stats.end(6000 * MS, WireCounts(sent_bytes=1500, received_bytes=30_000))
    last = {
        "sender": {"face_bytes": 1000, "plate_bytes": 0, "texture_bytes": 0, "video_bytes": 25_000, "frames": 150},
        "wire_bytes": 30_000,
    }
    report = build_report(stats, segments, last, 33.0, PlayoutCounts(), SyncCounts())
    assert report.seconds == pytest.approx(6.0)
    assert report.mode_seconds == pytest.approx({"face": 3.96, "h265": 2.0, "audio_only": 0.04})
    assert report.payload_kbps == pytest.approx(8 / 3.96)
    assert report.h265_kbps == pytest.approx(100)
    assert report.wire_kbps_out == pytest.approx(40)
    assert report.wire_kbps_back == pytest.approx(2)
    assert report.audio_kbps == pytest.approx(16)
    assert (report.frames_shown, report.resolution_switches) == (148, 1)
    assert report.freeze_ms_max == pytest.approx(120)
    assert report.latency_ms_p50 == 40
    assert report.identity_seconds == pytest.approx(2.04)
    assert [interval.size for interval in report.by_size] == [SMALL, LARGE]
    assert report.by_size[0].payload_kbps == pytest.approx(2.0, rel=0.05)
    assert report.by_size[1].payload_kbps == pytest.approx(2.0, rel=0.05)
    assert set(report.as_json()) >= DESIGN_KEYS


def test_live_figures_follow_the_call() -> None:
    stats = hold_call()
    live = stats.shown("face", LARGE, 40.0, 6040 * MS, WireCounts(sent_bytes=1510, received_bytes=30_200))
    assert live.payload_kbps == pytest.approx(2.0, rel=0.06)
    assert live.fps == pytest.approx(25, rel=0.06)
    assert live.audio_kbps == pytest.approx(16, rel=0.06)
    assert live.wire_kbps_out == pytest.approx(40, rel=0.06)
    assert live.latency_ms == 40


def test_call_that_never_began_has_a_report() -> None:
    report = build_report(ViewerStats(SMALL), (), {}, 0.0, PlayoutCounts(), SyncCounts())
    assert (report.seconds, report.fps, report.payload_kbps, report.latency_ms_p50) == (0, 0, 0, 0)


def test_a_picture_that_stands_still_to_the_end_is_a_freeze() -> None:
    stats = ViewerStats(SMALL)
    stats.begin(0, WireCounts())
    stats.shown("h265", SMALL, None, 100 * MS, WireCounts())
    stats.end(5100 * MS, WireCounts())
    assert stats.freeze_ns == 5000 * MS
    assert stats.latency_ms(50) == 0


def test_memory_is_bounded() -> None:
    stats = ViewerStats(SMALL)
    stats.begin(0, WireCounts())
    for index in range(3 * SEGMENTS_KEPT):
        stats.shown("face" if index % 2 else "h265", SMALL, 1.0, index * 40 * MS, WireCounts())
    assert len(stats.end(10**12, WireCounts())) == SEGMENTS_KEPT
    assert len(stats._recent) < 200


def test_pictures_are_fitted_and_compared() -> None:
    rng = np.random.default_rng(1)
    square = rng.integers(0, 256, (64, 64, 3), np.uint8)
    assert fit_picture(square, (32, 32)).shape == (32, 32, 3)
    assert fit_picture(square, (64, 36)).tolist() == square[14:50].tolist()
    assert psnr_db(square, square) == LOSSLESS_DB
    assert psnr_db(np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 255, np.uint8)) == pytest.approx(0)
    with pytest.raises(ValueError, match="cannot be compared"):
        psnr_db(square, square[:8])


def test_samples_are_few_and_evenly_spread() -> None:
    live = hold_call().shown("face", LARGE, 40.0, 6040 * MS, WireCounts())
    sampler = Sampler()
    for seq in range(20_000):
        sampler.see(ShownFrame(np.zeros((32, 32, 3), np.uint8), seq, "face", 0, 0, "", live))
    seqs = [shown.seq for shown in sampler._kept]
    assert SAMPLES // 2 <= len(seqs) <= SAMPLES
    assert max(np.diff(seqs)) <= 2 * 20_000 / len(seqs)


def test_samples_are_compared_with_the_looping_clip(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "disc.mp4", seconds=1)
    originals = read_frames(clip, {3, 28, 51})
    assert set(originals) == {3, 28, 51}
    assert (originals[3] == originals[28]).all()
    live = hold_call().shown("face", LARGE, 40.0, 6040 * MS, WireCounts())
    sampler = Sampler()
    for seq in (3, 28):
        sampler.see(ShownFrame(fit_picture(originals[seq], (64, 32)), seq, "face", 0, 0, "", live))
    assert sampler.psnr(clip) == LOSSLESS_DB
    assert Sampler().psnr(clip) == 0
