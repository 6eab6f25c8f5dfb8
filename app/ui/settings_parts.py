"""What the parts of the settings page share: a card with a title, a labelled row, and how a choice is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.settings import Settings
from app.ui.context import Context

SPIN_MARGIN_PX = 10

LABEL_PX = 190
"""Width of the labels at the left of a row, so that fields begin at one line."""


class WheelGuard(QObject):
    """Lets the wheel scroll the page, not change a field that it happens to pass over."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  # Qt's name
        """Swallow turns of the wheel over fields that nobody is in; the page gets them."""
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)


class SettingsPart(QFrame):
    """A card of the settings page.

    Args:
        context: the settings, which it changes.
        title: above the card's rows.
    """

    failed = Signal(str)
    """Something could not be kept or looked at, in a line."""

    def __init__(self, context: Context, title: str) -> None:
        super().__init__()
        self.setObjectName("card")
        self.context = context
        self._guard = WheelGuard(self)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(20, 16, 20, 18)
        self.column.setSpacing(10)
        label = QLabel(title)
        label.setObjectName("subhead")
        self.column.addWidget(label)

    def enter(self) -> None:
        """The page is shown: look at what may have changed meanwhile."""

    def leave(self) -> None:
        """The page is left: end what runs."""

    def show_settings(self, settings: Settings) -> None:
        """Show what is chosen."""

    def keep(self, **chosen: Any) -> None:
        """Keep a choice."""
        try:
            self.context.change_settings(replace(self.context.settings, **chosen))
        except OSError as error:
            self.failed.emit(self.tr("The settings cannot be kept: {0}").format(error.strerror or error))

    def add_row(self, text: str, *fields: QWidget) -> None:
        """A label and what belongs to it; the first field takes the room, and gets the label's keys and name."""
        label = QLabel(text)
        label.setBuddy(fields[0])
        label.setFixedWidth(LABEL_PX)
        label.setWordWrap(True)
        if not fields[0].accessibleName():
            fields[0].setAccessibleName(text.replace("&", ""))
        for field in fields:
            if isinstance(field, QComboBox | QAbstractSpinBox):
                field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
                field.installEventFilter(self._guard)
            if isinstance(field, QAbstractSpinBox):  # Qt's style sheets give its text no margin
                field.lineEdit().setTextMargins(SPIN_MARGIN_PX, 0, 0, 0)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(label)
        row.addWidget(fields[0], stretch=1)
        for field in fields[1:]:
            row.addWidget(field)
        self.column.addLayout(row)

    def add_note(self) -> QLabel:
        """A line of small words below a row."""
        note = QLabel("")
        note.setObjectName("detail")
        note.setWordWrap(True)
        self.column.addWidget(note)
        return note


def fill_choices(box: QComboBox, choices: Iterable[tuple[str, object]], chosen: object) -> None:
    """Put choices into a box, and choose one without telling anybody; one that is not there is added as it is."""
    wanted = list(choices)
    if [(box.itemText(row), box.itemData(row)) for row in range(box.count())] == wanted and box.currentData() == chosen:
        return
    with QSignalBlocker(box):
        box.clear()
        for text, value in wanted:
            box.addItem(text, value)
        if box.findData(chosen) < 0:
            box.addItem(str(chosen), chosen)
        box.setCurrentIndex(box.findData(chosen))
