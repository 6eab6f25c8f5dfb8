"""What floats above the picture in a call: the line on top, the banner, the real picture, the controls."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QAction, QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.call.quality import Quality
from app.ui.frame import make_badge, tint_badge
from app.ui.stage_view import image_of
from app.ui.words import quality_text

STYLE = """
QFrame#float { background: rgba(16, 18, 22, 215); border: 1px solid rgba(255, 255, 255, 28); border-radius: 14px; }
QFrame#float QLabel { color: #eceef1; background: transparent; }
QFrame#float QLabel#name, QFrame#float QLabel#quiet { color: #a3abb8; }
QFrame#float QLabel#figure { font-size: 11pt; font-weight: 600; }
QFrame#float QLabel#badge { color: #101216; background: #a3abb8; border-radius: 10px; padding: 3px 11px; }
QFrame#float QLabel#badge[tone="face"] { background: #4cc38a; }
QFrame#float QLabel#badge[tone="h265"] { background: #f0a83a; }
QFrame#banner { background: #f0a83a; border-radius: 12px; }
QFrame#banner QLabel { color: #101216; font-weight: 600; background: transparent; }
QToolButton#control { color: #eceef1; background: transparent; border: 2px solid transparent; border-radius: 12px;
    padding: 7px 6px 5px 6px; min-width: 66px; }
QToolButton#control:hover { background: rgba(255, 255, 255, 26); color: #ffffff; }
QToolButton#control:focus { border-color: #6ea8ff; }
QToolButton#control:checked { background: rgba(255, 255, 255, 40); color: #ffffff; border-color: transparent; }
QToolButton#control[alert="true"] { color: #ffb3b3; }
QToolButton#control::menu-indicator { image: none; }
QToolButton#hangup { color: #ffffff; background: #d23b3b; border: 2px solid #d23b3b; border-radius: 12px;
    padding: 7px 10px 5px 10px; min-width: 72px; font-weight: 600; }
QToolButton#hangup:hover { background: #e04b4b; }
QToolButton#hangup:focus { border-color: #ffffff; }
QFrame#float QPushButton#quiet { color: #eceef1; background: transparent; border: none; padding: 4px 8px; }
QFrame#float QPushButton#quiet:focus { border: 2px solid #6ea8ff; border-radius: 8px; }
"""
"""Above faces it is dark in every theme; white on this ground has a contrast of 15, red with white 4.6."""

STILL_SIDE_PX = 260


class QualityBars(QWidget):
    """Four bars, as many of them full as the line is good."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(28, 20)
        self.quality: Quality | None = None

    def show_quality(self, quality: Quality) -> None:
        """Show it, and say it to whoever hovers or listens."""
        self.quality = quality
        text = quality_text(quality)
        self.setToolTip(text)
        self.setAccessibleName(text)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  # Qt's name
        """Paint them."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        bars = 0 if self.quality is None else self.quality.bars
        full = QColor("#ff7a7a" if bars <= 1 else "#f0a83a" if bars == 2 else "#4cc38a")
        for index in range(4):
            painter.setBrush(full if index < bars else QColor(255, 255, 255, 60))
            height = 6 + 4 * index
            painter.drawRoundedRect(QRectF(2 + 6.5 * index, 19 - height, 4.5, height), 1.5, 1.5)


class TopLine(QFrame):
    """Badge, reason, bitrate and quality."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("float")
        self.badge = make_badge("")
        self.reason, self.rate = QLabel(""), QLabel("")
        self.reason.setTextFormat(Qt.TextFormat.PlainText)
        self.rate.setObjectName("figure")
        self.rate.setAccessibleName(self.tr("Bitrate of the other person's picture"))
        self.rate.setToolTip(self.tr("What the other person's picture takes of the line, without packet headers"))
        self.safety = QLabel("")
        self.bars = QualityBars()
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 14, 8)
        row.setSpacing(12)
        row.addWidget(self.badge)
        row.addWidget(self.reason, stretch=1)
        row.addWidget(self.safety)
        row.addWidget(self.rate)
        row.addWidget(self.bars)

    def say(self, badge: str, tone: str, reason: str, explanation: str = "") -> None:
        """Show what is going on."""
        self.badge.setText(badge)
        self.badge.setToolTip(explanation)
        tint_badge(self.badge, tone)
        self.reason.setText(reason)
        self.reason.setToolTip(reason)


class Banner(QFrame):
    """One line in the middle, while something is wrong."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self.label = QLabel("")
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 10, 18, 10)
        row.addWidget(self.label)
        self.hide()

    def say(self, text: str) -> None:
        """Show a line, "" for none."""
        self.label.setText(text)
        self.setAccessibleName(text)
        self.setVisible(bool(text))
        self.adjustSize()


class StillCard(QFrame):
    """The real picture that was asked for."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("float")
        self._view = _StillView()
        self.caption = QLabel("")
        self.caption.setWordWrap(True)
        self.caption.setObjectName("quiet")
        close = QPushButton("✕")
        close.setObjectName("quiet")
        close.setAccessibleName(self.tr("Close the real picture"))
        close.setToolTip(self.tr("Close the real picture"))
        close.clicked.connect(self.hide)
        title = QLabel(self.tr("Real picture"))
        title.setObjectName("figure")
        head = QHBoxLayout()
        head.addWidget(title, stretch=1)
        head.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.addLayout(head)
        column.addWidget(self._view)
        column.addWidget(self.caption)
        self.setFixedWidth(STILL_SIDE_PX + 24)
        self.hide()

    @property
    def image_size(self) -> tuple[int, int] | None:
        """Width and height of the picture, None without one."""
        return self._view.image_size

    def show_words(self, caption: str) -> None:
        """Show words alone."""
        self._view.show_picture(None)
        self._show(caption)

    def show_picture(self, rgb: NDArray[np.uint8], caption: str) -> None:
        """Show a picture, uint8 (H, W, 3)."""
        self._view.show_picture(rgb)
        self._show(caption)

    def _show(self, caption: str) -> None:
        self.caption.setText(caption)
        self.show()
        self.raise_()
        self.adjustSize()


class _StillView(QWidget):
    """Paints the real picture."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(STILL_SIDE_PX)
        self.setAccessibleName(self.tr("The real picture of the other person's camera"))
        self.image_size: tuple[int, int] | None = None
        self._borrowed: tuple[QImage, NDArray[np.uint8]] | None = None
        self.hide()

    def show_picture(self, rgb: NDArray[np.uint8] | None) -> None:
        """Show it, or nothing."""
        self._borrowed = None if rgb is None else image_of(rgb)
        self.image_size = None if self._borrowed is None else (self._borrowed[0].width(), self._borrowed[0].height())
        self.setVisible(rgb is not None)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  # Qt's name
        """Paint it."""
        if self._borrowed is not None:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(0, 0, STILL_SIDE_PX, STILL_SIDE_PX), self._borrowed[0])


class ControlBar(QFrame):
    """A button for each action; those with a menu open it."""

    def __init__(self, parent: QWidget, actions: Sequence[QAction], hang_up: QAction) -> None:
        super().__init__(parent)
        self.setObjectName("float")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 7, 8, 7)
        row.setSpacing(2)
        self.buttons: dict[QAction, QToolButton] = {}
        for action in (*actions, hang_up):
            button = QToolButton()
            button.setObjectName("hangup" if action is hang_up else "control")
            button.setDefaultAction(action)
            button.setIconSize(QSize(22, 22))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
            button.setAccessibleName(action.text().replace("&", ""))
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            row.addWidget(button)
            self.buttons[action] = button

    def menu_is_open(self) -> bool:
        """Whether one of the menus is open."""
        return any(isinstance(menu, QMenu) and menu.isVisible() for menu in self.findChildren(QMenu))
