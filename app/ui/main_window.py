"""The client's window: a header with the way to the pages, the page itself, menus, and the look of it all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import metadata

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QMenu,
    QMessageBox,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.preparation import is_prepared
from app.settings import THEMES, Settings
from app.ui import theme
from app.ui.application import make_application, run_until_closed
from app.ui.context import Context
from app.ui.notice import Notice
from app.ui.page import Page
from app.ui.pages import ENTRIES, PageEntry, label_of
from app.ui.preparation import Preparation
from app.ui.window_place import keep_place, restore_place

USUAL_SIZE = (1120, 760)
LEAST_SIZE = (720, 560)
"""Below it the call's controls would lie on each other."""

AHEAD_MS = 700
"""When the window has been seen and nobody has clicked yet."""


class MainWindow(QMainWindow):
    """Shows one page at a time.

    Args:
        context: what all pages share.
        entries: the pages there are; the first one is shown first.
    """

    def __init__(self, context: Context, entries: Sequence[PageEntry] = ENTRIES) -> None:
        super().__init__()
        self.context = context
        self._entries = {entry.name: entry for entry in entries}
        self._pages: dict[str, Page] = {}
        self._current = ""
        self._buttons: dict[str, QPushButton] = {}
        self._must_close = False
        self.notice = Notice()
        self._build()
        self._build_menus()
        self.setMinimumSize(*LEAST_SIZE)
        if not restore_place(self):
            self.resize(*USUAL_SIZE)
        context.settings_changed.connect(self._settings_changed)
        QApplication.styleHints().colorSchemeChanged.connect(self._colour_scheme_changed)
        self.show_page(next(iter(self._entries)))
        if context.damage:
            self.notice.show_text(context.damage, True)

    # what is there

    @property
    def page(self) -> Page:
        """The page that is shown."""
        return self._pages[self._current]

    @property
    def page_name(self) -> str:
        """Its name."""
        return self._current

    def _build(self) -> None:
        self._stack = QStackedWidget()
        self._header = self._make_header()
        ground = QWidget()
        ground.setObjectName("page")
        column = QVBoxLayout(ground)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._header)
        place = QHBoxLayout()
        place.setContentsMargins(20, 0, 20, 0)
        place.addWidget(self.notice)
        column.addLayout(place)
        column.addWidget(self._stack, stretch=1)
        self.setCentralWidget(ground)

    def _make_header(self) -> QWidget:
        header = QWidget()
        header.setObjectName("header")
        header.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        brand = QLabel("Visavis")
        brand.setObjectName("brand")
        row = QHBoxLayout(header)
        row.setContentsMargins(24, 10, 20, 10)
        row.setSpacing(4)
        row.addWidget(brand)
        row.addStretch(1)
        group = QButtonGroup(self)
        for entry in self._entries.values():
            if not entry.label:
                continue
            button = QPushButton(label_of(entry))
            button.setObjectName("nav")
            button.setCheckable(True)
            button.clicked.connect(lambda checked=False, name=entry.name: self._navigate(name))
            keys = _keys(entry).toString(QKeySequence.SequenceFormat.NativeText)
            button.setToolTip(f"{button.text()} ({keys})" if keys else button.text())
            group.addButton(button)
            row.addWidget(button)
            self._buttons[entry.name] = button
        return header

    # menus

    def _build_menus(self) -> None:
        bar = self.menuBar()
        self._file_menu = bar.addMenu(self.tr("&File"))
        quit_action = self._add(self._file_menu, self.tr("&Quit"), self.close, QKeySequence.StandardKey.Quit)
        quit_action.setMenuRole(QAction.MenuRole.QuitRole)
        if quit_action.shortcut().isEmpty():  # Windows has none of its own
            quit_action.setShortcut(QKeySequence("Ctrl+Q"))
        self._page_menu = bar.addMenu("")
        view = bar.addMenu(self.tr("&View"))
        for entry in self._entries.values():
            if entry.label:
                action = self._add(view, label_of(entry), self._navigation(entry.name), _keys(entry))
                if entry.shortcut == "preferences":
                    action.setMenuRole(QAction.MenuRole.PreferencesRole)
        view.addSeparator()
        full = self._add(view, self.tr("&Full screen"), self.toggle_full_screen, QKeySequence.StandardKey.FullScreen)
        if full.shortcut().isEmpty():
            full.setShortcut(QKeySequence("F11"))
        self._add_themes(view.addMenu(self.tr("&Appearance")))
        about = self._add(bar.addMenu(self.tr("&Help")), self.tr("&About Visavis"), self._show_about, None)
        about.setMenuRole(QAction.MenuRole.AboutRole)

    def _add(
        self,
        menu: QMenu,
        text: str,
        act: Callable[[], object],
        keys: QKeySequence | QKeySequence.StandardKey | None,
    ) -> QAction:
        action = QAction(text, self)
        action.triggered.connect(lambda checked=False: act())
        if keys is not None:
            action.setShortcut(QKeySequence(keys))
        menu.addAction(action)
        self.addAction(action)  # its keys work while the menu is hidden
        return action

    def _navigation(self, name: str) -> Callable[[], object]:
        return lambda: self._navigate(name)

    def _add_themes(self, menu: QMenu) -> None:
        words = {"system": self.tr("As the &system"), "light": self.tr("&Light"), "dark": self.tr("&Dark")}
        group = QActionGroup(self)
        self._themes: dict[str, QAction] = {}
        for chosen in THEMES:
            action = self._add(menu, words[chosen], self._theme_choice(chosen), None)
            action.setCheckable(True)
            group.addAction(action)
            self._themes[chosen] = action
        self._themes[self.context.settings.theme].setChecked(True)

    def _theme_choice(self, chosen: str) -> Callable[[], None]:
        return lambda: self._change(replace(self.context.settings, theme=chosen))

    def _change(self, settings: Settings) -> None:
        try:
            self.context.change_settings(settings)
        except OSError as error:
            self.notice.show_text(self.tr("The settings cannot be kept: {0}").format(error.strerror or error), True)

    def _show_about(self) -> None:
        version = metadata.version("visavis")
        text = self.tr("A video call for links that cannot carry video.\nVersion {0}, under the Apache licence 2.0.")
        QMessageBox.about(self, "Visavis", text.format(version))

    def _show_page_actions(self) -> None:
        self._page_menu.clear()
        self._page_menu.addActions(self.page.actions())
        self._page_menu.setTitle(self.page.menu_title)
        self._page_menu.menuAction().setVisible(bool(self.page.actions()))

    # pages

    def _navigate(self, name: str) -> None:
        self.show_page(name)
        self._mark_button()

    def _mark_button(self) -> None:
        for name, button in self._buttons.items():
            button.setChecked(name == self._current)

    def show_page(self, name: str, request: object = None) -> bool:
        """Show another page; False when the one that is shown may not be left.

        Args:
            name: which.
            request: what is wanted of it.
        """
        if name == self._current and request is None:
            return True
        if name not in self._entries:
            return False
        if self._current:
            if not self.page.may_leave():
                return False
            self.page.left()
        self.notice.dismiss()
        page = self._made(name)
        self._current = name
        self._stack.setCurrentWidget(page)
        self._header.setVisible(page.shows_navigation)
        self._mark_button()
        self._show_page_actions()
        self.setWindowTitle(f"{page.title} – Visavis")
        page.entered(request)
        return True

    def make_ahead(self) -> None:
        """Make the call's page while nobody waits for it."""
        if "call" in self._entries:
            self._made("call")

    def _made(self, name: str) -> Page:
        page = self._pages.get(name)
        if page is None:
            page = self._entries[name].make(self.context)
            page.page_wanted.connect(self.show_page)
            page.noticed.connect(self.notice.show_text)
            self._pages[name] = page
            self._stack.addWidget(page)
        return page

    # the look

    def toggle_full_screen(self) -> None:
        """Fill the screen, or leave it."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _settings_changed(self, settings: Settings) -> None:
        self._themes[settings.theme].setChecked(True)
        self._apply_theme()

    def _colour_scheme_changed(self, scheme: Qt.ColorScheme) -> None:
        self._apply_theme()

    def _apply_theme(self) -> None:
        application = QApplication.instance()
        chosen = theme.choose(self.context.settings.theme, QApplication.styleHints().colorScheme())
        if isinstance(application, QApplication) and chosen != theme.colours():
            theme.apply(application, chosen)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802  # Qt's name
        """Nothing but the page is on a full screen; keys go on to work."""
        if event.type() == QEvent.Type.WindowStateChange:
            self.menuBar().setVisible(not self.isFullScreen())
        super().changeEvent(event)

    # the end

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802  # Qt's name
        """Close unless the page is in the middle of something; the window vanishes first, for ending may take time."""
        if not self._must_close and not self.page.may_leave():
            event.ignore()
            return
        keep_place(self)
        self.hide()
        self.page.left()
        self.notice.dismiss()
        self.context.retirement.wait()
        event.accept()

    def close_now(self) -> None:
        """Close without asking anybody."""
        self._must_close = True
        self.close()


def _keys(entry: PageEntry) -> QKeySequence:
    if entry.shortcut == "preferences":
        standard = QKeySequence(QKeySequence.StandardKey.Preferences)
        return standard if not standard.isEmpty() else QKeySequence("Ctrl+,")
    return QKeySequence(entry.shortcut)


def run_client() -> None:
    """Open the window, and return when it is closed.

    Raises:
        ValueError: there is no display.
    """
    make_application()
    window = MainWindow(Context())
    preparation = Preparation(window.statusBar())
    if not is_prepared():
        preparation.start()
    QTimer.singleShot(AHEAD_MS, window, window.make_ahead)
    run_window(window)
    preparation.stop()


def run_window(window: MainWindow) -> None:
    """Show a window, and return when it is closed; Ctrl-C closes it too."""
    window.show()
    run_until_closed(window.close_now)
