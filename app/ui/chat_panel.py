"""The chat beside the picture. What comes from the other end is shown as plain text."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.icons import make_icon

WIDTH_PX = 300

BUBBLE_PADDING_PX = 13
"""Of the style sheet, and what rounding takes."""

SHOWN_MAX = 300
"""Lines that are kept in view; older ones go."""

LETTERS_MAX = 600
"""Letters of a line: below 2000 bytes in any script, which is what a message takes."""


class ChatPanel(QFrame):
    """Lines of both people, and where one writes."""

    said = Signal(str)
    """The person wrote this line."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("chat")
        self.setFixedWidth(WIDTH_PX)
        self._lines: deque[QWidget] = deque()
        self._unconfirmed: deque[tuple[int, QLabel]] = deque()
        self._said = 0
        self._field = QLineEdit()
        self._field.setMaxLength(LETTERS_MAX)
        self._field.setPlaceholderText(self.tr("Write something"))
        self._field.setAccessibleName(self.tr("Chat line"))
        self._field.returnPressed.connect(self._say)
        send = QPushButton()
        send.setIcon(make_icon("send", theme.colours().accent))
        send.setAccessibleName(self.tr("Send"))
        send.setToolTip(self.tr("Send (Return)"))
        send.clicked.connect(self._say)
        self._column = QVBoxLayout()
        self._column.setSpacing(6)
        self._column.addStretch(1)
        inner = QWidget()
        inner.setLayout(self._column)
        self._area = QScrollArea()
        self._area.setWidget(inner)
        self._area.setWidgetResizable(True)
        self._area.setAccessibleName(self.tr("Chat"))
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        row = QHBoxLayout()
        row.addWidget(self._field, stretch=1)
        row.addWidget(send)
        title = QLabel(self.tr("Chat"))
        title.setObjectName("subhead")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 14, 14, 14)
        layout.addWidget(title)
        layout.addWidget(self._area, stretch=1)
        layout.addLayout(row)

    @property
    def texts(self) -> list[str]:
        """The lines in view, oldest first."""
        return [label.text() for line in self._lines for label in line.findChildren(QLabel)]

    @property
    def unconfirmed(self) -> int:
        """Lines of one's own that the other end has not shown yet."""
        return len(self._unconfirmed)

    def _say(self) -> None:
        text = " ".join(self._field.text().split())
        if text:
            self._field.clear()
            self.said.emit(text)

    def add_own(self, text: str) -> None:
        """Show a line of one's own; pale until it has arrived."""
        self._said += 1
        label = self._add(text, is_own=True)
        label.setProperty("pending", True)
        label.setToolTip(self.tr("On its way"))
        self._unconfirmed.append((self._said, label))

    def add_theirs(self, text: str) -> None:
        """Show a line of the other person."""
        self._add(text, is_own=False)

    def confirm(self, number: int) -> None:
        """Show that a line of one's own has arrived."""
        while self._unconfirmed and self._unconfirmed[0][0] <= number:
            _, label = self._unconfirmed.popleft()
            label.setProperty("pending", False)
            label.setToolTip("")
            label.style().unpolish(label)
            label.style().polish(label)

    def _add(self, text: str, is_own: bool) -> QLabel:
        label = QLabel(text)
        label.setObjectName("own" if is_own else "theirs")
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setWordWrap(True)
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(label)
        row.insertStretch(0 if is_own else 1)
        self._column.addWidget(line)
        label.ensurePolished()  # letters have their size from the style sheet
        natural = label.fontMetrics().horizontalAdvance(text) + 2 * BUBBLE_PADDING_PX
        label.setFixedWidth(min(natural, WIDTH_PX - 70))
        self._lines.append(line)
        if len(self._lines) > SHOWN_MAX:
            oldest = self._lines.popleft()
            self._column.removeWidget(oldest)
            self._unconfirmed = deque(pair for pair in self._unconfirmed if pair[1].parentWidget() is not oldest)
            oldest.deleteLater()
        QTimer.singleShot(0, self, self._scroll_down)
        return label

    def _scroll_down(self) -> None:
        bar = self._area.verticalScrollBar()
        bar.setValue(bar.maximum())

    def focus_field(self) -> None:
        """Let the person write."""
        self._field.setFocus()

    def clear(self) -> None:
        """Begin anew."""
        while self._lines:
            line = self._lines.popleft()
            self._column.removeWidget(line)
            line.deleteLater()
        self._unconfirmed.clear()
        self._said = 0
        self._field.clear()
