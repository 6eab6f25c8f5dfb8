"""The other person, as large as there is room, and one's own picture in a corner, which can be moved."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

GROUND = QColor("#0b0c0f")
"""Behind faces it is dark in every theme."""

FAINT = QColor("#8d95a3")

OWN_SIDE_PX = 148
"""One's own picture: large enough to see whether one is in it."""

MARGIN_PX = 18

STEP_PX = 24
"""What an arrow key moves one's own picture."""


def image_of(rgb: NDArray[np.uint8]) -> tuple[QImage, NDArray[np.uint8]]:
    """A picture for Qt, and the memory that it borrows, which must live as long.

    Args:
        rgb: uint8 (H, W, 3), or (H, W, 4) as a screen has it: blue, green, red, 255.
    """
    pixels = np.ascontiguousarray(rgb)
    height, width, depth = pixels.shape
    layout = QImage.Format.Format_RGB888 if depth == 3 else QImage.Format.Format_RGB32
    return QImage(pixels.data, width, height, depth * width, layout), pixels


class OwnView(QWidget):
    """One's own picture, mirrored as in a mirror; drag it, or move it with the arrow keys."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedSize(OWN_SIDE_PX, OWN_SIDE_PX)
        self.setAccessibleName(self.tr("Your own picture"))
        self.setToolTip(self.tr("You, as in a mirror. Drag it, or move it with the arrow keys."))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.has_moved = False
        self.note = ""
        self._picture: tuple[QImage, NDArray[np.uint8]] | None = None
        self._grip: QPoint | None = None

    @property
    def image_size(self) -> tuple[int, int] | None:
        """Width and height of what is shown."""
        return None if self._picture is None else (self._picture[0].width(), self._picture[0].height())

    def show_picture(self, rgb: NDArray[np.uint8] | None, note: str = "") -> None:
        """Show a picture, or a few words in its place."""
        self._picture = None if rgb is None else image_of(rgb)
        self.note = note
        self.update()

    def move_within(self, place: QPoint) -> None:
        """Move, but not out of sight."""
        parent = self.parentWidget()
        if parent is not None:
            x = min(max(place.x(), MARGIN_PX), parent.width() - self.width() - MARGIN_PX)
            y = min(max(place.y(), MARGIN_PX), parent.height() - self.height() - MARGIN_PX)
            self.move(x, y)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802  # Qt's name
        """Take hold."""
        self._grip = event.position().toPoint()
        self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802  # Qt's name
        """Follow."""
        if self._grip is not None:
            self.has_moved = True
            self.move_within(self.mapToParent(event.position().toPoint() - self._grip))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802  # Qt's name
        """Let go."""
        self._grip = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802  # Qt's name
        """Nothing: the stage behind would fill the screen."""

    def keyPressEvent(self, event: object) -> None:  # noqa: N802  # Qt's name
        """Move with the arrow keys."""
        keys = Qt.Key
        steps = {keys.Key_Left: (-1, 0), keys.Key_Right: (1, 0), keys.Key_Up: (0, -1), keys.Key_Down: (0, 1)}
        step = steps.get(event.key())  # type: ignore[attr-defined]  # a QKeyEvent
        if step is None:
            super().keyPressEvent(event)  # type: ignore[arg-type]  # a QKeyEvent
            return
        self.has_moved = True
        self.move_within(self.pos() + QPoint(*step) * STEP_PX)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  # Qt's name
        """Paint it with round corners."""
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        area = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        shape = QPainterPath()
        shape.addRoundedRect(area, 14, 14)
        painter.setClipPath(shape)
        painter.fillRect(area, QColor("#1f232a"))
        if self._picture is not None:
            painter.save()
            painter.translate(self.width(), 0)
            painter.scale(-1, 1)
            painter.drawImage(area, self._picture[0])
            painter.restore()
        else:
            painter.setPen(FAINT)
            painter.drawText(area.adjusted(8, 8, -8, -8), int(_CENTRED), self.note)
        painter.setClipping(False)
        painter.setPen(QPen(QColor("#6ea8ff") if self.hasFocus() else QColor(255, 255, 255, 70), 1.5))
        painter.drawPath(shape)


_CENTRED = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap


class StageView(QWidget):
    """The other person; what floats above is a child of it and lies where `arrange` puts it.

    Qt scales each picture as it paints it, straight into the window's memory.
    """

    double_clicked = Signal()
    resized = Signal()
    mouse_moved = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("The other person"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setMinimumSize(320, 320)
        self.own = OwnView(self)
        self.placard = ""
        self._picture: tuple[QImage, NDArray[np.uint8]] | None = None

    @property
    def image_size(self) -> tuple[int, int] | None:
        """Width and height of the picture that is shown, in its own pixels."""
        return None if self._picture is None else (self._picture[0].width(), self._picture[0].height())

    @property
    def image(self) -> QImage | None:
        """A copy of the picture that is shown."""
        return None if self._picture is None else self._picture[0].copy()

    def show_picture(self, rgb: NDArray[np.uint8]) -> None:
        """Show a picture; see `image_of`."""
        self._picture = image_of(rgb)
        if self.placard:
            self.placard = ""
            self.update()
            return
        self.update(self._target(self._picture[0]).toAlignedRect())

    def show_placard(self, text: str) -> None:
        """Show words in place of a picture, "" for the last picture again."""
        if text != self.placard:
            self.placard = text
            self.update()

    def clear(self) -> None:
        """Show nothing."""
        self._picture, self.placard = None, ""
        self.own.show_picture(None)
        self.update()

    def _target(self, image: QImage) -> QRectF:
        scale = min(self.width() / image.width(), self.height() / image.height())
        width, height = image.width() * scale, image.height() * scale
        return QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  # Qt's name
        """Paint the picture, and the dark beside it where that is wanted."""
        painter = QPainter(self)
        if self._picture is None or self.placard:
            painter.fillRect(self.rect(), GROUND)
            self._paint_placard(painter)
            return
        target = self._target(self._picture[0])
        if not target.toAlignedRect().contains(event.rect()):
            painter.fillRect(event.rect(), GROUND)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(target, self._picture[0])

    def _paint_placard(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = QPointF(self.width() / 2, self.height() / 2 - 30)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor("#1f232a"))
        painter.drawEllipse(middle, 62, 62)
        painter.setPen(QPen(FAINT, 5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(middle - QPointF(0, 14), 17, 17)
        painter.drawArc(QRectF(middle.x() - 32, middle.y() + 14, 64, 56), 15 * 16, 150 * 16)
        painter.setPen(FAINT)
        words = QRectF(30, middle.y() + 80, self.width() - 60, 60)
        painter.drawText(words, int(Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap), self.placard)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  # Qt's name
        """Tell whoever arranges what floats above."""
        self.resized.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802  # Qt's name
        """Tell that somebody is there."""
        self.mouse_moved.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802  # Qt's name
        """Tell it."""
        self.double_clicked.emit()
