"""The page that one begins with: start a call, join one, see oneself."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout

from app.ui.context import Context
from app.ui.page import Page


class HomePage(Page):
    """Where every call begins."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        headline = QLabel(self.tr("Talk face to face"))
        headline.setObjectName("headline")
        headline.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.addWidget(headline)

    @property
    def title(self) -> str:
        """See `Page.title`."""
        return self.tr("Home")
