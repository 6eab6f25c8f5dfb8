"""The avatars that are kept here: make one, go on with one, choose which one is mine, rename, export, delete."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QDateTime, QLocale, Qt, Signal
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QWidget

from app.enrolment.workshop import Unfinished
from app.identities import KeptIdentity
from app.ui.controls import fill_scrolling, make_button, make_card, make_label, make_row
from app.ui.enrol_words import size_words

KEY = Qt.ItemDataRole.UserRole
ROW_PX, ROWS = 38, 6
"""Height of a line of the list, and most that are seen without scrolling."""


class OverviewView(QWidget):
    """What there is, and what can be done with it."""

    record = Signal()
    from_file = Signal()
    go_on = Signal()
    thrown_away = Signal()
    chosen = Signal(str)
    renamed = Signal(str)
    exported = Signal(str)
    deleted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        column = fill_scrolling(self)
        self.headline = make_label("", "headline")
        self.explanation = make_label("", "detail")
        column.addWidget(self.headline)
        column.addWidget(self.explanation)
        self.unfinished, self._unfinished_words = self._make_unfinished()
        column.addWidget(self.unfinished)
        self.make = make_button("", self.record.emit, "primary")
        self.make_from_file = make_button(self.tr("From a &video file …"), self.from_file.emit)
        column.addLayout(make_row(self.make, self.make_from_file, None))
        self.kept = self._make_kept()
        column.addWidget(self.kept)
        column.addStretch(1)

    def _make_unfinished(self) -> tuple[QWidget, QLabel]:
        card, inside = make_card()
        words = make_label("")
        inside.addWidget(make_label(self.tr("An avatar is not finished"), "subhead"))
        inside.addWidget(words)
        self.continue_training = make_button(self.tr("&Go on"), self.go_on.emit, "primary")
        self.discard = make_button(self.tr("Delete the recording"), self.thrown_away.emit)
        inside.addLayout(make_row(self.continue_training, self.discard, None))
        return card, words

    def _make_kept(self) -> QWidget:
        card, inside = make_card()
        inside.addWidget(make_label(self.tr("Avatars on this computer"), "subhead"))
        self.list = QListWidget()
        self.list.setObjectName("kept")
        self.list.setAccessibleName(self.tr("Avatars on this computer"))
        self.list.currentItemChanged.connect(lambda *_: self._look())
        self.list.itemActivated.connect(lambda *_: self._emit(self.chosen.emit))
        inside.addWidget(self.list)
        self.use = make_button(self.tr("This is &me"), lambda: self._emit(self.chosen.emit))
        self.rename = make_button(self.tr("&Rename …"), lambda: self._emit(self.renamed.emit))
        self.export = make_button(self.tr("&Export …"), lambda: self._emit(self.exported.emit))
        self.delete = make_button(self.tr("&Delete …"), lambda: self._emit(self.deleted.emit))
        inside.addLayout(make_row(self.use, self.rename, self.export, None, self.delete))
        return card

    @property
    def selected(self) -> str:
        """Key of the avatar that is selected, empty without one."""
        item = self.list.currentItem()
        return "" if item is None else str(item.data(KEY))

    def _emit(self, tell: Callable[[str], None]) -> None:
        if self.selected:
            tell(self.selected)

    def _look(self) -> None:
        for button in (self.use, self.rename, self.export, self.delete):
            button.setEnabled(bool(self.selected))

    def show_state(self, kept: list[KeptIdentity], mine: str, unfinished: Unfinished | None) -> None:
        """Show what there is.

        Args:
            kept: all avatars.
            mine: key of the one that shows this machine's owner.
            unfinished: a training that is not done.
        """
        has_own = any(one.key == mine for one in kept)
        self.headline.setText(self.tr("Your avatar") if has_own else self.tr("You have no avatar yet"))
        self.explanation.setText(
            self.tr(
                "In a call, an avatar needs a small part of the data that video takes: people see you even where no "
                "video gets through."
            )
        )
        self.make.setText(self.tr("Make a &new avatar") if has_own else self.tr("&Make your avatar (10 minutes)"))
        self.make.setAccessibleName(self.make.text().replace("&", ""))
        self.unfinished.setVisible(unfinished is not None)
        if unfinished is not None:
            self._unfinished_words.setText(
                self.tr("“{0}” was recorded, but the computer has not finished learning.").format(unfinished.name)
            )
        self._fill(kept, mine)

    def _fill(self, kept: list[KeptIdentity], mine: str) -> None:
        selected = self.selected or mine
        self.list.clear()
        for one in kept:
            item = QListWidgetItem(self._line(one, one.key == mine))
            item.setData(KEY, one.key)
            self.list.addItem(item)
            if one.key == selected:
                self.list.setCurrentItem(item)
        self.list.setFixedHeight(min(max(len(kept), 2), ROWS) * ROW_PX + 14)
        self.kept.setVisible(bool(kept))
        self._look()

    def _line(self, one: KeptIdentity, is_mine: bool) -> str:
        if one.error:
            return self.tr("{0} – damaged").format(one.key)
        created = QDateTime.fromSecsSinceEpoch(one.created_s).date()
        date = QLocale().toString(created, QLocale.FormatType.ShortFormat)
        line = f"{one.key} – {size_words(one.size)}, {date}"
        return self.tr("✓ {0} – this is me").format(line) if is_mine else line
