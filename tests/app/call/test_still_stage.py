"""Stills of the real camera: asked for, given, refused, damaged."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from app.call.control_line import ControlLine
from app.call.still_stage import StillStage
from app.net.asides import AskStill, Still, StillPiece, StillReceived
from codec.types import Frame
from tests.app.net.conftest import wait_for
from tests.fakes.stages import draw


class Ends:
    """Two stages whose messages cross in this process."""

    def __init__(self) -> None:
        self.pictures: list[tuple[NDArray[np.uint8] | None, str]] = []
        self.sent: list[object] = []
        self.asking = self._make(lambda message: self._to_answering(message))
        self.answering = self._make(lambda message: self._to_asking(message))

    def _make(self, send: object) -> StillStage:
        class Line:
            def __init__(self) -> None:
                self.send = send

        def failed(name: str, exc: Exception) -> None:
            raise AssertionError(name) from exc

        return StillStage(cast(ControlLine, Line()), lambda *result: self.pictures.append(result), failed)

    def _to_answering(self, message: object) -> None:
        self.sent.append(message)
        assert isinstance(message, AskStill | StillReceived)
        self.answering.put(message)

    def _to_asking(self, message: object) -> None:
        self.sent.append(message)
        assert isinstance(message, Still | StillPiece)
        self.asking.put(message)


@pytest.fixture
def ends() -> Iterator[Ends]:
    both = Ends()
    before = set(threading.enumerate())
    for stage in (both.asking, both.answering):
        stage.start()
    yield both
    for stage in (both.asking, both.answering):
        stage.request_stop()
        stage.join()
    assert set(threading.enumerate()) <= before


def test_a_picture_is_answered_with_the_cameras_next(ends: Ends) -> None:
    rgb = draw(128, 128, (512, 512))
    ends.answering.put_frame(Frame(np.zeros_like(rgb), 0, 0))  # was taken before anybody asked
    ends.asking.ask()
    wait_for(lambda: ends.answering.wants_frame)
    ends.answering.put_frame(Frame(rgb, 0, 1))
    wait_for(lambda: ends.pictures)
    picture, reason = ends.pictures[0]
    assert picture is not None
    assert reason == ""
    assert np.abs(picture.astype(int) - rgb).mean() < 3


def test_a_refusal_tells_why(ends: Ends) -> None:
    ends.asking.ask()
    wait_for(lambda: ends.answering.wants_frame)
    ends.answering.refuse(AskStill(1), "the camera is off")
    wait_for(lambda: ends.pictures == [(None, "the camera is off")])


def test_what_is_no_picture_is_told_of(ends: Ends) -> None:
    ends.asking.ask()
    wait_for(lambda: ends.sent)
    ends.asking.put(Still(1, 5))
    ends.asking.put(StillPiece(1, 0, b"junk!"))
    wait_for(lambda: ends.pictures == [(None, "what came is no picture")])
    ends.asking.put(StillPiece(1, 5, b"more"))  # of a still that is over
    ends.asking.ask()
    wait_for(lambda: AskStill(2) in ends.sent)
    ends.asking.put(StillPiece(2, 0, b"unannounced"))
    wait_for(lambda: len(ends.pictures) == 2)
