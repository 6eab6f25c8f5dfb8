"""What the call page shows while there is no picture: the code to pass on, somebody who calls, how a call ended."""

from __future__ import annotations

import io

import segno
from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QFontDatabase, QGuiApplication, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.net.safety import PICTURES, SafetyString
from app.ui import theme
from app.ui.controls import make_card, make_label
from app.ui.icons import make_icon
from app.ui.words import phase_text

CARD_WIDTH_PX = 620

QR_SIDE_PX = 150

EMOJI_HEIGHT_PX = 60
"""Fonts of emoji say less than their pictures take."""


def make_qr(text: str) -> QImage:
    """A text as a QR picture, one pixel a module, with the quiet zone around it (ISO/IEC 18004)."""
    buffer = io.BytesIO()
    segno.make(text, error="m", micro=False).save(buffer, kind="png", scale=1, border=4)
    return QImage.fromData(buffer.getvalue())


def has_emoji() -> bool:
    """Whether there is a font for the pictures of a safety string; their names are always shown."""
    return any("emoji" in family.lower() for family in QFontDatabase.families())


class QrView(QWidget):
    """Shows a QR picture, black on white in every theme, for cameras."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(QR_SIDE_PX, QR_SIDE_PX)
        self._image: QImage | None = None

    def show_text(self, text: str) -> None:
        """Show another text."""
        self._image = make_qr(text)
        self.setAccessibleName(self.tr("The code as a QR picture"))
        self.setToolTip(self.tr("Point a phone's camera here to read the code"))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  # Qt's name
        """Paint it with sharp edges."""
        if self._image is not None:
            QPainter(self).drawImage(QRectF(self.rect()), self._image)


def lobby_card() -> tuple[QFrame, QVBoxLayout]:
    """A card of the lobby's width, and its column."""
    card, column = make_card((36, 32, 36, 32), 14)
    card.setFixedWidth(CARD_WIDTH_PX)
    return card, column


def _centred(card: QWidget, owner: QWidget) -> None:
    row = QHBoxLayout()  # not an alignment: with one, Qt gives a card the height of lines that are not broken
    row.addStretch(1)
    row.addWidget(card)
    row.addStretch(1)
    layout = QVBoxLayout(owner)
    layout.addStretch(1)
    layout.addLayout(row)
    layout.addStretch(1)


class WaitingRoom(QWidget):
    """The code to pass on, or what is being done."""

    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        card, column = lobby_card()
        self.headline = make_label("", "headline")
        self.detail = make_label("", "detail")
        self.code = make_label("", "code", wraps=False)
        self.code.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.code.setAccessibleName(self.tr("The code of this call"))
        self.copy_button = QPushButton(self.tr("&Copy the code"))
        self.copy_button.setObjectName("primary")
        self.copy_button.clicked.connect(self._copy)
        self.qr = QrView()
        self._code_row = QWidget()
        place = QGridLayout(self._code_row)
        place.setContentsMargins(0, 8, 0, 8)
        place.setColumnStretch(0, 1)
        place.addWidget(self.code, 0, 0, 1, 2)
        place.addWidget(self.copy_button, 1, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        place.addWidget(self.qr, 1, 1)
        self.phase = make_label("", "detail")
        self.busy = QProgressBar()
        self.busy.setRange(0, 0)
        self.busy.setTextVisible(False)
        self.busy.setAccessibleName(self.tr("Waiting"))
        cancel = QPushButton(self.tr("Cancel"))
        cancel.setToolTip(self.tr("Give the call up (Ctrl+E)"))
        cancel.clicked.connect(self.cancelled)
        for widget in (self.headline, self.detail, self._code_row, self.busy, self.phase):
            column.addWidget(widget)
        column.addWidget(cancel, alignment=Qt.AlignmentFlag.AlignRight)
        _centred(card, self)

    def begin(self, headline: str, detail: str) -> None:
        """Show what is being begun."""
        self.headline.setText(headline)
        self.detail.setText(detail)
        self.detail.setVisible(bool(detail))
        self._code_row.hide()
        self.show_phase("preparing")

    def show_code(self, code: str) -> None:
        """Show the code to pass on."""
        self.code.setText(code)
        self.qr.show_text(code)
        self.copy_button.setText(self.tr("&Copy the code"))
        self._code_row.show()
        self.copy_button.setFocus()

    def hide_code(self) -> None:
        """The code has done its work."""
        self._code_row.hide()
        self.detail.hide()

    def show_phase(self, phase: str) -> None:
        """Show what is being waited for."""
        self.phase.setText(phase_text(phase))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802  # Qt's name
        """Draw the icon anew when the theme changes, and the first time."""
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "copy_button"):
            self.copy_button.setIcon(make_icon("copy", theme.colours().on_accent, 18))
        super().changeEvent(event)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.code.text())
        self.copy_button.setText(self.tr("Copied"))


class SafetyPictures(QWidget):
    """The six pictures of a call, with their names."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._emoji = has_emoji()

    def show_safety(self, safety: SafetyString | None) -> None:
        """Show them, or nothing."""
        while self._grid.count():
            item = self._grid.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        for place, index in enumerate(safety.indices if safety else ()):
            emoji, name = PICTURES[index]
            if self._emoji:
                picture = make_label(emoji, "emoji", wraps=False)
                picture.setMinimumHeight(EMOJI_HEIGHT_PX)
                self._grid.addWidget(picture, 0, place, Qt.AlignmentFlag.AlignCenter)
            self._grid.addWidget(make_label(name, "detail"), 1, place, Qt.AlignmentFlag.AlignCenter)
        self.setAccessibleName(safety.names if safety else "")


class IncomingCall(QWidget):
    """Somebody has typed the code: take the call or not."""

    answered = Signal(str)
    """`accept` or `decline`."""

    def __init__(self) -> None:
        super().__init__()
        card, column = lobby_card()
        column.addWidget(make_label(self.tr("Somebody calls"), "headline"))
        column.addWidget(
            make_label(
                self.tr(
                    "They have your code. If you want to be sure, call them by telephone: both of you must see these "
                    "six pictures. Nothing of you is seen or heard before you take the call."
                ),
                "detail",
            )
        )
        self.safety = SafetyPictures()
        column.addSpacing(6)
        column.addWidget(self.safety)
        column.addSpacing(10)
        self.accept = QPushButton(self.tr("&Take the call"))
        self.accept.setObjectName("primary")
        self.accept.setDefault(True)
        self.accept.setAutoDefault(True)
        self.decline = QPushButton(self.tr("&Decline"))
        self.accept.clicked.connect(lambda: self.answered.emit("accept"))
        self.decline.clicked.connect(lambda: self.answered.emit("decline"))
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.decline)
        row.addWidget(self.accept)
        column.addLayout(row)
        _centred(card, self)

    def begin(self, safety: SafetyString | None) -> None:
        """Show who calls, as far as pictures tell."""
        self.safety.show_safety(safety)
        self.accept.setFocus()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802  # Qt's name
        """Draw the icon anew when the theme changes, and the first time."""
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "accept"):
            self.accept.setIcon(make_icon("answer", theme.colours().on_accent, 18))
        super().changeEvent(event)


class CallOver(QWidget):
    """How a call ended."""

    home_wanted = Signal()
    again_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        card, column = lobby_card()
        self.headline, self.detail, self.figures = (
            make_label("", "headline"),
            make_label("", "body"),
            make_label("", "detail"),
        )
        for label in (self.detail, self.figures):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.home = QPushButton(self.tr("&Home"))
        self.home.setObjectName("primary")
        self.again = QPushButton(self.tr("&Try again"))
        self.home.clicked.connect(self.home_wanted)
        self.again.clicked.connect(self.again_wanted)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.again)
        row.addWidget(self.home)
        for label in (self.headline, self.detail, self.figures):
            column.addWidget(label)
        column.addSpacing(8)
        column.addLayout(row)
        _centred(card, self)

    def begin(self, headline: str, detail: str, figures: str, again: str) -> None:
        """Show it.

        Args:
            headline: what happened.
            detail: why.
            figures: how it went, "" where it did not.
            again: what may be tried again, "" for nothing.
        """
        self.headline.setText(headline)
        self.detail.setText(detail)
        self.figures.setText(figures)
        self.figures.setVisible(bool(figures))
        self.again.setText(again)
        self.again.setVisible(bool(again))
        self.home.setFocus()
