"""What the windows have around their pictures: brand, badge and sizes above, figures below."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from app.ui import theme


def header_row(badge: QLabel, words: QLabel, size_bar: QWidget) -> QHBoxLayout:
    """The row above the pictures; the words take what room is left."""
    brand = QLabel("Visavis")
    brand.setObjectName("brand")
    row = QHBoxLayout()
    row.setSpacing(12)
    row.addWidget(brand)
    row.addWidget(badge)
    row.addWidget(words, stretch=1)
    row.addWidget(size_bar)
    return row


def figures_card(tiles: Iterable[QWidget]) -> QFrame:
    """The card below the pictures, its tiles side by side."""
    card = QFrame()
    card.setObjectName("card")
    row = QHBoxLayout(card)
    row.setContentsMargins(18, 12, 18, 12)
    row.setSpacing(28)
    for tile in tiles:
        row.addWidget(tile, stretch=1)
    return card


def colour_badge(badge: QLabel, colour: str) -> None:
    """Fill a badge with a colour."""
    badge.setStyleSheet(
        f"color: {theme.BACKGROUND}; background: {colour}; border-radius: 9px; padding: 3px 10px; font-weight: 600;"
    )
