"""Widgets that paint: a picture with round corners, a figure with its recent past."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.ui import theme

CORNER_PX = 10.0
HISTORY = 60
"""Points of a trend line: at five a second, the last twelve seconds."""


class PictureView(QWidget):
    """Shows one picture as large as it fits, keeping its shape.

    Args:
        description: what a screen reader says of it.
        empty: what is written where there is no picture.
        mirrored: whether left and right change places, as in a mirror.
    """

    def __init__(self, description: str, empty: str = "waiting", mirrored: bool = False) -> None:
        super().__init__()
        self._empty = empty
        self._mirrored = mirrored
        self.setAccessibleName(description)
        self.setMinimumSize(160, 160)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._image: QImage | None = None
        self._pixels: NDArray[np.uint8] | None = None

    @property
    def image_size(self) -> tuple[int, int] | None:
        """Width and height of the picture that is shown, in its own pixels."""
        return None if self._image is None else (self._image.width(), self._image.height())

    def show_picture(self, rgb: NDArray[np.uint8] | None, empty: str = "") -> None:
        """Shows uint8 (H, W, 3), or an empty panel with these words."""
        self._empty = empty or self._empty
        if rgb is None:
            self._image = self._pixels = None
        else:
            # QImage borrows the memory, so the array must live as long.
            self._pixels = np.ascontiguousarray(rgb)
            height, width = self._pixels.shape[:2]
            self._image = QImage(self._pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        self.update()

    def heightForWidth(self, width: int) -> int:  # noqa: N802  # Qt's name
        """Square."""
        return width

    def sizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """What the window opens with."""
        return QSize(384, 384)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  # Qt's name
        """Paints the picture, or the empty panel where there is none."""
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        side = float(min(self.width(), self.height()))
        area = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        clip = QPainterPath()
        clip.addRoundedRect(area, CORNER_PX, CORNER_PX)
        painter.setClipPath(clip)
        painter.fillRect(area, QColor(theme.colours().empty))
        if self._image is None:
            painter.setPen(QColor(theme.colours().muted))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self._empty)
            return
        scale = side / max(self._image.width(), self._image.height())
        width, height = self._image.width() * scale, self._image.height() * scale
        target = QRectF(area.center().x() - width / 2, area.center().y() - height / 2, width, height)
        if self._mirrored:
            painter.translate(self.width(), 0)
            painter.scale(-1, 1)
        painter.drawImage(target, self._image)


class TrendLine(QWidget):
    """The last values of a figure as a thin line."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(18)
        self._values: deque[float] = deque(maxlen=HISTORY)

    def add(self, value: float) -> None:
        """Adds a value at the right."""
        self._values.append(value)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  # Qt's name
        """Paints the line, scaled so that nought is the bottom and the largest value the top."""
        if len(self._values) < 2:
            return
        top = max(*self._values, 1e-9)
        step = self.width() / (HISTORY - 1)
        start = self.width() - step * (len(self._values) - 1)
        height = self.height() - 3
        points = [QPointF(start + i * step, 1.5 + height * (1 - v / top)) for i, v in enumerate(self._values)]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.colours().accent), 1.4))
        painter.drawPolyline(QPolygonF(points))


class FigureTile(QWidget):
    """A name, a large figure with its unit, and its recent past.

    Args:
        name: what is measured.
        unit: its unit.
        decimals: digits after the point.
        tip: what it means, in a sentence.
    """

    def __init__(self, name: str, unit: str, decimals: int, tip: str) -> None:
        super().__init__()
        self.setToolTip(tip)
        self._decimals = decimals
        self._figure = QLabel("–")
        self._figure.setObjectName("figure")
        self._figure.setAccessibleName(f"{name} in {unit}")
        self._trend = TrendLine()
        title, unit_label = QLabel(name), QLabel(unit)
        title.setObjectName("title")
        unit_label.setObjectName("unit")
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self._figure)
        row.addWidget(unit_label, alignment=Qt.AlignmentFlag.AlignBottom)
        row.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(title)
        column.addLayout(row)
        column.addWidget(self._trend)

    @property
    def text(self) -> str:
        """The figure as it is shown."""
        return self._figure.text()

    def show_value(self, value: float) -> None:
        """Shows a new value."""
        self._figure.setText(f"{value:.{self._decimals}f}")
        self._trend.add(value)
