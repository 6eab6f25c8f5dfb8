"""A call's figures out of its counters."""

from dataclasses import replace

from app.call.figures import Sample, compare
from app.call.sender import SenderCounts
from app.net.peer import LinkReport
from app.net.playout import PlayoutCounts
from app.net.wire import WireCounts

BEFORE = Sample(0, WireCounts(), PlayoutCounts(), SenderCounts(), 0, 0, 0, 0)
AFTER = Sample(
    2_000_000_000,
    replace(WireCounts(), sent_bytes=5000, received_bytes=10_000),
    PlayoutCounts(played=45, lost=5, delay_ms=80.0),
    SenderCounts(face_bytes=200, plate_bytes=30, texture_bytes=20, video_bytes=250),
    500,
    50,
    40,
    800_000_000,
)


def test_rates_are_those_of_the_time_between() -> None:
    figures = compare(BEFORE, AFTER, LinkReport(0.02, 0.01, 100.0), "cpu", "face", False)
    assert (figures.picture_in_kbps, figures.picture_out_kbps) == (2.0, 2.0)
    assert (figures.wire_in_kbps, figures.wire_out_kbps) == (40.0, 20.0)
    assert (figures.fps, figures.render_ms, figures.loss_in, figures.loss_out) == (25.0, 20.0, 0.1, 0.02)
    assert figures.latency_ms == 50 + 80 + 20
    assert figures.quality.word == "fair"


def test_before_there_is_anything_to_compare() -> None:
    figures = compare(AFTER, AFTER, LinkReport(), "", "audio_only", True)
    assert figures.fps == 0
    assert figures.quality.word == "lost"


def test_an_unknown_round_trip_gives_no_latency() -> None:
    assert compare(BEFORE, AFTER, LinkReport(), "cpu", "face", False).latency_ms == 0
