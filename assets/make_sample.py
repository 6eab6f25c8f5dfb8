"""Makes the demo's sample: ``assets/sample.mp4`` and its ground truth ``assets/sample.truth.npz``.

A synthetic animation of scikit-image's public-domain astronaut portrait, with espeak-ng's voice as the narrator. Same
script, same libraries: same film. Takes about two minutes on one core. Run ``python assets/make_sample.py``.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs as a file, too

from assets.sample import voice
from assets.sample.expression import Expression
from assets.sample.film import mix_narration, write_film
from assets.sample.motion import FPS, FRAMES, NARRATION, Pose, perform
from assets.sample.portrait import ByteArray, load_portrait
from assets.sample.scene import Scene
from assets.sample.truth import write_truth

LABEL = "synthetic animation"


def main() -> int:
    """Makes the sample; 0 on success, 2 with one line on standard error when something is missing."""
    parser = argparse.ArgumentParser(description="Make the sample clip and its ground truth.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "sample.mp4", help="the clip to write")
    parser.add_argument("--frames", type=int, default=FRAMES, help="stop after so many frames, for a quick look")
    options = parser.parse_args()
    try:
        make_sample(options.out, options.frames)
    except ValueError as error:
        print(f"make_sample: {error}", file=sys.stderr)
        return 2
    return 0


def make_sample(out: Path, frames: int) -> None:
    """Writes the clip to ``out`` and the truth beside it, with the suffix ``.truth.npz``.

    Raises:
        ValueError: when espeak-ng is missing, or no face is found in the portrait.
    """
    started = time.monotonic()
    speeches = voice.speak([sentence for _, sentence in NARRATION])
    poses, faces = perform(speeches)
    scene = Scene(load_portrait(LABEL))
    sound = mix_narration(speeches, min(frames, FRAMES) / FPS)
    partial = out.with_suffix(".partial.mp4")  # an interrupted run leaves the old clip as it was
    count = write_film(partial, _pictures(scene, poses[:frames], faces[:frames]), sound, speeches[0].rate)
    partial.replace(out)
    calm = scene.landmarks_at(Expression(smile=0.0))
    write_truth(out.with_suffix(".truth.npz"), poses[:count], faces[:count], np.asarray(calm, np.float32))
    took = time.monotonic() - started
    print(f"{out}: {count} frames, {out.stat().st_size / 1e6:.2f} MB, in {took:.0f} s", file=sys.stderr)


def _pictures(scene: Scene, poses: list[Pose], faces: list[Expression]) -> Iterator[ByteArray]:
    for index, (pose, face) in enumerate(zip(poses, faces, strict=True)):
        if index % 100 == 0:
            print(f"frame {index} of {len(poses)}", file=sys.stderr)
        yield scene.draw(pose, face)


if __name__ == "__main__":
    raise SystemExit(main())
