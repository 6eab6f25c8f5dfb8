"""The call page in a real window, with a staged call behind it: every phase, every control, every ending."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.call.shown import LiveStats, ShownFrame
from app.ui import snapshots
from app.ui.call_bridge import for_screen
from app.ui.call_page import CallPage
from app.ui.call_request import CallRequest
from app.ui.context import Context
from app.ui.main_window import MainWindow
from app.ui.stage_view import image_of
from tests.app.ui.readable import cut_off
from tests.fakes.client import CODE, SAFETY, StagedCall, staged_options


class Client:
    """A window on its call page."""

    def __init__(self, qtbot: QtBot, staged: StagedCall, answer: bool = True) -> None:
        self.qtbot = qtbot
        self.staged = staged
        self.questions: list[str] = []
        self.answer = answer

        def ask(parent: QWidget, title: str, question: str, yes: str) -> bool:
            self.questions.append(title)
            return self.answer

        self.context = Context(ask=ask, hold=staged, make_options=staged_options)
        self.window = MainWindow(self.context)
        qtbot.addWidget(self.window)
        self.window.show()
        qtbot.waitExposed(self.window)

    @property
    def page(self) -> CallPage:
        assert isinstance(self.window.page, CallPage)
        return self.window.page

    def call(self, kind: str = "join", until: str = "picture") -> CallPage:
        code = CODE if kind == "join" else ""
        self.window.show_page("call", CallRequest(kind, code))  # type: ignore[arg-type]  # one of the kinds
        page = self.page
        if until == "picture":
            self.staged.go_on.set()
            self.wait(lambda: page.deck.stage.image_size is not None)
        return page

    def wait(self, is_so: object) -> None:
        self.qtbot.waitUntil(is_so, timeout=10_000)  # type: ignore[arg-type]  # a function


@pytest.fixture
def staged() -> StagedCall:
    return StagedCall()


@pytest.fixture
def client(qtbot: QtBot, staged: StagedCall) -> Iterator[Client]:
    before = set(threading.enumerate())
    opened = Client(qtbot, staged)
    yield opened
    opened.window.close_now()
    timers = [timer for timer in opened.window.findChildren(QTimer) if timer.isActive()]
    assert not timers
    left = {thread for thread in set(threading.enumerate()) - before if "reactor" not in thread.name.lower()}
    assert not {thread for thread in left if thread.name in ("call", "code-words", "preview", "sound-check")}


def test_a_host_sees_the_code_and_takes_the_call(client: Client, staged: StagedCall) -> None:
    page = client.call("host", until="waiting")
    client.wait(lambda: page.waiting.code.text() == CODE)
    page.waiting.copy_button.click()
    assert QGuiApplication.clipboard().text() == CODE
    assert page.waiting.qr.accessibleName()
    staged.go_on.set()
    client.wait(lambda: page.views.currentWidget() is page.incoming)
    client.wait(lambda: page.incoming.safety.accessibleName() == SAFETY.names)
    assert page.deck.stage.image_size is None
    page.incoming.accept.click()
    client.wait(lambda: page.deck.stage.image_size == (256, 256))
    assert SAFETY.names in page.deck.top.safety.toolTip()


def test_a_host_declines(client: Client, staged: StagedCall) -> None:
    page = client.call("host", until="waiting")
    staged.go_on.set()
    client.wait(lambda: page.views.currentWidget() is page.incoming)
    page.incoming.decline.click()
    client.wait(lambda: page.views.currentWidget() is page.over)
    assert page.over.detail.text() == "You declined the call."


def test_the_badge_follows_what_is_shown_and_says_why(client: Client, staged: StagedCall) -> None:
    page = client.call()
    client.wait(lambda: page.deck.top.badge.text() == "Avatar")
    assert page.deck.top.reason.text() == "very little data, however bad the line is"
    staged.mode, staged.reason = "h265", "no face is in the picture"
    client.wait(lambda: page.deck.top.badge.text() == "Video")
    client.wait(lambda: page.deck.top.reason.text() == "no face is in the other person's picture")
    staged.mode, staged.reason = "audio_only", "the camera is switched off"
    client.wait(lambda: page.deck.top.badge.text() == "Audio only")
    assert page.deck.stage.placard == "The other person has switched the camera off"
    staged.mode, staged.reason = "face", "a reason of a newer version"
    client.wait(lambda: page.deck.top.badge.text() == "Avatar" and page.deck.stage.placard == "")
    client.wait(lambda: page.deck.top.reason.text() == "a reason of a newer version")


def test_the_size_changes_at_once_and_is_remembered(client: Client, staged: StagedCall) -> None:
    page = client.call()
    client.window.activateWindow()
    client.wait(lambda: QApplication.focusWindow() is not None)
    QTest.keyClick(client.window.windowHandle(), Qt.Key.Key_3)
    client.wait(lambda: page.deck.stage.image_size == (512, 512))
    assert client.context.settings.size == 512
    page.actions_.sizes[1024].trigger()
    client.wait(lambda: page.deck.stage.image_size == (1024, 1024))
    assert page.actions_.size.iconText() == "Sharpness 1024"
    page.actions_.sizes[0].trigger()
    client.wait(lambda: staged.wishes is not None and staged.wishes.size == "auto")
    client.wait(lambda: page.deck.top.rate.text() == "1.9 kbps")


def test_what_one_sends_is_chosen(client: Client, staged: StagedCall) -> None:
    page = client.call()
    assert staged.wishes is not None
    for sending in ("h265", "face", "audio_only", "auto"):
        page.actions_.sendings[sending].trigger()
        assert staged.wishes.sending == sending


def test_mute_and_camera_act_at_once(client: Client, staged: StagedCall) -> None:
    page = client.call()
    session = staged.held[0].session
    page.actions_.mute.trigger()
    assert session.mute.is_set()
    assert page.actions_.mute.text() == "Unmute the microphone"
    client.wait(lambda: page.deck.stage.own.image_size == (64, 64))
    page.actions_.camera_off.trigger()
    assert session.camera_off.is_set()
    assert page.deck.stage.own.image_size is None
    assert page.deck.stage.own.note == "Your camera is off"
    page.actions_.camera_off.trigger()
    page.actions_.mute.trigger()
    assert not session.mute.is_set()
    client.wait(lambda: page.deck.stage.own.image_size == (64, 64))


def test_chat_opens_by_itself_and_lines_arrive(client: Client, staged: StagedCall) -> None:
    page = client.call()
    assert staged.events is not None
    staged.events.news.on_chat("<b>hello</b>")
    client.wait(lambda: page.chat.texts == ["<b>hello</b>"])
    assert page.chat.isVisible()
    field = page.chat.findChild(QLineEdit)
    assert field is not None
    client.qtbot.keyClicks(field, "good  morning")
    client.qtbot.keyClick(field, Qt.Key.Key_Return)
    client.wait(lambda: staged.said == ["good morning"])
    client.wait(lambda: page.chat.unconfirmed == 0)
    assert page.chat.texts == ["<b>hello</b>", "good morning"]
    for number in range(310):
        staged.events.news.on_chat(str(number))
    client.wait(lambda: page.chat.texts[-1] == "309")
    assert len(page.chat.texts) == 300


def test_not_more_lines_wait_than_the_call_keeps(client: Client, staged: StagedCall) -> None:
    page = client.call("host", until="waiting")
    for number in range(103):
        page._say(str(number))
    assert page.chat.unconfirmed == 100
    assert "Too many lines" in client.window.notice.text


def test_a_real_picture_is_shown_beside_the_avatar(client: Client, staged: StagedCall) -> None:
    page = client.call()
    page.actions_.real.trigger()
    client.wait(lambda: page.deck.still.isVisible() and page.deck.still.image_size == (512, 512))
    assert staged.events is not None
    staged.events.news.on_still(None, "the camera is off")
    client.wait(lambda: "the camera is off" in page.deck.still.caption.text())
    assert page.deck.still.image_size is None
    staged.events.news.on_looked_at()
    client.wait(lambda: "asked for a real picture" in client.window.notice.text)


def test_figures_are_shown_to_whoever_wants_them(client: Client) -> None:
    page = client.call()
    page.actions_.figures.trigger()
    client.wait(lambda: page.deck.figures.value("wire") == "41")
    figures = page.deck.figures
    assert figures.isVisible()
    assert (figures.value("picture"), figures.value("picture", 1)) == ("1.9", "2.1")
    assert (figures.value("loss"), figures.value("render"), figures.value("size")) == (
        "3.0%",
        "12 ms, cpu",
        "256 × 256",
    )
    assert page.deck.top.bars.accessibleName() == "The line is good: some of what is sent gets lost"


def test_a_lost_line_is_told_of_until_it_is_back(client: Client, staged: StagedCall) -> None:
    page = client.call()
    staged.phase = "reconnecting"
    client.wait(lambda: page.deck.banner.isVisible())
    assert "Reconnecting" in page.deck.banner.label.text()
    staged.phase = "connected"
    client.wait(lambda: not page.deck.banner.isVisible())


def test_a_picture_is_kept(client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(snapshots, "snapshot_file", lambda: tmp_path / "kept" / "picture.png")
    page = client.call()
    page.actions_.snapshot.trigger()
    client.wait(lambda: "picture.png" in client.window.notice.text)
    assert (tmp_path / "kept" / "picture.png").read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["picture.png"]
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(snapshots, "snapshot_file", lambda: tmp_path / "file" / "picture.png")
    page.actions_.snapshot.trigger()
    client.wait(lambda: "could not be kept" in client.window.notice.text)


def test_ones_own_picture_can_be_moved_and_stays_in_sight(client: Client) -> None:
    page = client.call()
    own = page.deck.stage.own
    before = own.pos()
    QTest.mousePress(own, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    QTest.mouseMove(own, QPoint(-200, -150))
    QTest.mouseRelease(own, Qt.MouseButton.LeftButton, pos=QPoint(-200, -150))
    own.move_within(before - QPoint(200, 150))
    assert own.pos() == before - QPoint(200, 150)
    QTest.keyClick(own, Qt.Key.Key_Left)
    assert own.pos().x() < before.x() - 200
    own.move_within(QPoint(-500, 9999))
    assert page.deck.stage.rect().contains(own.geometry())


def test_a_double_click_fills_the_screen_and_escape_leaves_it(client: Client) -> None:
    page = client.call()
    QTest.mouseDClick(page.deck.stage, Qt.MouseButton.LeftButton, pos=QPointF(300, 300).toPoint())
    assert client.window.isFullScreen()
    client.wait(lambda: not client.window.menuBar().isVisible())
    page.deck._rest()
    assert not page.deck.controls.isVisible()
    QTest.mouseMove(page.deck.stage, QPoint(200, 200))
    page.deck._wake()
    assert page.deck.controls.isVisible()
    QTest.keyClick(page.deck, Qt.Key.Key_Escape)
    assert not client.window.isFullScreen()
    client.wait(lambda: client.window.menuBar().isVisible())


def test_what_is_missing_in_a_call_is_told_of(client: Client, staged: StagedCall) -> None:
    client.call()
    assert staged.events is not None
    staged.events.on_event("no picture is sent: camera 0 gives no picture")
    client.wait(lambda: "Your camera gives no picture" in client.window.notice.text)
    staged.events.on_event("no microphone and no loudspeaker was found")
    client.wait(lambda: "A headset that you plug in" in client.window.notice.text)
    staged.events.on_event("no sound device: none of that name")
    client.wait(lambda: "none of that name" in client.window.notice.text)
    assert len(client.window.notice.text.splitlines()) == 3, "what is missing at once is told at once"
    assert "Your camera gives no picture" in client.window.notice.text
    staged.events.on_event("connection connected")
    assert "none of that name" in client.window.notice.text


def test_leaving_a_call_is_asked_about(client: Client, staged: StagedCall) -> None:
    client.call()
    client.answer = False
    client.window.close()
    assert client.window.isVisible()
    assert not client.window.show_page("home")
    assert client.questions == ["Hang up?"] * 2
    client.answer = True
    client.window.close()
    assert not client.window.isVisible()
    assert staged.wishes is not None
    assert staged.wishes.leave.is_set()


def test_hanging_up_shows_how_it_was_and_remembers_who(client: Client) -> None:
    page = client.call()
    page.actions_.hang_up.trigger()
    client.wait(lambda: page.views.currentWidget() is page.over)
    assert page.over.detail.text() == "The other person hung up."
    assert "0:20 minutes" in page.over.figures.text()
    assert page.over.again.isHidden()
    people = client.context.people
    assert len(people.all()) == 1
    assert people.picture_file(people.all()[0]).is_file()
    page.over.home.click()
    assert client.window.page_name == "home"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("wrong code: this one is used up, ask for a new one"), "Wrong code: this one is used up"),
        (ValueError("the meeting point ws://x cannot be reached: there is no such name, or no network"), "no network"),
        (ConnectionError("no packet gets through to the other end in 40 s"), "No packet gets through"),
        (RuntimeError("camera: the camera has stopped giving pictures"), "camera has stopped"),
    ],
)
def test_a_call_that_does_not_come_about_says_why(
    client: Client, staged: StagedCall, error: Exception, text: str
) -> None:
    staged.error = error
    page = client.call(until="error")
    client.wait(lambda: page.views.currentWidget() is page.over)
    assert page.over.headline.text() == "The call could not begin"
    assert text in page.over.detail.text()
    assert not cut_off(page.over)
    staged.error = None
    page.over.again.click()
    staged.go_on.set()
    client.wait(lambda: page.deck.stage.image_size is not None)


def test_waiting_can_be_cancelled(client: Client) -> None:
    page = client.call("host", until="waiting")
    client.wait(lambda: page.waiting.code.text() == CODE)
    page.waiting.cancelled.emit()
    client.wait(lambda: page.views.currentWidget() is page.over)
    assert page.over.detail.text() == "You hung up."


def test_what_an_earlier_call_says_late_is_not_taken_for_this_one(client: Client, staged: StagedCall) -> None:
    page = client.call()
    old = page.bridge
    client.window.show_page("home")
    assert page.bridge is None
    staged.go_on.clear()
    page = client.call("host", until="waiting")
    assert old is not None
    old.phase_changed.emit("ended")
    old.ended.emit()
    assert page.views.currentWidget() is page.waiting
    assert page.bridge is not None


def test_every_control_has_a_name_and_can_be_reached_by_keys(client: Client) -> None:
    page = client.call()
    page.actions_.chat.trigger()
    page._ask_for_real()
    for control in page.findChildren(QAbstractButton):
        name = control.accessibleName() or control.text()
        assert name, control
    for button in page.deck.controls.findChildren(QToolButton):
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
        assert button.toolTip()


def test_the_window_drops_what_it_is_too_slow_for(client: Client) -> None:
    page = client.call()
    assert page.bridge is not None
    before = page.bridge.dropped
    threading.Event().wait(0.2)  # nobody runs the event loop meanwhile
    assert page.bridge.dropped > before


def test_colours_are_those_that_were_sent() -> None:
    rgb = np.zeros((4, 4, 3), np.uint8)
    rgb[:] = (200, 100, 50)
    stats = LiveStats(0, 0, 0, 0, 0, 0)
    picture = for_screen(ShownFrame(rgb, 0, "face", 0, 0, "", stats))
    for pixels in (rgb, picture.bgrx):
        image, _ = image_of(pixels)
        assert image.pixelColor(2, 2).getRgb() == (200, 100, 50, 255)
