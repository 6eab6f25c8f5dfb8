"""The lines above a page that tell what happened."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy

SHOWN_MS = 8000
"""A line is read in half of that; faults stay until somebody closes them."""

LINES_MOST = 3
"""What a call finds missing at once: camera, sound, network."""


class Notice(QFrame):
    """Shows what comes together, the newest last, until it was there long enough."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("notice")
        self._lines: list[str] = []
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        close = QPushButton("✕")
        close.setObjectName("quiet")
        close.setAccessibleName(self.tr("Close this message"))
        close.setToolTip(self.tr("Close this message"))
        close.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 6, 6)
        row.addWidget(self._text, stretch=1)
        row.addWidget(close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self.hide()

    @property
    def text(self) -> str:
        """What it says, "" while it is hidden."""
        return "" if self.isHidden() else self._text.text()

    def show_text(self, text: str, is_fault: bool) -> None:
        """Show a line, below those that are still there; a fault keeps them all until somebody closes them."""
        if self.isHidden():
            self._lines = []
            self.setProperty("fault", False)
        self._lines = [*(line for line in self._lines if line != text), text][-LINES_MOST:]
        self._text.setText("\n".join(self._lines))
        self.setAccessibleName(text)
        is_fault = is_fault or bool(self.property("fault"))
        self.setProperty("fault", is_fault)
        self.style().unpolish(self)
        self.style().polish(self)
        self.show()
        if is_fault:
            self._timer.stop()
        else:
            self._timer.start(SHOWN_MS)

    def dismiss(self) -> None:
        """Show nothing."""
        self._timer.stop()
        self.hide()
