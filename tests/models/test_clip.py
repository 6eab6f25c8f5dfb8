"""Frames of a file: square, scaled, numbered, none left out, and one line where there is nothing to read."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from models.clip import crop_square, probe_clip, read_clip, scale_square


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve frames of 96x64 at 30000/1001 fps; the left and right sixth red, frame i of grey 20 i, some doubled."""
    path = tmp_path_factory.mktemp("clip") / "grey.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=Fraction(30000, 1001))
        stream.width, stream.height, stream.pix_fmt = 96, 64, "bgr0"
        for index in range(12):
            picture = np.full((64, 96, 3), 20 * (index - index % 3), np.uint8)
            picture[:, :16] = picture[:, 80:] = (255, 0, 0)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="bgr0")))
        container.mux(stream.encode(None))
    return path


def test_frames_are_square_numbered_and_all_there(clip: Path) -> None:
    frames = list(read_clip(clip))
    assert [frame.seq for frame in frames] == list(range(12))
    assert all(frame.rgb.shape == (64, 64, 3) and frame.rgb.dtype == np.uint8 for frame in frames)
    assert [int(frame.rgb[32, 32, 0]) for frame in frames] == [20 * (index - index % 3) for index in range(12)]
    assert all((frame.rgb[:, :, 0] == frame.rgb[:, :, 1]).all() for frame in frames), "the red sides are cut off"
    assert frames[3].t_ns == round(3e9 * 1001 / 30000)


def test_a_range_keeps_the_files_numbers(clip: Path) -> None:
    frames = list(read_clip(clip, frames=(4, 7), size=32))
    assert [frame.seq for frame in frames] == [4, 5, 6]
    assert frames[0].rgb.shape == (32, 32, 3)
    assert frames[0].rgb.flags.c_contiguous


def test_probe_tells_rate_size_and_length(clip: Path) -> None:
    info = probe_clip(clip)
    assert (info.fps, info.width, info.height, info.has_audio) == (Fraction(30000, 1001), 96, 64, False)
    assert info.frames == 12


@pytest.mark.parametrize("frames", [(12, 20), (5, 5), (-1, 3), (7, 2)])
def test_impossible_ranges_are_refused(clip: Path, frames: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"frame"):
        list(read_clip(clip, frames))


def test_bad_files_are_one_line(tmp_path: Path) -> None:
    text, sound = tmp_path / "text.mp4", tmp_path / "sound.wav"
    text.write_text("nothing to see")
    with av.open(str(sound), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    for path in (tmp_path / "missing.mp4", text, sound, tmp_path):
        with pytest.raises(ValueError, match=r"^[^\n]+$"):
            list(read_clip(path))


def test_truncated_file_is_one_line(clip: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(clip.read_bytes()[:300])
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        list(read_clip(cut))


def encode(side: int, count: int) -> bytes:
    """Pictures of one size as a bare H.264 stream."""
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width = context.height = side
    context.pix_fmt, context.time_base = "yuv420p", Fraction(1, 25)
    context.options = {"preset": "ultrafast", "tune": "zerolatency"}
    frames = [av.VideoFrame(side, side, "yuv420p") for _ in range(count)]
    for pts, frame in enumerate(frames):
        frame.pts = pts
    return b"".join(bytes(packet) for frame in [*frames, None] for packet in context.encode(frame))


@pytest.mark.parametrize("sides", [(4112,), (64, 4112)])
def test_pictures_that_cost_gigabytes_are_refused(sides: tuple[int, ...], tmp_path: Path) -> None:
    path = tmp_path / "large.h264"
    path.write_bytes(b"".join(encode(side, 3) for side in sides))
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        list(read_clip(path, size=64))


def test_crop_and_scale() -> None:
    picture = np.arange(5 * 9 * 3, dtype=np.uint8).reshape(5, 9, 3)
    assert crop_square(picture).tolist() == picture[:, 2:7].tolist()
    assert scale_square(np.full((8, 8, 3), 7, np.uint8), 3).tolist() == np.full((3, 3, 3), 7).tolist()
