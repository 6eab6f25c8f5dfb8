"""What the flags of `visavis demo` make of a call."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app import cli
from app.call import demo
from app.call.demo import DemoOptions, DemoReport
from app.call.lips import SyncCounts
from app.call.options import SessionOptions
from app.call.peer_process import pack_options, unpack_options
from app.call.report import build_report
from app.call.stats import Segment, ViewerStats
from app.net.emulator import LinkConditions
from app.net.peer import PeerOptions
from app.net.playout import PlayoutCounts
from tests.app.conftest import CLIP_FRAMES

SECONDS = CLIP_FRAMES / 25


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[DemoOptions]:
    """The options of each call that a command would have held."""
    options: list[DemoOptions] = []

    def hold(asked: DemoOptions, on_frame: object) -> DemoReport:
        options.append(asked)
        sizes = [asked.size, *(size for _, size in asked.size_schedule)]
        stats = ViewerStats(asked.size)
        stats.resolution_switches = len(sizes) - 1
        segments = [Segment("face", size, 1.0, face_bytes=200) for size in sizes]
        return build_report(stats, segments, {}, 30.0, PlayoutCounts(), SyncCounts())

    monkeypatch.setattr(demo, "run_demo", hold)
    return options


def run(*arguments: str | Path) -> int:
    return cli.main(["demo", *map(str, arguments)])


def test_sizes_take_a_loop_of_the_clip_each(clip: Path, held: list[DemoOptions]) -> None:
    assert run("--clip", clip, "--headless", "--sizes", "128,256x144,512") == 0
    assert held[0].seconds == pytest.approx(3 * SECONDS)
    assert held[0].size == (128, 128)
    assert held[0].size_schedule == ((SECONDS, (256, 144)), (2 * SECONDS, (512, 512)))


def test_sizes_share_the_seconds_that_are_given(clip: Path, held: list[DemoOptions]) -> None:
    assert run("--clip", clip, "--headless", "--sizes", "128,256", "--seconds", "10") == 0
    assert (held[0].seconds, held[0].size_schedule) == (10, ((5, (256, 256)),))


def test_the_links_rate_may_change_in_the_call(clip: Path, held: list[DemoOptions]) -> None:
    assert run("--clip", clip, "--headless", "--rate", "400", "--rate-steps", "15:150,28.5:400") == 0
    assert (held[0].rate_kbps, held[0].rate_steps) == (400, ((15, 150), (28.5, 400)))
    options = SessionOptions(peer=PeerOptions(conditions=LinkConditions(rate_kbps=400, rate_steps=((15, 150),))))
    assert unpack_options(pack_options(options)).peer.conditions == options.peer.conditions
    for wrong in ("150", "10:0", "x:150"):
        with pytest.raises(SystemExit):
            run("--clip", clip, "--rate", "400", "--rate-steps", wrong)


def test_one_size_is_held_throughout(clip: Path, held: list[DemoOptions]) -> None:
    assert run("--clip", clip, "--headless", "--size", "200") == 0
    assert (held[0].size, held[0].size_schedule) == ((200, 200), ())


def test_the_payload_of_each_size_is_printed(
    clip: Path, held: list[DemoOptions], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--clip", clip, "--headless", "--sizes", "128,256,128") == 0
    rows = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()]
    assert [row[1] for row in rows if row[0] == "at"] == ["128x128", "256x256", "128x128"]
    assert ["switches", "2"] in [row[:2] for row in rows]
    assert run("--clip", clip, "--headless", "--sizes", "128,256,128", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert [interval["size"] for interval in report["by_size"]] == [[128, 128], [256, 256], [128, 128]]
    assert report["by_size"][0]["payload_kbps"] == 1.6


@pytest.mark.parametrize("flags", [("--sizes", "128,256"), ("--record", "o.mp4")])
def test_flags_of_a_call_without_a_window_need_one(
    flags: tuple[str, str], clip: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run("--clip", clip, *flags) == 2
    assert capfd.readouterr().err == f"visavis demo: {flags[0]} goes with --headless\n"
