"""The round mirror of the guided recording: the camera's picture, and a ring around it that fills."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.enrolment.acts import Act
from app.enrolment.coverage import NEEDED_S, Coverage
from app.ui import theme

RING_PX, GAP_PX = 12.0, 12.0
"""Width of the ring, and its distance from the picture."""

BETWEEN_DEG = 5.0
"""Between two of its pieces."""

ARROWS: Mapping[Act, tuple[float, float]] = {
    Act.LEFT: (-1.0, 0.0),
    Act.RIGHT: (1.0, 0.0),
    Act.UP: (0.0, -1.0),
    Act.DOWN: (0.0, 1.0),
}
"""Where arrows point: in a mirror one's own left is at the left."""


class CoverageRing(QWidget):
    """Shows one's own face as a mirror does, and how much was seen of it."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(300, 300)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Your camera, as in a mirror"))
        self._image: QImage | None = None
        self._pixels: NDArray[np.uint8] | None = None
        self._coverage = Coverage()
        self._asked: Act | None = None
        self._troubled = False

    def sizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """As large as there is room."""
        return QSize(460, 460)

    @property
    def has_picture(self) -> bool:
        """Whether there is a picture."""
        return self._image is not None

    def show_picture(self, rgb: NDArray[np.uint8] | None) -> None:
        """Shows uint8 (S, S, 3), mirrored, or nothing."""
        self._image = None
        if rgb is not None:
            self._pixels = np.ascontiguousarray(rgb)
            side = self._pixels.shape[0]
            self._image = QImage(self._pixels.data, side, side, 3 * side, QImage.Format.Format_RGB888)
        self.update()

    def show_state(self, coverage: Coverage, asked: Act | None, troubled: bool) -> None:
        """Shows what was seen, what is asked, and whether something is wrong with the picture."""
        self._coverage, self._asked, self._troubled = coverage, asked, troubled
        percent = round(100 * coverage.whole)
        self.setAccessibleDescription(self.tr("{0} percent of your face has been seen").format(percent))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  # Qt's name
        """Paints picture, ring and arrow."""
        colours = theme.colours()
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        side = min(self.width(), self.height()) - 2.0
        ring = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        ring.adjust(RING_PX / 2, RING_PX / 2, -RING_PX / 2, -RING_PX / 2)
        inset = RING_PX / 2 + GAP_PX
        face = ring.adjusted(inset, inset, -inset, -inset)
        self._paint_face(painter, face, colours)
        self._paint_ring(painter, ring, colours)
        towards = ARROWS.get(self._asked) if self._asked is not None else None
        if towards is not None and not self._troubled:
            self._paint_arrow(painter, face, towards, colours)

    def _paint_face(self, painter: QPainter, face: QRectF, colours: theme.Colours) -> None:
        painter.save()
        clip = QPainterPath()
        clip.addEllipse(face)
        painter.setClipPath(clip)
        painter.fillRect(face, QColor(colours.empty))
        if self._image is not None:
            painter.translate(face.center())
            painter.scale(-1.0, 1.0)
            half = face.width() / 2
            painter.drawImage(QRectF(-half, -half, 2 * half, 2 * half), self._image)
        painter.restore()
        if self._troubled:
            painter.setPen(QPen(QColor(colours.fault), 3))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(face)

    def _paint_ring(self, painter: QPainter, ring: QRectF, colours: theme.Colours) -> None:
        piece = 360.0 / len(NEEDED_S)
        for number, act in enumerate(NEEDED_S):
            start, span = 90.0 - number * piece - BETWEEN_DEG / 2, -(piece - BETWEEN_DEG)
            rest = colours.accent if act is self._asked else colours.line
            painter.setPen(_pen(rest, RING_PX / 3))
            painter.drawArc(ring, round(16 * start), round(16 * span))
            share = self._coverage.share(act)
            if share > 0:
                painter.setPen(_pen(colours.face if share >= 1 else colours.accent, RING_PX))
                painter.drawArc(ring, round(16 * start), round(16 * span * share))

    def _paint_arrow(
        self, painter: QPainter, face: QRectF, towards: tuple[float, float], colours: theme.Colours
    ) -> None:
        centre, reach = face.center(), face.width() / 2 - 34
        x, y = towards
        tip = QPointF(centre.x() + x * reach, centre.y() + y * reach)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.accent))
        painter.drawEllipse(tip, 24.0, 24.0)
        along, across = 9.0, 8.0
        head = [
            QPointF(tip.x() + x * along, tip.y() + y * along),
            QPointF(tip.x() - x * along * 0.6 - y * across, tip.y() - y * along * 0.6 - x * across),
            QPointF(tip.x() - x * along * 0.6 + y * across, tip.y() - y * along * 0.6 + x * across),
        ]
        painter.setBrush(QColor(colours.on_accent))
        painter.drawPolygon(QPolygonF(head))


def _pen(colour: str, width: float) -> QPen:
    return QPen(QColor(colour), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
