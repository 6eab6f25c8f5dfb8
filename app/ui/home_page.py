"""The page that one begins with: start a call, join one, see oneself, and whom one has talked to."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app import paths
from app.ui.call_request import CallRequest
from app.ui.context import Context
from app.ui.controls import make_card, make_label
from app.ui.join_form import JoinForm
from app.ui.mirror import Mirror
from app.ui.page import Page
from app.ui.people_list import PeopleList

ASIDE_WIDTH_PX = 340

CARD_MARGINS = (28, 24, 28, 26)
"""Of the cards that one comes to the page for, px: wider than those at its side."""


class HomePage(Page):
    """Where every call begins.

    Args:
        context: what all pages share.
        mirror_source: what the mirror shows in place of a camera, for tests and pictures of the page.
    """

    def __init__(self, context: Context, mirror_source: Path | None = None) -> None:
        super().__init__(context)
        self.join_form = JoinForm(context.retirement)
        self.people = PeopleList(context.people)
        self.mirror = Mirror(context, mirror_source)
        self._build()
        self._add_actions()
        self.join_form.joined.connect(lambda code: self._call(CallRequest("join", code)))
        self.start.clicked.connect(lambda: self._call(CallRequest("host")))
        self.demo.clicked.connect(lambda: self._call(CallRequest("demo")))
        self.enrol.clicked.connect(lambda: self.page_wanted.emit("enrol", None))
        self.people.failed.connect(self.tell_fault)
        self.mirror.failed.connect(self.tell_fault)

    @property
    def title(self) -> str:
        """See `Page.title`."""
        return self.tr("Home")

    @property
    def menu_title(self) -> str:
        """See `Page.menu_title`."""
        return self.tr("&Call")

    def _build(self) -> None:
        main = QVBoxLayout()
        main.setSpacing(18)
        main.addWidget(self._talk_card())
        main.addWidget(self._people_card())
        main.addStretch(1)
        aside = QVBoxLayout()
        aside.setSpacing(18)
        aside.addWidget(self.mirror)
        aside.addWidget(self._avatar_card())
        aside.addStretch(1)
        holder = QWidget()
        holder.setFixedWidth(ASIDE_WIDTH_PX)
        holder.setLayout(aside)
        aside.setContentsMargins(0, 0, 0, 0)
        inner = QWidget()
        row = QHBoxLayout(inner)
        row.setContentsMargins(28, 26, 28, 26)
        row.setSpacing(22)
        row.addLayout(main, stretch=1)
        row.addWidget(holder)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)

    def _talk_card(self) -> QFrame:
        card, column = make_card(CARD_MARGINS)
        column.addWidget(make_label(self.tr("Talk face to face"), "headline"))
        column.addWidget(
            make_label(
                self.tr("Start a call and pass its code on, or join with the code that you were given."), "detail"
            )
        )
        self.start = QPushButton(self.tr("&Start a call"))
        self.start.setObjectName("primary")
        self.start.setMinimumHeight(48)
        self.start.setToolTip(self.tr("Get a code for the other person (Ctrl+N)"))
        column.addSpacing(6)
        column.addWidget(self.start)
        column.addSpacing(2)
        column.addWidget(make_label(self.tr("Or join with a code"), "title"))
        column.addWidget(self.join_form)
        return card

    def _people_card(self) -> QFrame:
        card, column = make_card(CARD_MARGINS)
        column.addWidget(make_label(self.tr("People"), "subhead"))
        column.addWidget(self.people)
        return card

    def _avatar_card(self) -> QFrame:
        card, column = make_card((20, 16, 20, 18))
        column.addWidget(make_label(self.tr("My avatar"), "subhead"))
        self.avatar_state = make_label("", "detail")
        self.enrol = QPushButton("")
        self.demo = QPushButton(self.tr("Watch a &demo call"))
        self.demo.setToolTip(self.tr("A sample portrait talks to you; no camera, microphone or network is needed"))
        column.addWidget(self.avatar_state)
        column.addSpacing(4)
        column.addWidget(self.enrol)
        column.addWidget(self.demo)
        return card

    def _add_actions(self) -> None:
        for text, keys, act in (
            (self.tr("&Start a call"), QKeySequence(QKeySequence.StandardKey.New), self.start.click),
            (self.tr("&Join a call"), QKeySequence("Ctrl+J"), self.join_form.field.setFocus),
            (self.tr("&Demo call"), QKeySequence("Ctrl+D"), self.demo.click),
        ):
            action = QAction(text, self)
            action.setShortcut(keys)
            action.triggered.connect(lambda checked=False, act=act: act())
            self.addAction(action)

    def entered(self, request: object = None) -> None:
        """Show how things are now."""
        self.people.refresh()
        self.mirror.enter()
        self._show_avatar()
        self.start.setFocus()
        if self.context.people.damage:
            self.tell_fault(self.context.people.damage)
            self.context.people.damage = ""

    def left(self) -> None:
        """Let the devices go; calls need them at once."""
        self.mirror.leave()

    def _show_avatar(self) -> None:
        name = self.context.settings.identity
        has_one = bool(name) and paths.kept_identity(name).is_file()
        self.avatar_state.setText(
            self.tr("Ready: {0}. Calls send a few bytes of expression in place of a video.").format(name)
            if has_one
            else self.tr("You have none yet. Until you make one, calls send real video, which a bad line cannot carry.")
        )
        self.enrol.setText(self.tr("&Manage it") if has_one else self.tr("&Make my avatar"))

    def _call(self, request: CallRequest) -> None:
        self.page_wanted.emit("call", request)
