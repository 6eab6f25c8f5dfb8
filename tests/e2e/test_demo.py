"""A whole call between two processes, with real codecs and a real WebRTC connection on the loopback address."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import pytest

from app import paths
from app.call.demo import DemoOptions, DemoReport, ShownFrame, run_demo
from tests.fakes.stages import DISC, NO_FACE_FROM, NO_FACE_TO, write_clip, write_fake_identity

pytestmark = pytest.mark.usefixtures("no_thread_left")

STAGES = "tests.fakes.stages"

AT_MOST_S = 60.0
"""How long a call may wait for what a test wants to see: a busy machine can take seconds to show the first picture."""

GAP_CLIP_FRAMES = 150

CLUSTER = bytes.fromhex("1f43b675")
"""What pictures in a Matroska file begin with."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    write_clip(folder / "disc.mp4", seconds=4)
    write_clip(folder / "gap.mp4", seconds=GAP_CLIP_FRAMES / 25, gap=True)
    write_fake_identity(folder / "disc.visavis", padding=400_000)
    write_fake_identity(folder / "broken.visavis", broken=True)
    return folder


@pytest.fixture(autouse=True)
def path_of_fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))


@pytest.fixture
def no_thread_left() -> object:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def hold(
    options: DemoOptions,
    enough: Callable[[list[ShownFrame]], bool],
    wanted_size: Callable[[list[ShownFrame]], tuple[int, int] | None] = lambda shown: None,
) -> tuple[DemoReport, list[ShownFrame]]:
    """Holds a call until enough was shown."""
    shown: list[ShownFrame] = []
    patient = replace(options, seconds=AT_MOST_S)
    report = run_demo(patient, shown.append, lambda: enough(shown), lambda: wanted_size(shown))
    assert report.seconds < AT_MOST_S, "what the test waits for was never shown"
    assert sum(report.mode_seconds.values()) == pytest.approx(report.seconds, abs=0.1)
    return report, shown


def copy_beginning(source: Path, target: Path, seconds: int) -> None:
    """Copies the first seconds of a clip's picture, as it was coded."""
    with av.open(str(source)) as whole, av.open(str(target), "w") as part:
        track = whole.streams.video[0]
        copy = part.add_stream_from_template(track)
        for packet in whole.demux(track):
            if packet.pts is not None and packet.pts * (track.time_base or 0) < seconds:
                packet.stream = copy
                part.mux(packet)


def modes(shown: list[ShownFrame]) -> list[str]:
    met: list[str] = []
    for frame in shown:
        if not met or met[-1] != frame.mode:
            met.append(frame.mode)
    return met


def count(shown: list[ShownFrame], mode: str) -> int:
    return sum(frame.mode == mode for frame in shown)


def test_face_takes_over_once_the_identity_has_crossed(folder: Path) -> None:
    options = DemoOptions(folder / "disc.mp4", folder / "disc.visavis", size=(256, 256), stages=STAGES)
    report, shown = hold(options, lambda shown: count(shown, "face") > 60)
    assert modes(shown)[-1] == "face"
    assert report.mode_seconds["face"] > 0
    assert report.identity_seconds > 0
    assert 0 < report.payload_kbps < 10
    assert report.psnr > 30
    assert report.audio_kbps > 5
    assert report.wire_kbps_out > report.face_wire_kbps_out > report.payload_kbps + report.audio_kbps
    assert report.wire_kbps_back > 5
    assert report.latency_ms_p50 > 0
    seqs = [frame.seq for frame in shown if frame.mode == "face"]
    assert seqs == sorted(set(seqs))
    assert shown[-1].t_shown_ns > shown[-1].t_capture_ns > 0
    assert shown[-1].stats.fps > 0


def test_without_identity_the_call_is_h265_all_along(folder: Path) -> None:
    report, shown = hold(DemoOptions(folder / "disc.mp4", size=(128, 96), stages=STAGES), lambda shown: len(shown) > 60)
    assert modes(shown) == ["h265"]
    assert report.mode_seconds["face"] == 0
    assert 20 < report.payload_kbps == report.h265_kbps
    assert report.psnr > 30
    assert shown[-1].rgb.shape == (96, 128, 3)
    assert shown[-1].reason == "no identity is enrolled"


def test_h265_only_keeps_the_identity_at_home(folder: Path) -> None:
    options = DemoOptions(folder / "disc.mp4", folder / "disc.visavis", size=(64, 64), h265_only=True, stages=STAGES)
    report, shown = hold(options, lambda shown: len(shown) > 40)
    assert modes(shown) == ["h265"]
    assert report.wire_kbps_out < 400
    assert shown[-1].reason == "H.265 was asked for"


def test_output_size_changes_in_the_call_and_the_stream_does_not(folder: Path) -> None:
    sides = (128, 256, 512, 256)
    faces_each = 30

    def wanted_size(shown: list[ShownFrame]) -> tuple[int, int]:
        side = sides[min(count(shown, "face") // faces_each, len(sides) - 1)]
        return side, side

    options = DemoOptions(folder / "disc.mp4", folder / "disc.visavis", size=(128, 128), stages=STAGES)
    report, shown = hold(options, lambda shown: count(shown, "face") >= len(sides) * faces_each, wanted_size)
    assert report.resolution_switches == 3
    assert [interval.size[0] for interval in report.by_size] == list(sides)
    assert {frame.rgb.shape[0] for frame in shown} == set(sides)
    assert modes(shown)[-1] == "face"
    assert modes(shown).count("face") == 1, "no interruption"


def test_output_size_follows_a_schedule(folder: Path) -> None:
    schedule = ((0.5, (96, 96)), (1.0, (192, 192)))
    options = DemoOptions(folder / "disc.mp4", size=(64, 64), size_schedule=schedule, stages=STAGES)
    report, shown = hold(options, lambda shown: bool(shown) and shown[-1].rgb.shape[0] == 192)
    assert report.seconds > 1.0
    assert {frame.rgb.shape[0] for frame in shown} <= {64, 96, 192}


def test_lost_face_goes_to_h265_and_back_without_a_gap(folder: Path) -> None:
    options = DemoOptions(folder / "gap.mp4", folder / "disc.visavis", size=(256, 256), stages=STAGES)
    report, shown = hold(options, lambda shown: modes(shown)[-3:] == ["face", "h265", "face"])
    first_face = next(index for index, frame in enumerate(shown) if frame.mode == "face")
    gap = next(frame for frame in shown[first_face:] if frame.mode == "h265")
    assert gap.reason == "no face is in the picture"
    assert NO_FACE_FROM < gap.seq % GAP_CLIP_FRAMES < NO_FACE_TO
    assert abs(int(gap.rgb.max()) - max(DISC)) > 50, "the camera's picture, without the disc"
    assert report.resolution_switches == 0


def test_renderer_that_fails_does_not_end_the_call(folder: Path) -> None:
    options = DemoOptions(folder / "disc.mp4", folder / "broken.visavis", size=(64, 64), stages=STAGES)
    _, shown = hold(options, lambda shown: modes(shown)[-2:] == ["face", "h265"])
    assert "cannot render" in shown[-1].reason


def test_call_survives_a_bad_link(folder: Path) -> None:
    options = DemoOptions(folder / "disc.mp4", size=(64, 64), loss=0.05, delay_ms=20, stages=STAGES, seed=3)
    report, _ = hold(options, lambda shown: len(shown) > 60)
    assert report.latency_ms_p50 > 20


def test_caller_may_stop_and_choose_the_size(folder: Path) -> None:
    shown: list[ShownFrame] = []
    options = DemoOptions(folder / "disc.mp4", None, 60.0, (64, 64), stages=STAGES)
    report = run_demo(options, shown.append, lambda: len(shown) > 30, lambda: (96, 96) if len(shown) > 10 else None)
    assert report.seconds < 30
    assert shown[0].rgb.shape[0] == 64
    assert shown[-1].rgb.shape[0] == 96
    assert report.resolution_switches == 1


def test_caller_may_stop_before_the_call_begins(folder: Path) -> None:
    report = run_demo(DemoOptions(folder / "disc.mp4", stages=STAGES), None, lambda: True)
    assert (report.seconds, report.frames_shown) == (0, 0)


def test_bad_input_is_one_line(folder: Path, tmp_path: Path) -> None:
    good = DemoOptions(folder / "disc.mp4", stages=STAGES)
    text = tmp_path / "text.mp4"
    text.write_text("not a video")
    pictureless = tmp_path / "pictureless.mkv"
    whole = write_clip(tmp_path / "whole.mkv", seconds=1).read_bytes()
    pictureless.write_bytes(whole[: whole.index(CLUSTER)])
    damaged = tmp_path / "damaged.visavis"
    damaged.write_bytes((folder / "disc.visavis").read_bytes()[:-7])
    for options in (
        replace(good, clip=tmp_path / "missing.mp4"),
        replace(good, clip=text),
        replace(good, clip=pictureless),
        replace(good, identity=tmp_path / "missing.visavis"),
        replace(good, identity=damaged),
        replace(good, loss=2.0),
        replace(good, size=(0, 10)),
        replace(good, seconds=-1.0),
    ):
        with pytest.raises(ValueError, match=r"^[^\n]+$"):
            run_demo(options)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_sample_takes_as_much_at_every_size(tmp_path: Path) -> None:
    """Whole loops of one clip at each size, with the sample's own face: one connection, one rate."""
    clip = tmp_path / "sample.mp4"
    copy_beginning(paths.sample_clip(), clip, seconds=20)
    arguments = ["demo", "--clip", clip, "--identity", paths.sample_identity(), "--headless", "--json"]
    command = [sys.executable, "-m", "app", *map(str, arguments), "--sizes", "128,256,512,256"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    report = json.loads(done.stdout)
    assert report["resolution_switches"] == 3
    assert [interval["size"][0] for interval in report["by_size"]] == [128, 256, 512, 256]
    assert report["mode_seconds"]["face"] > report["seconds"] - 20, "from the identity's arrival to the end"
    if report["frames_sent"] < 0.97 * 25 * report["seconds"]:
        pytest.skip("this machine is too busy to find the face in every picture, so each size saw others")
    rates = [interval["payload_kbps"] for interval in report["by_size"]]
    assert max(rates) < 1.05 * min(rates)
