"""What the tests of commands and windows share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from app.net.rendezvous import Address, MeetingPoint

CLIP_FRAMES = 50


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a moving pattern, 160 x 120 at 25 fps, without a face."""
    path = tmp_path_factory.mktemp("clips") / "pattern.mp4"
    y, x = np.mgrid[:120, :160]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for index in range(CLIP_FRAMES):
            wave = 127 + 100 * np.sin((x + 3 * index) / 9.0)
            rgb = np.stack([wave, np.roll(wave, 20, 1), (y * 2) % 255], axis=2).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="session")
def meeting_point() -> Iterator[str]:
    """The URL of a mailbox server on the loopback address."""
    point = MeetingPoint(Address("127.0.0.1", 0))
    yield f"ws://127.0.0.1:{point.port}"
    point.close()


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps settings and identities of the person who runs the tests out of them."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
