"""What benches measure on: an identity, and frames that it has not seen."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from app import paths
from app.progress import show_progress

if TYPE_CHECKING:
    from app.offline import SeenFrame
    from codec.identity import Identity
    from codec.types import Frame

FRAMES, SAMPLE_FRAMES = (0, 100), (800, 900)
"""Four seconds: enough for a stable median, and done in a minute or two. The sample's identity has not seen these."""


def look(arguments: argparse.Namespace, size: int | None) -> tuple[Identity, list[Frame], list[SeenFrame], float]:
    """Reads the identity and the clip's frames, and tracks them: (identity, frames, tracked, frames per second)."""
    from app.offline import read_range, see
    from codec.identity import read_identity
    from models.clip import probe_clip

    clip = paths.check_input(arguments.clip or paths.sample_clip(), "clip")
    path = paths.find_identity(arguments.identity) if arguments.identity else paths.sample_identity()
    identity = read_identity(path)
    arguments.out.mkdir(parents=True, exist_ok=True)
    wanted = arguments.frames or (FRAMES if arguments.clip else SAMPLE_FRAMES)
    frames = list(read_range(clip, wanted, size))
    with show_progress("tracking") as bar:
        seen = see(frames, identity, lambda done: bar.update(done / len(frames)))
    return identity, frames, seen, float(probe_clip(clip).fps)
