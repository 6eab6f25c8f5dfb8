"""The command line as other programs see it: exit codes, one line on an error, JSON as the last line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app.cli import build_parser, without_nan
from codec.identity import Identity, write_identity

COMMANDS = ("host", "call", "rendezvous", "enroll", "encode", "decode", "demo", "bench", "identity", "doctor")


def run(*arguments: str | Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Runs `python -m app` as a process of its own."""
    command = [sys.executable, "-m", "app", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, env=os.environ | (env or {}))


def assert_one_line(done: subprocess.CompletedProcess[str], status: int, text: str) -> None:
    """Checks that the command failed with one clear line and nothing else."""
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert text in done.stderr
    assert done.stdout == ""


@pytest.fixture
def person(tmp_path: Path) -> Path:
    """An identity file with little in it."""
    path = tmp_path / "person.visavis"
    write_identity(path, Identity("Ada", 1_700_000_000, {"frames": 3}, {"field.plate": np.zeros((8, 8, 3), np.uint8)}))
    return path


def test_help_names_every_command_and_gives_examples() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert all(command in done.stdout for command in COMMANDS)
    assert "examples:" in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        build_parser().parse_args([command, "--help"])
    assert "example" in capsys.readouterr().out


def test_help_loads_nothing_heavy() -> None:
    program = "import sys, app.cli; app.cli.build_parser(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"numpy", "torch", "mediapipe", "cv2", "numba", "av", "aiortc", "PySide6", "dlib"}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["paint"], "invalid choice"),
        (["encode", "a.mp4"], "required"),
        (["encode", "a.mp4", "--identity", "i", "--out", "o.vvs", "--frames", "9:3"], "holds no frames"),
        (["encode", "a.mp4", "--identity", "i", "--out", "o.vvs", "--frames", "nine"], "no range of frames"),
        (["encode", "a.mp4", "--identity", "i", "--out", "o.vvs", "--fps", "0"], "above 0"),
        (["decode", "s.vvs", "--identity", "i", "--out", "o.mkv", "--size", "12x"], "no picture size"),
        (["decode", "s.vvs", "--identity", "i", "--out", "o.mkv", "--size", "90000x9"], "out of range"),
        (["decode", "s.vvs", "--identity", "i", "--out", "o.mkv", "--backend", "abacus"], "invalid choice"),
        (["enroll", "--clip", "a.mp4", "--out", "o.visavis", "--minutes", "-1"], "above 0"),
        (["demo", "--loss", "7"], "no share"),
        (["demo", "--headless", "--seconds", "nan"], "above 0"),
        (["demo", "--headless", "--sizes", "128,,256"], "no picture size"),
        (["demo", "--headless", "--sizes", "128,256", "--size", "256"], "not allowed with"),
    ],
)
def test_bad_usage_is_one_line(arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        build_parser().parse_args(arguments)
    assert stopped.value.code == 2
    message = capsys.readouterr().err
    assert text in message
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize("command", ["enroll", "demo"])
def test_a_missing_clip_is_one_line(command: str, tmp_path: Path) -> None:
    extra = ["--out", tmp_path / "o.visavis"] if command == "enroll" else ["--headless"]
    done = run(command, "--clip", tmp_path / "none.mp4", *extra)
    assert_one_line(done, 2, "no such clip")


def test_a_file_that_is_no_video_is_one_line(tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"not a video at all" * 100)
    assert_one_line(run("enroll", "--clip", bad, "--out", tmp_path / "o.visavis"), 2, "not a video")
    assert not (tmp_path / "o.visavis").exists()


def test_a_clip_without_a_face_is_one_line(clip: Path, tmp_path: Path) -> None:
    done = run("enroll", "--clip", clip, "--out", tmp_path / "o.visavis", "--minutes", "0.2")
    assert_one_line(done, 2, "face")
    assert list(tmp_path.glob("*.visavis")) == []


def test_a_range_beyond_the_clip_is_one_line(clip: Path, tmp_path: Path) -> None:
    done = run("enroll", "--clip", clip, "--frames", "10:90", "--out", tmp_path / "o.visavis")
    assert_one_line(done, 2, "ends at frame 50")


def test_an_output_without_a_folder_is_found_out_first(clip: Path, tmp_path: Path) -> None:
    assert_one_line(run("enroll", "--clip", clip, "--out", tmp_path / "none" / "o.visavis"), 2, "no such folder")


def test_a_flipped_identity_is_one_line(person: Path) -> None:
    data = bytearray(person.read_bytes())
    data[len(data) // 2] ^= 0x10
    person.write_bytes(data)
    assert_one_line(run("identity", "show", person), 2, "identity")


def test_identities_are_listed_shown_exported_and_deleted(person: Path, tmp_path: Path) -> None:
    kept = tmp_path / "data" / "visavis" / "identities"
    kept.mkdir(parents=True)
    (kept / "ada.visavis").write_bytes(person.read_bytes())
    listing = run("identity", "list", "--json")
    assert json.loads(listing.stdout.splitlines()[-1])["identities"][0]["name"] == "Ada"
    assert "frames = 3" in run("identity", "show", "ada").stdout
    copy = tmp_path / "copy.visavis"
    assert run("identity", "export", "ada", copy).returncode == 0
    assert copy.read_bytes() == person.read_bytes()
    assert run("identity", "delete", "ada").returncode == 0
    assert list(kept.iterdir()) == []
    assert_one_line(run("identity", "delete", "ada"), 2, "no such identity")


def test_a_crash_is_one_line_with_a_hint(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    from app import cli, doctor

    def crash() -> None:
        raise KeyError("lost")

    monkeypatch.setattr(doctor, "examine", crash)
    assert cli.main(["doctor"]) == 1
    message = capfd.readouterr().err
    assert message.splitlines() == ["visavis doctor: KeyError: 'lost' (--verbose shows where)"]
    assert cli.main(["doctor", "--verbose"]) == 1
    assert "Traceback" in capfd.readouterr().err


def test_native_noise_is_dropped_and_the_rest_passes(capfd: pytest.CaptureFixture[str]) -> None:
    from app.native_log import quiet_native_log

    with quiet_native_log():
        os.write(2, b"W0000 00:00:1795254603.949097   14031 inference_feedback_manager.cc:114] Feedback manager\n")
        os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n")
        os.write(2, b"a real complaint\n")
        print("from Python", file=sys.stderr)
    assert sorted(capfd.readouterr().err.splitlines()) == ["a real complaint", "from Python"]


def test_what_could_not_be_measured_is_null() -> None:
    assert without_nan({"psnr": float("nan"), "sizes": (1.5, float("inf"))}) == {"psnr": None, "sizes": [1.5, None]}


def test_doctor_prints_one_json_object_last() -> None:
    done = run("doctor", "--json")
    assert done.returncode == 0, done.stderr
    assert {finding["subject"] for finding in json.loads(done.stdout)["findings"]} >= {"python", "renderer cpu"}


def test_without_a_command_and_a_display_it_says_so() -> None:
    environment = {key: value for key, value in os.environ.items() if key not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    environment.pop("QT_QPA_PLATFORM", None)
    done = subprocess.run(
        [sys.executable, "-m", "app"], capture_output=True, text=True, timeout=60, env=environment, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("visavis: no display")
    assert len(done.stderr.splitlines()) == 1
