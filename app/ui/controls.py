"""Controls as the client's pages make them: labels and buttons with their look and their name for screen readers."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

PAGE_MARGIN, PAGE_SPACING = 28, 16
"""Around a page's content, and between its parts, px."""

COLUMN_PX = 760
"""Widest column of text and forms; longer lines are hard to read."""


def make_label(text: str, look: str = "", wraps: bool = True) -> QLabel:
    """A label; `look` is the name of one in the theme's style sheet."""
    label = QLabel(text)
    label.setWordWrap(wraps)
    label.setTextFormat(Qt.TextFormat.PlainText)
    if look:
        label.setObjectName(look)
    return label


def make_button(text: str, act: Callable[[], object], look: str = "") -> QPushButton:
    """A button that does something; its text is its name."""
    button = QPushButton(text)
    button.setAccessibleName(text.replace("&", ""))
    if look:
        button.setObjectName(look)
    button.setAutoDefault(True)
    button.clicked.connect(lambda checked=False: act())
    return button


def make_card(margins: tuple[int, int, int, int] = (20, 18, 20, 18), spacing: int = 10) -> tuple[QFrame, QVBoxLayout]:
    """A card and its column; margins left, above, right and below, and between its parts, px."""
    card = QFrame()
    card.setObjectName("card")
    column = QVBoxLayout(card)
    column.setContentsMargins(*margins)
    column.setSpacing(spacing)
    return card, column


def make_row(*parts: QWidget | None) -> QHBoxLayout:
    """Things side by side; None takes what room is left."""
    row = QHBoxLayout()
    row.setSpacing(10)
    for part in parts:
        if part is None:
            row.addStretch(1)
        else:
            row.addWidget(part)
    return row


def fill_scrolling(page: QWidget) -> QVBoxLayout:
    """Give a page a column of readable width that scrolls where the window is small; returns the column."""
    inner = QWidget()
    column = QVBoxLayout()
    column.setContentsMargins(0, PAGE_MARGIN, 0, PAGE_MARGIN)
    column.setSpacing(PAGE_SPACING)
    held = QWidget()
    held.setLayout(column)
    held.setMaximumWidth(COLUMN_PX)
    row = QHBoxLayout(inner)
    row.setContentsMargins(PAGE_MARGIN, 0, PAGE_MARGIN, 0)
    row.addStretch(1)
    row.addWidget(held, stretch=100)
    row.addStretch(1)
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setWidget(inner)
    outer = QVBoxLayout(page)
    outer.setContentsMargins(0, 0, 0, 0)
    outer.addWidget(scroll)
    return column


def announce(widget: QWidget, text: str) -> None:
    """Let a screen reader say something at once."""
    QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, text))
