"""Writes the sample's film, and mixes the narrator's voice."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from assets.sample.motion import FPS, NARRATION
from assets.sample.portrait import ByteArray
from assets.sample.voice import Speech

FloatArray = npt.NDArray[np.float32]

SOUND_RATE = 48_000  # what calls and AAC decoders expect; espeak speaks at 22,050
CONSTANT_RATE_FACTOR = "19"  # no visible loss at 512x512, and well under 4 MB
SOUND_KBPS = 64


def mix_narration(speeches: list[Speech], seconds: float) -> FloatArray:
    """All sentences at their times: mono samples in -1..1 at the speeches' own rate."""
    rate = speeches[0].rate
    track = np.zeros(int(seconds * rate), np.float32)
    for (start, _), speech in zip(NARRATION, speeches, strict=True):
        first = int(start * rate)
        piece = speech.samples[: max(0, len(track) - first)]
        track[first : first + len(piece)] += piece
    peak = float(np.abs(track).max(initial=1e-6))
    return np.asarray(track * (0.7 / peak), np.float32)


def write_film(path: Path, pictures: Iterable[ByteArray], sound: FloatArray, rate: int) -> int:
    """Writes H.264 and AAC in MP4.

    Args:
        path: the file to write.
        pictures: (H, W, 3) pictures, ``FPS`` per second.
        sound: mono samples in -1..1.
        rate: of the samples, in Hz.

    Returns:
        The number of pictures written.
    """
    count = 0
    with av.open(str(path), "w", options={"movflags": "+faststart", "fflags": "+bitexact"}) as film:
        video = film.add_stream("libx264", rate=FPS)
        video.width = video.height = 512
        video.pix_fmt = "yuv420p"
        video.options = {"crf": CONSTANT_RATE_FACTOR, "preset": "slow", "x264-params": "keyint=50:threads=2"}
        audio = film.add_stream("aac", rate=SOUND_RATE, layout="mono")
        audio.bit_rate = SOUND_KBPS * 1000
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = count, Fraction(1, FPS)
            film.mux(video.encode(frame))
            count += 1
        film.mux(video.encode(None))
        _write_sound(film, audio, sound, rate)
    return count


def _write_sound(
    film: av.container.OutputContainer, stream: av.audio.stream.AudioStream, sound: FloatArray, rate: int
) -> None:
    frame = av.AudioFrame.from_ndarray(np.round(sound[None] * 32767).astype(np.int16), format="s16", layout="mono")
    frame.sample_rate = rate
    frame.pts, frame.time_base = 0, Fraction(1, rate)
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=SOUND_RATE, frame_size=1024)
    for piece in [*resampler.resample(frame), *resampler.resample(None)]:
        film.mux(stream.encode(piece))
    film.mux(stream.encode(None))
