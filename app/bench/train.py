"""Likeness on frames that an enrolment did not see, against the time that it was given.

Each time is an enrolment of its own: rates of learning and the moments of baking and aligning follow from the time
that a person grants, so a longer one's state at half of its time is not what the shorter one ends with.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from app.bench.metrics import Picture
from app.bench.rd import OURS, Footage, compare, face_stream
from app.bench.regions import find_regions
from app.bench.report import Axis, Row
from app.offline import see
from codec.identity import Identity, pack_identity
from codec.types import Frame
from models.render.registry import open_renderer
from models.training.clock import Progress
from models.training.enrolment import EnrolOptions, enroll

Report = Callable[[float, float, str], None]
"""Called with the share that is done, the seconds left, and what is being done."""

UNSEEN, OWN = "unseen frames", "its own frames"

X = Axis("minutes", "minutes granted", logarithmic=True)
PANELS = (Axis("psnr", "PSNR, dB"), Axis("ssim", "SSIM"), Axis("psnr_features", "PSNR of mouth and eyes, dB"))


@dataclass(frozen=True, slots=True)
class Material:
    """What is learned from, and what is measured on.

    Attributes:
        enrolled: uint8 (S, S, 3), pictures to learn from.
        held_out: frames to measure on.
        fps: frames per second.
    """

    enrolled: Sequence[Picture]
    held_out: Sequence[Frame]
    fps: float


class _Watcher:
    """Passes one enrolment's progress on as that of all, and notes how long tracking took."""

    def __init__(self, report: Report, before: float, granted: float, after: float) -> None:
        self._report = report
        self._before, self._granted, self._after = before, granted, after
        self._started_s = time.monotonic()
        self.track_s = 0.0

    def tell(self, progress: Progress) -> None:
        """Takes a report of the enrolment."""
        if progress.stage == "tracking":
            self.track_s = time.monotonic() - self._started_s
        self._pass_on(progress.fraction, progress.seconds_left, progress.stage)

    def tell_measuring(self) -> None:
        """The enrolment is over."""
        self._pass_on(1.0, 0.0, "measuring")

    def _pass_on(self, fraction: float, left_s: float, stage: str) -> None:
        total = self._before + self._granted + self._after
        done = (self._before + fraction * self._granted) / total
        self._report(done, left_s + self._after * 60, f"{self._granted:g} min, {stage}")


def measure_training(
    material: Material, minutes: Sequence[float], threads: int | None, backend: str, report: Report
) -> Iterator[Row]:
    """Enrols once for each time and measures what came of it.

    Args:
        material: the clip's frames.
        minutes: the times.
        threads: processor threads; all when None.
        backend: what trains.
        report: told of progress.

    Yields:
        a row after each enrolment: minutes, seconds, track_s (of them, for tracking), steps, train_psnr (dB on its own
        frames), kbps of the face stream, all measures of `app.bench.likeness`, and model_bytes.

    Raises:
        ValueError: the clip shows no face.
    """
    for index, granted in enumerate(minutes):
        watcher = _Watcher(report, sum(minutes[:index]), granted, sum(minutes[index + 1 :]))
        options = EnrolOptions(minutes=granted, threads=threads, backend=backend)
        identity, outcome = enroll(material.enrolled, options, watcher.tell, lambda: False)
        watcher.tell_measuring()
        kbps, likeness = _measure(identity, material)
        yield {
            "minutes": granted,
            "seconds": outcome.seconds,
            "track_s": watcher.track_s,
            "steps": outcome.steps,
            "train_psnr": outcome.train_psnr,
            "kbps": kbps,
            **likeness,
            "model_bytes": len(pack_identity(identity)),
        }


def _measure(identity: Identity, material: Material) -> tuple[float, dict[str, float]]:
    """Bitrate and likeness of the held-out frames, sent at the usual quality."""
    seen = see(material.held_out, identity, lambda done: None)
    regions = find_regions(material.held_out, identity, lambda done: None)
    footage = Footage([frame.rgb for frame in material.held_out], seen, regions, material.fps, identity)
    stream = face_stream(identity, open_renderer(identity), footage, quality=0)
    point = compare(OURS, "quality 0", footage, stream, lambda share: None)
    return point.kbps, point.likeness


def plot_rows(rows: Sequence[Row]) -> list[Row]:
    """The likeness of unseen frames, and beside it that of the enrolment's own."""
    keys = [axis.key for axis in PANELS]
    unseen = [{"frames": UNSEEN, "minutes": row["minutes"], **{key: row[key] for key in keys}} for row in rows]
    unknown = dict.fromkeys(keys, float("nan"))
    own = [{"frames": OWN, "minutes": row["minutes"], **unknown, "psnr": row["train_psnr"]} for row in rows]
    return [*unseen, *own]
