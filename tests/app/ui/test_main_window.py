"""The client's window on a real X server: pages, menus, look, place."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app import paths
from app.settings import load_settings
from app.ui import theme
from app.ui.context import Context
from app.ui.main_window import MainWindow
from app.ui.page import Page
from app.ui.pages import ENTRIES, PageEntry


class StagedPage(Page):
    """Notes what happens to it."""

    def __init__(self, context: Context, name: str) -> None:
        super().__init__(context)
        self.name = name
        self.log: list[object] = []
        self.is_busy = False

    @property
    def title(self) -> str:
        return self.name.title()

    def entered(self, request: object = None) -> None:
        self.log.append(request)

    def left(self) -> None:
        self.log.append("left")

    def may_leave(self) -> bool:
        return not self.is_busy


def staged(name: str, label: str = "", shortcut: str = "") -> PageEntry:
    return PageEntry(name, label, shortcut, lambda context: StagedPage(context, name))


Open = Callable[..., MainWindow]


@pytest.fixture
def open_window(qtbot: QtBot) -> Iterator[Open]:
    """Opens a window with three staged pages, or with others."""

    def open_one(entries: tuple[PageEntry, ...] | None = None) -> MainWindow:
        usual = (staged("home", "Home", "Ctrl+1"), staged("enrol", "My avatar", "Ctrl+2"), staged("call"))
        window = MainWindow(Context(), entries or usual)
        qtbot.addWidget(window)
        window.show()
        return window

    yield open_one
    theme.apply(QApplication.instance(), theme.LIGHT)  # type: ignore[arg-type]


def page_of(window: MainWindow) -> StagedPage:
    assert isinstance(window.page, StagedPage)
    return window.page


def test_pages_are_made_when_they_are_first_shown_and_told_when_they_come_and_go(open_window: Open) -> None:
    window = open_window()
    home = page_of(window)
    assert window.windowTitle() == "Home – Visavis"
    home.page_wanted.emit("call", 7)
    assert page_of(window).log == [7]
    window.show_page("home")
    assert page_of(window) is home
    assert home.log == [None, "left", None]


def test_a_busy_page_is_not_left(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    page_of(window).is_busy = True
    assert not window.show_page("call")
    window.close()
    assert window.isVisible()
    page_of(window).is_busy = False
    window.close()
    assert not window.isVisible()
    assert page_of(window).log == [None, "left"]


def test_the_header_and_its_keys_lead_to_pages(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    buttons = {button.text(): button for button in window._buttons.values()}
    assert list(buttons) == ["Home", "My avatar"]
    assert buttons["Home"].isChecked()
    qtbot.mouseClick(buttons["My avatar"], Qt.MouseButton.LeftButton)
    assert window.page_name == "enrol"
    window.activateWindow()  # there is no window manager that would
    qtbot.waitUntil(lambda: QApplication.focusWindow() is not None)
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert window.page_name == "home"
    assert buttons["Home"].isChecked()


def test_a_page_tells_of_what_happened_until_another_is_shown(open_window: Open) -> None:
    window = open_window()
    page_of(window).tell_fault("the camera is gone")
    page_of(window).tell("and the sound")
    page_of(window).tell("and the sound")
    assert window.notice.text == "the camera is gone\nand the sound"
    for number in range(3):
        page_of(window).tell(f"news {number}")
    assert window.notice.text == "news 0\nnews 1\nnews 2"
    window.show_page("call")
    assert window.notice.text == ""


def test_the_look_is_chosen_in_the_menu_and_kept(open_window: Open) -> None:
    window = open_window()
    window._themes["dark"].trigger()
    assert theme.colours() is theme.DARK
    assert load_settings().theme == "dark"
    window._themes["light"].trigger()
    assert theme.colours() is theme.LIGHT
    window.context.change_settings(replace(window.context.settings, theme="dark"))
    assert window._themes["dark"].isChecked()


def test_the_window_comes_back_with_its_size(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    window.resize(900, 640)
    qtbot.waitUntil(lambda: window.width() == 900)
    window.close()
    assert paths.window_file().is_file()
    assert open_window().size().width() == 900


@pytest.mark.parametrize("content", ["", "{}", '{"schema_version": 1, "geometry": "junk!"}', "[" * 5000])
def test_a_damaged_place_is_no_place(open_window: Open, content: str) -> None:
    paths.window_file().parent.mkdir(parents=True)
    paths.window_file().write_text(content)
    assert open_window().isVisible()


def test_damaged_settings_are_told_of_and_left_alone(open_window: Open) -> None:
    paths.settings_file().parent.mkdir(parents=True)
    paths.settings_file().write_text("{")
    window = open_window()
    assert "damaged settings" in window.notice.text
    window._themes["dark"].trigger()
    assert paths.settings_file().read_text() == "{"


def test_every_control_of_the_window_has_a_name(open_window: Open) -> None:
    window = open_window()
    for button in window.findChildren(QWidget):
        if button.focusPolicy() & Qt.FocusPolicy.TabFocus:
            assert button.accessibleName() or getattr(button, "text", str)()


def test_contrast_of_both_themes() -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(one: str, other: str) -> float:
        bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
        return (bright + 0.05) / (dark + 0.05)

    for colours in (theme.DARK, theme.LIGHT):
        for ground in (colours.background, colours.card):
            for ink in (colours.text, colours.muted, colours.fault, colours.face, colours.video):
                assert contrast(ink, ground) >= 4.5, (ink, ground)
        assert contrast(colours.on_accent, colours.accent) >= 4.5
        assert contrast(colours.on_fault, colours.fault) >= 4.5


def test_the_first_window_needs_neither_torch_nor_mediapipe_nor_aiortc(screen: str, tmp_path: Path) -> None:
    program = (
        "import sys; from app.ui.application import make_application; from app.ui.context import Context\n"
        "from app.ui.main_window import MainWindow\n"
        "application = make_application(); window = MainWindow(Context()); window.show(); application.processEvents()\n"
        "heavy = {'torch', 'mediapipe', 'aiortc', 'numba', 'twisted', 'cv2', 'av'} & set(sys.modules)\n"
        "window.close(); print(sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def test_pages_load_what_is_heavy_in_threads(screen: str, tmp_path: Path) -> None:
    program = (
        "import sys; from app.ui.application import make_application; from app.ui.context import Context\n"
        "from app.ui.main_window import MainWindow\n"
        "application = make_application(); window = MainWindow(Context()); window.show(); application.processEvents()\n"
        "window.show_page('settings'); window.show_page('enrol')\n"
        "heavy = {'torch', 'mediapipe', 'aiortc', 'numba', 'twisted', 'cv2', 'av'} & set(sys.modules)\n"
        "window.close(); print(sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def test_the_first_page_is_home() -> None:
    assert ENTRIES[0].name == "home"
