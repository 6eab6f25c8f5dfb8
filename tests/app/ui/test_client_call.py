"""The client in a call with another process, over a meeting point of its own: real pairing, real DTLS, real codecs."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app import paths
from app.ui.call_page import CallPage
from app.ui.context import Context
from app.ui.home_page import HomePage
from app.ui.main_window import MainWindow
from tests.fakes.client import LoopbackOptions, OtherEnd
from tests.fakes.stages import write_clip, write_fake_identity

WAIT_MS = 40_000


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("call") / "disc.mp4", seconds=2)


@pytest.fixture
def window(qtbot: QtBot, meeting_point: str, clip: Path, tmp_path: Path) -> Iterator[MainWindow]:
    before = set(threading.enumerate())
    identity = write_fake_identity(tmp_path / "own.visavis", padding=2000)
    context = Context(ask=lambda *question: True, make_options=LoopbackOptions(meeting_point, clip, identity))
    opened = MainWindow(context)
    qtbot.addWidget(opened)
    opened.show()
    qtbot.waitExposed(opened)
    yield opened
    opened.close_now()
    left = {thread.name.partition("-")[0] for thread in set(threading.enumerate()) - before}
    assert left <= {"signalling", "PoolThread"}, "all that is left is the reactor that all calls share"


Other = Callable[..., OtherEnd]


@pytest.fixture
def other(meeting_point: str, clip: Path, tmp_path: Path) -> Iterator[Other]:
    """Starts the other person's program."""
    ends: list[OtherEnd] = []
    identity = write_fake_identity(tmp_path / "theirs.visavis", padding=3000, theirs=True)

    def start(*arguments: str) -> OtherEnd:
        ends.append(
            OtherEnd(*arguments, "--clip", str(clip), "--identity", str(identity), "--rendezvous", meeting_point)
        )
        return ends[-1]

    yield start
    for end in ends:
        end.leave()


def home(window: MainWindow) -> HomePage:
    assert isinstance(window.page, HomePage)
    return window.page


def call_page(window: MainWindow) -> CallPage:
    assert isinstance(window.page, CallPage)
    return window.page


def test_somebody_types_my_code_and_we_talk(window: MainWindow, other: Other, qtbot: QtBot, tmp_path: Path) -> None:
    home(window).start.click()
    page = call_page(window)
    qtbot.waitUntil(lambda: page.waiting.code.text() != "", timeout=WAIT_MS)
    guest = other("call", page.waiting.code.text(), "--size", "64")
    qtbot.waitUntil(lambda: page.views.currentWidget() is page.incoming, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: page.incoming.safety.accessibleName() != "", timeout=WAIT_MS)
    assert page.deck.stage.image_size is None
    page.incoming.accept.click()
    qtbot.waitUntil(lambda: page.deck.top.badge.text() == "Avatar", timeout=WAIT_MS)
    qtbot.waitUntil(lambda: page.deck.stage.own.image_size == (512, 512), timeout=WAIT_MS)
    page.actions_.sizes[256].trigger()
    qtbot.waitUntil(lambda: page.deck.stage.image_size == (256, 256), timeout=WAIT_MS)
    page.actions_.real.trigger()
    qtbot.waitUntil(lambda: page.deck.still.image_size == (512, 512), timeout=WAIT_MS)
    page._say("hello there")
    qtbot.waitUntil(lambda: page.chat.unconfirmed == 0, timeout=WAIT_MS)
    page.actions_.figures.trigger()
    qtbot.waitUntil(lambda: page.deck.figures.value("wire") not in ("–", "0"), timeout=WAIT_MS)
    said = guest.leave()
    assert page.incoming.safety.accessibleName() in said
    qtbot.waitUntil(lambda: page.views.currentWidget() is page.over, timeout=WAIT_MS)
    assert page.over.detail.text() == "The other person hung up."
    met = window.context.people.all()[0]
    assert (met.name, met.identity) == ("Disc", True)
    identity = (tmp_path / "theirs.visavis").read_bytes()
    assert window.context.people.known_identity(hashlib.sha256(identity).digest()) == identity
    page.over.home.click()
    assert [row.name.text() for row in home(window).people.rows] == ["Disc"]
    assert paths.people_folder().is_dir()


def test_i_type_somebodys_code_and_switch_to_real_video(window: MainWindow, other: Other, qtbot: QtBot) -> None:
    host = other("host", "--size", "64")
    form = home(window).join_form
    form.field.setText(host.code().replace("-", " "))
    form.button.click()
    page = call_page(window)
    qtbot.waitUntil(lambda: page.deck.top.badge.text() == "Avatar", timeout=WAIT_MS)
    page.actions_.sendings["h265"].trigger()
    page.actions_.figures.trigger()
    qtbot.waitUntil(lambda: page.deck.figures.value("mode", 1) == "Video", timeout=WAIT_MS)
    page.actions_.hang_up.trigger()
    qtbot.waitUntil(lambda: page.views.currentWidget() is page.over, timeout=WAIT_MS)
    assert "the other end left" in host.wait_ended()


def test_a_code_that_nobody_waits_at_is_told_of(window: MainWindow, qtbot: QtBot) -> None:
    form = home(window).join_form
    form.field.setText("987-crossover-clockwork")
    form.button.click()
    page = call_page(window)
    qtbot.waitUntil(lambda: page.views.currentWidget() is page.over, timeout=WAIT_MS)
    assert "nobody waits at this code" in page.over.detail.text().lower()


def test_a_line_that_was_gone_comes_back(meeting_point: str, clip: Path, other: Other, qtbot: QtBot) -> None:
    """What this end sends is lost for four seconds, so both ends take the line for gone."""
    options = LoopbackOptions(meeting_point, clip, outages=((3.0, 7.0),))
    window = MainWindow(Context(ask=lambda *question: True, make_options=options))
    qtbot.addWidget(window)
    window.show()
    form = home(window).join_form
    form.field.setText(other("host", "--size", "64").code())
    form.button.click()
    page = call_page(window)
    qtbot.waitUntil(lambda: page.phase == "connected", timeout=WAIT_MS)
    qtbot.waitUntil(lambda: page.deck.banner.isVisible(), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: page.phase == "connected" and not page.deck.banner.isVisible(), timeout=WAIT_MS)
    page._say("there you are again")
    qtbot.waitUntil(lambda: page.chat.unconfirmed == 0, timeout=WAIT_MS)
    window.close_now()
