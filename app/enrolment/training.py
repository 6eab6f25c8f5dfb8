"""A training in a process of its own: what it tells, how it is cancelled, and how it goes on another day."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Literal

from app.enrolment.progress_lines import LINE_MOST, EnrolProgress, parse_progress
from app.enrolment.workshop import Unfinished

LAST_LINES = 8
"""Lines kept for the case of an error."""

RESULT_MOST = 10_000
"""Longest output that is read as the result, characters."""

GRACE_S = 20.0
"""Time that a cancelled training gets to keep its state before it is killed: a step and a write take two seconds."""

PREFIX = "visavis enroll: "
"""What the command puts before the line that says what went wrong."""

EXIT_CANCELLED = 130
"""What the command ends with after it was asked to end."""

Ending = Literal["done", "cancelled", "failed"]


@dataclass(frozen=True, slots=True)
class TrainingEnd:
    """How a training ended.

    Attributes:
        ending: that.
        reason: why it failed, in a line; empty otherwise.
        model_bytes: size of the identity; 0 without one.
        psnr: dB on its own pictures; 0 without an identity.
        seconds: how long it took.
    """

    ending: Ending
    reason: str = ""
    model_bytes: int = 0
    psnr: float = 0.0
    seconds: float = 0.0


def training_command(training: Unfinished, minutes: float, threads: int = 0, size: int = 256) -> list[str]:
    """The command line of a training."""
    clips = [part for clip in training.clips for part in ("--clip", str(clip))]
    command = [sys.executable, "-m", "app", "enroll", *clips, "--out", str(training.result), "--name", training.name]
    command += ["--keep", str(training.folder), "--minutes", f"{minutes:g}", "--size", str(size)]
    return [*command, *(["--threads", str(threads)] if threads else []), "--attended", "--json"]


class TrainingProcess:
    """Runs the command and listens to it.

    Args:
        command: what to run; see `training_command`.
        on_progress: told how far it is, on a thread of this object's.
        on_end: told once how it ended, on the same thread.
    """

    def __init__(
        self,
        command: Sequence[str],
        on_progress: Callable[[EnrolProgress], None],
        on_end: Callable[[TrainingEnd], None],
    ) -> None:
        self._command = list(command)
        self._on_progress, self._on_end = on_progress, on_end
        self._process: subprocess.Popen[str] | None = None
        self._cancelled, self._over = threading.Event(), threading.Event()
        self._last: deque[str] = deque(maxlen=LAST_LINES)
        self.thread = threading.Thread(target=self._run, name="training", daemon=True)

    def start(self) -> None:
        """Start the process; what hinders it is told like any other failure."""
        self.thread.start()

    def cancel(self) -> None:
        """Ask it to keep its state and end; returns at once."""
        self._cancelled.set()
        process = self._process
        if process is not None and process.stdin is not None:
            try:
                process.stdin.close()
            except OSError:
                return  # it has ended already

    def join(self, timeout_s: float = GRACE_S + 5.0) -> bool:
        """Wait for its end, which `cancel` asked for; False when it did not come."""
        if self.thread.ident is not None:
            self.thread.join(timeout_s)
        return not self.thread.is_alive()

    def _run(self) -> None:
        try:
            with subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            ) as process:
                self._process = process
                if self._cancelled.is_set():
                    self.cancel()
                end = self._listen(process)
        except OSError as error:
            end = TrainingEnd("failed", f"the training cannot be started: {error.strerror or error}")
        self._on_end(end)

    def _listen(self, process: subprocess.Popen[str]) -> TrainingEnd:
        assert process.stderr is not None
        assert process.stdout is not None
        killer = threading.Thread(target=self._kill_late, args=(process,), name="training-end", daemon=True)
        killer.start()
        for line in read_lines(process.stderr):
            progress = parse_progress(line)
            if progress is not None:
                self._on_progress(progress)
            elif line:
                self._last.append(line)
        output = process.stdout.read(RESULT_MOST)
        status = process.wait()
        self._over.set()
        killer.join()
        return self._end(status, output)

    def _kill_late(self, process: subprocess.Popen[str]) -> None:
        """A training that was cancelled and does not end is ended."""
        while not self._over.is_set():
            if self._cancelled.wait(0.5):
                if not self._over.wait(GRACE_S):
                    process.kill()
                return

    def _end(self, status: int, output: str) -> TrainingEnd:
        if status == 0:
            return parse_result(output)
        if status == EXIT_CANCELLED:
            return TrainingEnd("cancelled")
        told = [line.removeprefix(PREFIX) for line in self._last if line.startswith(PREFIX)]
        return TrainingEnd("failed", told[-1] if told else f"the training ended by itself (status {status})")


def read_lines(stream: IO[str]) -> Iterator[str]:
    """Lines of a stream until it ends, without what goes beyond `LINE_MOST` characters."""
    whole = True
    while line := stream.readline(LINE_MOST):
        begins, whole = whole, line.endswith("\n")
        if begins:
            yield line.rstrip()


def parse_result(output: str) -> TrainingEnd:
    """The command's one JSON object, from the last line of its standard output."""
    try:
        told = json.loads(output.strip().splitlines()[-1])
        size, psnr, seconds = int(told["model_bytes"]), float(told["train_psnr"] or 0.0), float(told["seconds"])
    except (ValueError, TypeError, LookupError, RecursionError, OverflowError):
        return TrainingEnd("failed", "the training did not say what it came to")
    return TrainingEnd("done", "", size, psnr, seconds)
