"""What the windows have around their pictures: brand, badge and sizes above, figures below."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget


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


def make_badge(text: str) -> QLabel:
    """A word on a coloured ground; see `tint_badge`."""
    badge = QLabel(text)
    badge.setObjectName("badge")
    return badge


def tint_badge(badge: QLabel, tone: str) -> None:
    """Give a badge the tone `face`, `h265`, `fault`, or any other for a quiet one."""
    if badge.property("tone") != tone:
        badge.setProperty("tone", tone)
        badge.style().unpolish(badge)
        badge.style().polish(badge)
