"""A training process from the outside: real processes that say what the command would."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from app.enrolment import training
from app.enrolment.progress_lines import EnrolProgress
from app.enrolment.training import TrainingEnd, TrainingProcess, training_command
from app.enrolment.workshop import Unfinished

SAYS = """
import sys
from app.enrolment.progress_lines import EnrolProgress, format_progress
def say(fraction): print(format_progress(EnrolProgress("training", fraction, 5.0)), file=sys.stderr, flush=True)
"""

ENDS_WELL = SAYS + 'say(0.5); say(1.0); print(\'{"seconds": 2, "train_psnr": 31.5, "model_bytes": 99}\')'
WAITS = SAYS + "say(0.25); sys.stdin.read(); sys.exit(130)"
DEAF = SAYS + "say(0.25)\nimport time; time.sleep(60)"
CRASHES = "import sys; print('chatter\\nvisavis enroll: no face in 30 frames', file=sys.stderr); sys.exit(2)"
DIES = "import os; os._exit(7)"


def run(program: str, when: Callable[[TrainingProcess, EnrolProgress], None] | None = None) -> TrainingEnd:
    ends: list[TrainingEnd] = []
    over = threading.Event()

    def told(progress: EnrolProgress) -> None:
        if when is not None:
            when(process, progress)

    def end(one: TrainingEnd) -> None:
        ends.append(one)
        over.set()

    process = TrainingProcess([sys.executable, "-c", program], told, end)
    process.start()
    assert over.wait(60)
    assert process.join(5)
    (only,) = ends
    return only


def test_progress_and_result_are_told() -> None:
    seen: list[float] = []
    end = run(ENDS_WELL, lambda _, progress: seen.append(progress.fraction))
    assert seen == [0.5, 1.0]
    assert end == TrainingEnd("done", "", 99, 31.5, 2.0)


def test_cancelling_ends_it_by_its_standard_input() -> None:
    assert run(WAITS, lambda process, _: process.cancel()) == TrainingEnd("cancelled")


def test_what_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "GRACE_S", 0.2)
    assert run(DEAF, lambda process, _: process.cancel()).ending == "failed"


def test_the_line_for_people_is_the_reason() -> None:
    assert run(CRASHES) == TrainingEnd("failed", "no face in 30 frames")


def test_a_silent_death_is_told_of() -> None:
    assert run(DIES) == TrainingEnd("failed", "the training ended by itself (status 7)")


def test_a_program_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    ends: list[TrainingEnd] = []
    process = TrainingProcess([str(tmp_path / "nothing")], lambda _: None, ends.append)
    process.start()
    assert process.join(10)
    assert ends[0].ending == "failed"
    assert "cannot be started" in ends[0].reason


def test_the_command_names_all_clips_and_the_folder(tmp_path: Path) -> None:
    unfinished = Unfinished(tmp_path, "me", (tmp_path / "a.mp4", tmp_path / "b.mp4"))
    command = training_command(unfinished, 5.0, 2)
    assert command[:4] == [sys.executable, "-m", "app", "enroll"]
    assert command.count("--clip") == 2
    assert command[command.index("--keep") + 1] == str(tmp_path)
    assert command[command.index("--threads") + 1] == "2"
    assert command[-2:] == ["--attended", "--json"]
