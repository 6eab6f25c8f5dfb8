"""`visavis enroll`: learns a person from a clip and writes the identity file."""

from __future__ import annotations

import argparse
import math
import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from app import paths
from app.commands import arguments as arg
from app.enrolment.progress_lines import EnrolProgress, format_progress
from app.progress import ProgressBar, format_duration
from app.settings import load_settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from codec.identity import Identity
    from codec.types import Frame
    from models.training.clock import Progress
    from models.training.loop import Keeping

MIN_FRAMES = 25
"""A second of video: fewer pictures cannot show a face moving."""

FACELESS_BYTES = 256 << 20
"""Most memory for pictures before the first face, 55 s at 256 x 256: a clip without any is given up early."""

LOOK_EVERY = 25
"""Pictures between two looks for that face; a look takes 3 ms."""

MEMORY_BYTES = 2 << 30
"""Most memory that the clip's pictures may take: seven minutes at 256 x 256. Training holds them twice for a moment."""

NICER_BY = 5
"""Niceness of an attended training: the window that shows it stays smooth, and other programs do not starve it."""

EXAMPLES = """\
examples:
  visavis enroll --clip me.mp4 --out me.visavis --minutes 5
  visavis enroll --clip talk.mp4 --frames 0:1429 --size 256 --out talk.visavis --json
  visavis enroll --clip me.mp4 --clip more.mp4 --out me.visavis
  visavis enroll --clip me.mp4 --out me.visavis --keep unfinished    # again, after a crash: goes on from there

Ctrl-C once stops early and keeps a usable identity, twice aborts. A training of some minutes keeps a draft beside the
result now and then, so that a lost session costs little.
Without --out the identity is kept where `visavis identity list` finds it.
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "enroll",
        help="learn a person from a clip",
        description="Learns a person's face, head and shoulders from a clip and writes an identity file.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--clip",
        required=True,
        action="append",
        type=Path,
        metavar="V",
        help="a video of the person, talking; more than once for several",
    )
    parser.add_argument("--out", type=Path, metavar="ID.visavis", help="where the identity goes")
    parser.add_argument("--frames", type=arg.frame_range, metavar="A:B", help="use frames A to B-1 only")
    parser.add_argument("--size", type=arg.square_size, default=256, metavar="N", help="train on N x N pictures (256)")
    parser.add_argument(
        "--minutes", type=arg.positive, default=5.0, metavar="M", help="most time to spend (5); short clips take less"
    )
    parser.add_argument("--threads", type=arg.thread_count, metavar="N", help="CPU threads (all cores)")
    parser.add_argument("--backend", choices=("auto", "cpu", "cuda"), default="auto", help="what trains (auto)")
    parser.add_argument("--name", help="the person's name (the file's name)")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="keep the training's state there, and go on from it where it fits"
    )
    parser.add_argument(
        "--attended",
        action="store_true",
        help="for programs: progress in lines of JSON, a preview.png in the --keep folder, and an early end, from "
        "which the training can go on, when standard input ends",
    )
    arg.add_output_flags(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Reads the clip, trains, writes the identity.

    Raises:
        ValueError: the clip cannot be used.
    """
    clips = [paths.check_input(clip, "clip") for clip in arguments.clip]
    out = _output(arguments)
    if arguments.frames is not None and len(clips) > 1:
        raise ValueError("--frames goes with one clip")
    keep = None if arguments.keep is None else _folder(arguments.keep)

    from codec.identity import Identity, pack_identity, write_identity
    from models.training.enrolment import EnrolOptions, enroll

    name = arguments.name or out.stem
    pack_identity(Identity(name, 0))  # a name that a file cannot hold must not be found out after the training
    options = EnrolOptions(
        minutes=arguments.minutes,
        threads=arguments.threads or load_settings().threads or None,
        backend=arguments.backend,
        name=name,
    )
    draft = out.with_name(f"{out.stem}.draft{paths.IDENTITY_SUFFIX}")
    with _stop_on_first_interrupt() as stop:
        attendance = _Attended(keep) if arguments.attended else None
        pictures = _read_all(clips, arguments.frames, arguments.size)
        watcher = attendance or _Watcher(stop)
        keeping = _keeping(watcher, draft, keep, pictures)
        identity, report = enroll(pictures, options, watcher.tell, stop.is_set, keeping)
    watcher.close()
    model_bytes = len(write_identity(out, identity))
    draft.unlink(missing_ok=True)
    print(
        f"{out}: {model_bytes / 1e6:.2f} MB after {format_duration(report.seconds)}, "
        f"{report.train_psnr:.1f} dB on its own frames",
        file=sys.stderr,
    )
    return {
        "seconds": round(report.seconds, 2),
        "steps": report.steps,
        "frames": report.frames,
        "train_psnr": round(report.train_psnr, 3),
        "model_bytes": model_bytes,
        "backend": report.backend,
    }


class _Watcher:
    """Shows a person how far the training is."""

    def __init__(self, stop: threading.Event) -> None:
        self._bar, self._stop = ProgressBar("enrolling"), stop

    def tell(self, progress: Progress) -> None:
        """Shows it, unless Ctrl-C came before there was anything to keep."""
        if self._stop.is_set() and progress.stage in ("tracking", "preparing"):
            raise KeyboardInterrupt("stopped before the training began, so there is no identity to keep")
        note = progress.stage if progress.psnr is None else f"{progress.stage}, {progress.psnr:.1f} dB"
        self._bar.update(progress.fraction, progress.seconds_left, note)

    def close(self) -> None:
        """Clears the line."""
        self._bar.close()


class _Attended:
    """Tells the program that started this one, and ends with it.

    Args:
        folder: where previews go, or None for none.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._previews = 0
        self._left = threading.Event()
        self._say(EnrolProgress("reading", 0.0, 0.0))
        threading.Thread(target=self._wait, name="attendance", daemon=True).start()
        if hasattr(os, "nice"):
            os.nice(NICER_BY)

    def _wait(self) -> None:
        while os.read(0, 1024):
            pass
        self._left.set()

    def _say(self, progress: EnrolProgress) -> None:
        try:
            print(format_progress(progress), file=sys.stderr, flush=True)
        except BrokenPipeError:
            self._left.set()

    def tell(self, progress: Progress) -> None:
        """Tells it, unless nobody is there any more."""
        if self._left.is_set():
            raise KeyboardInterrupt("stopped; the same command with the same --keep goes on")
        psnr = None if progress.psnr is None or not math.isfinite(progress.psnr) else round(progress.psnr, 2)
        left_s = max(0.0, round(progress.seconds_left, 1))
        self._say(EnrolProgress(progress.stage, round(progress.fraction, 4), left_s, psnr, self._previews))

    def preview(self, rgb: NDArray[np.uint8]) -> None:
        """Writes a picture of the avatar."""
        from PIL import Image

        if self._folder is not None:
            with paths.whole_file(self._folder / "preview.png") as temporary:
                Image.fromarray(rgb).save(temporary)
            self._previews += 1

    def close(self) -> None:
        """Nothing is left to tell."""


def _keeping(
    watcher: _Watcher | _Attended, draft: Path, folder: Path | None, pictures: list[NDArray[np.uint8]]
) -> Keeping:
    from models.training.checkpoint import Checkpoints
    from models.training.loop import Keeping

    return Keeping(
        draft=lambda identity: _keep_draft(draft, identity),
        preview=watcher.preview if isinstance(watcher, _Attended) else None,
        checkpoints=None if folder is None else Checkpoints(folder, pictures),
    )


def _folder(path: Path) -> Path:
    if path.exists() and not path.is_dir():
        raise ValueError(f"--keep is no folder: {path}")
    path.mkdir(parents=True, exist_ok=True)
    return path


def _keep_draft(path: Path, identity: Identity) -> None:
    from codec.identity import write_identity

    write_identity(path, identity)


def _output(arguments: argparse.Namespace) -> Path:
    if arguments.out is not None:
        return paths.check_output(arguments.out)
    folder = paths.identities_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{Path(arguments.name or arguments.clip[0].stem).name}{paths.IDENTITY_SUFFIX}"


def _read_all(clips: list[Path], frames: tuple[int, int] | None, size: int) -> list[NDArray[np.uint8]]:
    pictures: list[NDArray[np.uint8]] = []
    for clip in clips:
        pictures += _read(clip, frames, size)
        if len(pictures) * size * size * 3 > MEMORY_BYTES:
            raise ValueError(f"{clip}: with the clips before it there are too many frames of {size}x{size}")
    return pictures


def _read(clip: Path, frames: tuple[int, int] | None, size: int) -> list[NDArray[np.uint8]]:
    from models.clip import probe_clip, read_clip

    picture_bytes = size * size * 3
    most = MEMORY_BYTES // picture_bytes
    too_many = f"{clip}: more than {most} frames of {size}x{size}; choose a part of it with --frames A:B"
    first, end = frames or (0, probe_clip(clip).frames)
    if end - first > most:
        raise ValueError(too_many)
    pictures: list[NDArray[np.uint8]] = []
    for frame in _require_face(clip, read_clip(clip, frames, size), FACELESS_BYTES // picture_bytes):
        if len(pictures) == most:
            raise ValueError(too_many)
        pictures.append(frame.rgb)
    if frames is not None and len(pictures) < end - first:
        raise ValueError(f"{clip}: ends at frame {first + len(pictures)}, before {end}")
    if len(pictures) < MIN_FRAMES:
        raise ValueError(f"{clip}: {len(pictures)} frames are too few to learn a face from, {MIN_FRAMES} are the least")
    return pictures


def _require_face(clip: Path, frames: Iterable[Frame], within: int) -> Iterator[Frame]:
    """Passes frames on, and gives up on a clip whose first `within` ones show no face."""
    from models.tracking.landmarks import Landmarker
    from models.tracking.tracker import reference_picture

    found = False
    with Landmarker() as landmarker:
        for count, frame in enumerate(frames):
            if not found and count % LOOK_EVERY == 0:
                found = landmarker.detect(reference_picture(frame.rgb)) is not None
            if not found and count == within:
                raise ValueError(f"{clip}: no face in {within} frames; choose a part of it with --frames A:B")
            yield frame


@contextmanager
def _stop_on_first_interrupt() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets; the second one raises KeyboardInterrupt."""
    stop = threading.Event()

    def interrupt(number: int, frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        # Not print: the signal may come while a line is being printed.
        os.write(2, b"\nstopping; what was learned so far is kept (Ctrl-C again aborts)\n")

    previous = signal.signal(signal.SIGINT, interrupt)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, previous)
