"""What a call costs on the wire, measured for a moment on a synthetic person and voice."""

import json
from pathlib import Path

import numpy as np
import pytest

from app import cli
from app.bench import wire
from app.bench.wire import Content, continuous_speech, measure_wire, there_and_back
from app.commands import bench_footage
from app.net.emulator import LinkConditions
from app.offline import SeenFrame
from codec.layout import Layout
from codec.statistics import FaceTables
from codec.types import FaceCode
from tests.app.net.test_opus import blocks, voice
from tests.fakes.stages import make_identity, write_clip


def codes(count: int) -> list[FaceCode]:
    times = np.arange(count) / 8
    return [
        FaceCode(np.sin(np.arange(30) + t).astype(np.float32), np.full(6, t, np.float32), np.zeros(20, np.float32))
        for t in times
    ]


def test_low_wire_sends_no_messages_and_silence_next_to_no_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "SETTLE_S", 0.6)
    content = Content(FaceTables.generic(Layout()), codes(50), 25.0, voice(2))
    shares: list[float] = []
    rows = {(row["wire"], row["scene"]): row for row in measure_wire(content, 1.0, LinkConditions(), shares.append)}
    assert shares == [0, 0.25, 0.5, 0.75, 1]
    assert set(rows) == {(mode, scene) for mode in ("plain", "low") for scene in ("talking", "silent")}
    for (mode, scene), row in rows.items():
        parts = sum(float(value) for key, value in row.items() if key.endswith("_wire_kbps"))
        assert row["kbps"] == pytest.approx(parts)
        assert float(row["fps"]) > 10
        if mode == "low":
            assert float(row["data_wire_kbps"]) < 0.2 * float(row["audio_wire_kbps"])
        elif scene == "talking":
            assert float(row["data_wire_kbps"]) > 5
        assert (float(row["sound_kbps"]) > 8) == (scene == "talking")
    assert float(rows["low", "talking"]["kbps"]) < float(rows["plain", "talking"]["kbps"])


def test_speech_is_cut_of_its_pauses_and_frames_go_there_and_back() -> None:
    sound = np.concatenate((voice(0.2), np.zeros(9600, np.int16), voice(0.2)))
    assert 0.3 * 48_000 <= continuous_speech(blocks(sound, 960), 1000).size < sound.size - 9000
    assert continuous_speech([], 10).size == 960
    three = codes(3)
    order = there_and_back(three)
    assert [next(order) for _ in range(7)] == [*three, *reversed(three), three[0]]


def test_command_writes_a_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(wire, "SETTLE_S", 0.1)
    seen = [SeenFrame(code, 0.0) for code in codes(20)]
    monkeypatch.setattr(bench_footage, "look", lambda arguments, size: (make_identity(), [], seen, 25.0))
    clip = write_clip(tmp_path / "disc.mp4", seconds=1)
    flags = ("--clip", str(clip), "--seconds", "0.3", "--json", "--out", str(tmp_path))
    assert cli.main(["bench", "wire", *flags]) == 0
    *table, last = capsys.readouterr().out.splitlines()
    assert len(json.loads(last)["rows"]) == 4
    assert sum(line.startswith("|") for line in table) == 6
    assert (tmp_path / "wire.csv").stat().st_size > 0
