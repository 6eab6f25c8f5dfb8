"""`visavis rendezvous`, `visavis host` and `visavis call` as three processes, as people start them."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.stages import write_clip, write_fake_identity

ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 60.0


class Program:
    """A `visavis` process whose lines are read as they come."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_DATA_HOME": str(folder / "data"),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.out: queue.Queue[str] = queue.Queue()
        self.err: queue.Queue[str] = queue.Queue()
        self.said: list[str] = []
        for stream, lines in ((self.process.stdout, self.out), (self.process.stderr, self.err)):
            threading.Thread(target=self._read, args=(stream, lines), daemon=True).start()

    def _read(self, stream: Any, lines: queue.Queue[str]) -> None:
        for line in stream:
            lines.put(line.rstrip("\n"))

    def wait_for_line(self, part: str) -> str:
        """The next line on standard error that has this in it."""
        while True:
            line = self.err.get(timeout=WAIT_S)
            self.said.append(line)
            if part in line:
                return line

    def finish(self) -> int:
        status = self.process.wait(WAIT_S)
        while True:
            try:
                self.said.append(self.err.get(timeout=0.2))
            except queue.Empty:
                return status

    def report(self) -> dict[str, Any]:
        lines = []
        while not self.out.empty():
            lines.append(self.out.get())
        found: dict[str, Any] = json.loads(lines[-1])
        return found

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(WAIT_S)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("call")
    write_clip(folder / "disc.mp4", seconds=2)
    write_fake_identity(folder / "disc.visavis")
    return folder


@pytest.fixture(scope="module")
def rendezvous(folder: Path) -> Iterator[str]:
    program = Program(folder, "rendezvous", "--listen", "127.0.0.1:0")
    url = program.wait_for_line("--rendezvous").split()[-1]
    program.wait_for_line("is open")
    yield url
    program.process.send_signal(signal.SIGTERM)
    status = program.finish()
    program.kill()
    assert status == 0


def flags(folder: Path, url: str) -> list[str]:
    fakes = ["--stages", "tests.fakes.stages", "--ice-server", "none"]
    return ["--clip", str(folder / "disc.mp4"), "--rendezvous", url, "--headless", "--size", "64", "--json", *fakes]


@pytest.fixture
def host(folder: Path, rendezvous: str) -> Iterator[Program]:
    identity = str(folder / "disc.visavis")
    program = Program(folder, "host", *flags(folder, rendezvous), "--identity", identity)
    yield program
    program.kill()


def test_two_processes_meet_talk_and_part(folder: Path, rendezvous: str, host: Program) -> None:
    code = host.out.get(timeout=WAIT_S)
    record = folder / "take.mp4"
    length = ("--seconds", "3", "--record", str(record))
    caller = Program(folder, "call", code.replace("-", " "), *flags(folder, rendezvous), *length)
    try:
        assert caller.finish() == 0
        assert host.finish() == 0
    finally:
        caller.kill()
    theirs, ours = host.report(), caller.report()
    assert (theirs["role"], ours["role"]) == ("host", "call")
    assert theirs["ended"] == "the other end left: hung up"
    assert ours["ended"] == "its time was over"
    assert ours["mode_seconds"]["face"] > 0
    assert ours["frames_shown"] > 20
    assert theirs["safety"] == ours["safety"]
    assert record.stat().st_size > 1000
    assert any("the same six pictures" in line and ours["safety"] in line for line in caller.said)
    assert any("connected" in line for line in host.said)


def test_wrong_code_is_one_clear_line_at_both_ends(folder: Path, rendezvous: str, host: Program) -> None:
    number = host.out.get(timeout=WAIT_S).split("-")[0]
    caller = Program(folder, "call", f"{number}-wrong-words", *flags(folder, rendezvous))
    try:
        assert (caller.finish(), host.finish()) == (2, 2)
    finally:
        caller.kill()
    for name, program in (("call", caller), ("host", host)):
        assert program.said[-1].startswith(f"visavis {name}: wrong code")
        assert not any("Traceback" in line for line in program.said)


def test_ctrl_c_hangs_up_and_the_other_end_hears_of_it(folder: Path, rendezvous: str, host: Program) -> None:
    code = host.out.get(timeout=WAIT_S)
    caller = Program(folder, "call", code, *flags(folder, rendezvous))
    try:
        caller.wait_for_line("connection connected")
        caller.wait_for_line("receiving")
        caller.process.send_signal(signal.SIGINT)
        caller.finish()
        assert host.finish() == 0
    finally:
        caller.kill()
    assert host.report()["ended"] == "the other end left: hung up"
    assert not any("Traceback" in line for line in caller.said)
