"""Where an enrolment lies until it is an identity: recordings that vanish when abandoned, one unfinished training."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app import paths
from app.enrolment.acts import Act
from app.enrolment.coverage import NEEDED_S, Coverage

FREE_LEAST_BYTES = 700_000_000
"""Disk that an enrolment wants: a recording of 90 s takes 60 MB, its training's state 300 MB, twice for a moment."""

STALE_S = 3600.0
"""A recording this old was left by a crash: none takes longer than minutes."""

TAKE, UNFINISHED, ABOUT = "take-", "unfinished", "about.json"

ABOUT_MOST_BYTES = 10_000

CLIPS_MOST = 8


class DiskFullError(OSError):
    """There is not enough room for an enrolment."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A training that has not come to its end.

    Attributes:
        folder: where its clips and its state are.
        name: whom it shows.
        clips: what it learns from.
        coverage: what the recordings showed; empty where they came from files.
    """

    folder: Path
    name: str
    clips: tuple[Path, ...]
    coverage: Coverage = field(default_factory=Coverage)

    @property
    def result(self) -> Path:
        """Where its identity is written."""
        return self.folder / f"result{paths.IDENTITY_SUFFIX}"

    @property
    def preview(self) -> Path:
        """The picture that sharpens while it trains."""
        return self.folder / "preview.png"


class Take:
    """One recording's folder; `abandon` removes it, and so does whoever takes it over."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clip = folder / "clip.mp4"

    def abandon(self) -> None:
        """Removes it with all that was recorded; twice is harmless."""
        shutil.rmtree(self.folder, ignore_errors=True)


class Workshop:
    """The folder of all this.

    Args:
        folder: the user's own when not given.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or paths.enrolment_folder()

    def begin_take(self) -> Take:
        """Makes room for a recording.

        Raises:
            DiskFullError: there is none.
            OSError: the folder cannot be made.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._sweep()
        self.require_room()
        return Take(Path(tempfile.mkdtemp(prefix=TAKE, dir=self.folder)))

    def require_room(self) -> None:
        """Raises DiskFullError where an enrolment would not find room."""
        free = shutil.disk_usage(self.folder).free
        if free < FREE_LEAST_BYTES:
            raise DiskFullError(f"{free / 1e6:.0f} MB are free, an enrolment needs {FREE_LEAST_BYTES / 1e6:.0f} MB")

    def _sweep(self) -> None:
        oldest = time.time() - STALE_S
        for folder in self.folder.glob(f"{TAKE}*"):
            try:
                if folder.stat().st_mtime < oldest:
                    shutil.rmtree(folder, ignore_errors=True)
            except FileNotFoundError:
                continue

    def unfinished(self) -> Unfinished | None:
        """The training that is not done, if there is one that can be read."""
        folder = self.folder / UNFINISHED
        try:
            with (folder / ABOUT).open("rb") as file:
                about = json.loads(file.read(ABOUT_MOST_BYTES))
        except (OSError, ValueError, RecursionError):
            return None
        if not isinstance(about, dict) or not isinstance(about.get("name"), str):
            return None
        clips = tuple(path for number in range(CLIPS_MOST) if (path := folder / f"clip-{number}.mp4").is_file())
        outside = about.get("file")
        if isinstance(outside, str) and Path(outside).is_file():
            clips = (Path(outside), *clips)
        return Unfinished(folder, about["name"], clips, _read_coverage(about.get("seconds"))) if clips else None

    def begin_training(self, name: str, take: Take, coverage: Coverage) -> Unfinished:
        """Takes a recording over, in place of any unfinished training.

        Raises:
            OSError: it cannot be moved.
        """
        self.discard()
        folder = self._make(name, {"seconds": _plain(coverage)})
        shutil.move(take.clip, folder / "clip-0.mp4")
        take.abandon()
        return Unfinished(folder, name, (folder / "clip-0.mp4",), coverage)

    def begin_from_file(self, name: str, clip: Path) -> Unfinished:
        """Trains from a person's own file, which stays where it is."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.require_room()
        self.discard()
        folder = self._make(name, {"file": str(clip.absolute())})
        return Unfinished(folder, name, (clip.absolute(),))

    def add_take(self, before: Unfinished, take: Take, coverage: Coverage) -> Unfinished:
        """Adds one more recording to a training, which then begins anew on all of them.

        Raises:
            OSError: it cannot be moved.
            ValueError: there are too many.
        """
        number = sum(clip.parent == before.folder for clip in before.clips)
        if number >= CLIPS_MOST:
            raise ValueError(f"{CLIPS_MOST} recordings are the most that one avatar learns from")
        target = before.folder / f"clip-{number}.mp4"
        shutil.move(take.clip, target)
        take.abandon()
        outside = [clip for clip in before.clips if clip.parent != before.folder]
        about = {"seconds": _plain(coverage)} | ({"file": str(outside[0])} if outside else {})
        self._make(before.name, about)
        return Unfinished(before.folder, before.name, (*before.clips, target), coverage)

    def _make(self, name: str, about: Mapping[str, object]) -> Path:
        folder = self.folder / UNFINISHED
        folder.mkdir(parents=True, exist_ok=True)
        with paths.whole_file(folder / ABOUT) as temporary:
            temporary.write_text(json.dumps({"name": name, **about}))
        return folder

    def finish(self, training: Unfinished, name: str) -> Path:
        """Moves the trained identity among the kept ones and removes everything else.

        Args:
            training: that is done.
            name: under which it is kept; an older one of that name is replaced.

        Raises:
            OSError: it cannot be moved.
        """
        target = paths.kept_identity(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(training.result, target)
        self.discard()
        return target

    def discard(self) -> None:
        """Removes the unfinished training with its recordings."""
        shutil.rmtree(self.folder / UNFINISHED, ignore_errors=True)


def _plain(coverage: Coverage) -> dict[str, float]:
    return {act.value: round(seconds, 2) for act, seconds in coverage.seconds.items()}


def _read_coverage(told: object) -> Coverage:
    if not isinstance(told, dict):
        return Coverage()
    seconds = {Act(key): float(value) for key, value in told.items() if _is_coverage(key, value)}
    return Coverage(seconds)


def _is_coverage(key: object, value: object) -> bool:
    return key in {act.value for act in NEEDED_S} and isinstance(value, int | float) and 0 <= value < 1e6
