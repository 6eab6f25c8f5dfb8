"""`encode` and `decode` on the sample, and what they say of damaged files."""

from __future__ import annotations

import json
import re
import shutil
import signal
import struct
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from app import paths
from app.bench.metrics import psnr
from app.progress import BAR_WIDTH
from codec.identity import read_identity, write_identity
from codec.layout import Layout
from codec.stream import Kind, StreamReader, StreamWriter
from models.clip import read_clip

FRAMES = (40, 70)
MEMORY_KB = 1 << 20


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=110)


PROGRESS = re.compile(rf"\[[#.]{{{BAR_WIDTH}}}\]")
"""What slow machines say before the line."""


def assert_one_line(done: subprocess.CompletedProcess[str], text: str) -> None:
    assert done.returncode == 2, done.stderr
    said = [line for line in done.stderr.strip().splitlines() if not PROGRESS.search(line)]
    assert len(said) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert text in done.stderr


@pytest.fixture(scope="module")
def identity() -> Path:
    """The sample's identity, which comes with the source tree."""
    return paths.sample_identity()


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory, identity: Path) -> tuple[Path, dict[str, object]]:
    """Thirty frames of the sample as a stream, and what `encode --json` said of them."""
    path = tmp_path_factory.mktemp("streams") / "sample.vvs"
    frames = f"{FRAMES[0]}:{FRAMES[1]}"
    done = run("encode", paths.sample_clip(), "--identity", identity, "--out", path, "--frames", frames, "--json")
    assert done.returncode == 0, done.stderr
    return path, json.loads(done.stdout.splitlines()[-1])


def test_encode_keeps_its_contract(stream: tuple[Path, dict[str, object]]) -> None:
    path, figures = stream
    assert set(figures) >= {"frames", "fps", "bytes", "payload_kbps", "track_ms_p50", "encode_ms_p50"}
    assert figures["frames"] == FRAMES[1] - FRAMES[0]
    assert figures["fps"] == 25
    assert figures["bytes"] == path.stat().st_size
    assert figures["faces_found"] == figures["frames"]


def test_a_slow_stream_is_shown_at_a_full_rate(identity: Path, tmp_path: Path) -> None:
    slow, out = tmp_path / "slow.vvs", tmp_path / "full.mkv"
    flags = ("--frames", "40:52", "--fps", "12.5", "--frames-per-packet", "2")
    done = run("encode", paths.sample_clip(), "--identity", identity, "--out", slow, *flags)
    assert done.returncode == 0, done.stderr
    assert [record.frames for record in StreamReader(slow)] == [2, 2, 2]
    done = run("decode", slow, "--identity", identity, "--out", out, "--size", "64x64", "--fps", "25", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["frames"] == 12
    with av.open(str(out)) as container:
        assert Fraction(container.streams.video[0].average_rate or 0) == 25
    assert_one_line(run("decode", slow, "--identity", identity, "--out", out, "--fps", "10"), "does not drop frames")


def test_decode_gives_every_frame_back(stream: tuple[Path, dict[str, object]], identity: Path, tmp_path: Path) -> None:
    out = tmp_path / "sample.mkv"
    done = run("decode", stream[0], "--identity", identity, "--out", out, "--size", "128x128", "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    keys = {"frames", "width", "height", "render_fps", "render_ms_p50", "render_ms_p95", "backend"}
    assert set(figures) == keys
    assert (figures["frames"], figures["width"], figures["height"]) == (30, 128, 128)
    with av.open(str(out)) as container:
        assert container.streams.video[0].codec_context.name == "ffv1"
        assert Fraction(container.streams.video[0].average_rate or 0) == 25
        pictures = [np.asarray(f.to_ndarray(format="rgb24"), np.uint8) for f in container.decode(video=0)]
    originals = [frame.rgb for frame in read_clip(paths.sample_clip(), FRAMES, 128)]
    assert len(pictures) == len(originals)
    assert np.mean([psnr(a, b) for a, b in zip(originals, pictures, strict=True)]) > 22


def test_another_persons_identity_is_told_of(
    stream: tuple[Path, dict[str, object]], identity: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.visavis"
    write_identity(other, replace(read_identity(identity), name="somebody else"))
    done = run("decode", stream[0], "--identity", other, "--out", tmp_path / "o.mkv")
    assert_one_line(done, "another identity")


@pytest.mark.parametrize("damage", ["truncated", "flipped", "declares 4 GB", "empty", "missing"])
def test_a_damaged_stream_is_one_line(
    damage: str, stream: tuple[Path, dict[str, object]], identity: Path, tmp_path: Path
) -> None:
    data = bytearray(stream[0].read_bytes())
    bad = tmp_path / "bad.vvs"
    if damage == "truncated":
        data = data[: len(data) // 2]
    elif damage == "flipped":
        data[len(data) // 2] ^= 1
    elif damage == "declares 4 GB":
        data[44:48] = struct.pack("<I", 0xFFFFFFFF)  # the first block's size, behind the header
    elif damage == "empty":
        data.clear()
    if damage != "missing":
        bad.write_bytes(data)
    out = tmp_path / "o.mkv"
    out.write_bytes(b"an older video")
    assert_one_line(run("decode", bad, "--identity", identity, "--out", out), "stream")
    assert out.read_bytes() == b"an older video"
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix == ".mkv") == ["o.mkv"]


@pytest.mark.parametrize(("wrong", "text"), [("layout", "layout is not the identity's"), ("empty", "holds no face")])
def test_a_stream_that_nobody_would_write_is_one_line(
    wrong: str, text: str, stream: tuple[Path, dict[str, object]], identity: Path, tmp_path: Path
) -> None:
    info = StreamReader(stream[0]).info
    bad = tmp_path / "bad.vvs"
    with StreamWriter(bad, replace(info, layout=Layout(10, 6, 20)) if wrong == "layout" else info) as writer:
        if wrong == "layout":
            writer.write(Kind.FACE, b"face")
    assert_one_line(run("decode", bad, "--identity", identity, "--out", tmp_path / "o.mkv"), text)


@pytest.mark.parametrize("damage", ["truncated", "flipped", "declares 4 GB"])
def test_a_damaged_identity_is_one_line(
    damage: str, stream: tuple[Path, dict[str, object]], identity: Path, tmp_path: Path
) -> None:
    data = bytearray(identity.read_bytes())
    if damage == "truncated":
        data = data[:5000]
    elif damage == "flipped":
        data[len(data) // 2] ^= 1
    else:
        data[8:12] = struct.pack("<I", 0xFFFFFFFF)
    bad = tmp_path / "bad.visavis"
    bad.write_bytes(data)
    assert_one_line(run("decode", stream[0], "--identity", bad, "--out", tmp_path / "o.mkv"), "identity")


def test_a_stream_of_nobody_is_one_line(clip: Path, identity: Path, tmp_path: Path) -> None:
    done = run("encode", clip, "--identity", identity, "--out", tmp_path / "o.vvs")
    assert_one_line(done, "no face")
    assert not list(tmp_path.glob("*.vvs*"))


def test_errors_cost_little_memory(identity: Path, tmp_path: Path) -> None:
    """Refusing a stream that declares 4 GB takes under one, measured over the whole process."""
    bad = tmp_path / "bad.vvs"
    bad.write_bytes(b"VVS\x00" + b"\xff" * 4096)
    # A process that starts another hands it its own peak: between this big one and the command stands a small one.
    launcher = (
        "import resource, subprocess, sys\n"
        "status = subprocess.run(sys.argv[1:], stderr=subprocess.DEVNULL, check=False).returncode\n"
        "print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [sys.executable, "-m", "app", "decode", str(bad), "--identity", str(identity)]
    done = subprocess.run(
        [sys.executable, "-c", launcher, *command, "--out", str(tmp_path / "o.mkv")],
        capture_output=True,
        text=True,
        check=True,
    )
    status, peak_kb = map(int, done.stdout.split())
    assert status == 2
    assert peak_kb < MEMORY_KB


def test_a_folder_that_is_full_of_nothing_is_told_of(stream: tuple[Path, dict[str, object]], identity: Path) -> None:
    done = run("decode", stream[0], "--identity", identity, "--out", "/nowhere/o.mkv")
    assert_one_line(done, "no such folder")


def test_the_demo_keeps_its_contract(identity: Path, tmp_path: Path) -> None:
    clip, person = tmp_path / "clip.mp4", tmp_path / "person.visavis"
    shutil.copyfile(paths.sample_clip(), clip)
    shutil.copyfile(identity, person)
    record = tmp_path / "demo.mp4"
    flags: list[str | Path] = [
        "--clip",
        clip,
        "--identity",
        person,
        "--headless",
        "--seconds",
        "5",
        "--size",
        "128x128",
        "--json",
    ]
    done = run("demo", *flags, "--record", record)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    keys = {
        "seconds", "mode_seconds", "payload_kbps", "wire_kbps_out", "wire_kbps_back", "audio_kbps", "frames_shown",
        "fps", "latency_ms_p50", "latency_ms_p95", "freeze_ms_max", "psnr", "resolution_switches",
    }  # fmt: skip
    assert set(report) >= keys
    assert set(report["mode_seconds"]) == {"face", "h265", "audio_only"}
    assert report["mode_seconds"]["face"] > 0
    with av.open(str(record)) as container:
        assert sum(1 for _ in container.decode(video=0)) > 5


def interrupt_enrolment(stage: str, reports: int, out: Path) -> tuple[int, str]:
    """Enrols on a part of the sample and presses Ctrl-C at so many reports of a stage: (exit code, standard error)."""
    command = ["enroll", "--clip", str(paths.sample_clip()), "--frames", "0:120", "--minutes", "1", "--out", str(out)]
    process = subprocess.Popen([sys.executable, "-m", "app", *command], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        reports -= line.startswith("enrolling") and stage in line
        if not reports:
            process.send_signal(signal.SIGINT)
            break
    lines += process.stderr.readlines()
    return process.wait(60), "".join(lines)


def test_ctrl_c_before_the_training_keeps_nothing(tmp_path: Path) -> None:
    out = tmp_path / "o.visavis"
    status, said = interrupt_enrolment("tracking", 1, out)
    assert status == 130
    assert said.splitlines()[-1].startswith("visavis enroll: stopped before the training began")
    assert not list(tmp_path.glob("*.visavis"))


@pytest.mark.slow
def test_ctrl_c_in_the_training_keeps_a_usable_identity(tmp_path: Path) -> None:
    out = tmp_path / "o.visavis"
    status, said = interrupt_enrolment("training", 3, out)
    assert status == 0, said
    coded = tmp_path / "o.vvs"
    done = run("encode", paths.sample_clip(), "--identity", out, "--out", coded, "--frames", "0:25")
    assert done.returncode == 0, done.stderr
    video = tmp_path / "o.mkv"
    assert run("decode", coded, "--identity", out, "--out", video, "--size", "128x128").returncode == 0
    originals = [frame.rgb for frame in read_clip(paths.sample_clip(), (0, 25), 128)]
    pictures = [frame.rgb for frame in read_clip(video)]
    assert np.mean([psnr(a, b) for a, b in zip(originals, pictures, strict=True)]) > 18
