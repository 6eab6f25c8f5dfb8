"""The call's figures above the picture, for those who want to know."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QWidget

from app.call.figures import Figures
from app.ui.words import mode_name


class FiguresOverlay(QFrame):
    """A small table, once a second."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("float")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(self.tr("Statistics"))
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(16, 12, 16, 12)
        self._grid.setHorizontalSpacing(18)
        self._grid.setVerticalSpacing(3)
        for column, head in ((1, self.tr("in")), (2, self.tr("out"))):
            self._put(QLabel(head), 0, column, "name")
        self._values: dict[str, QLabel] = {}
        self._add_row(1, "picture", self.tr("Picture, kbps"), 2)
        self._add_row(2, "wire", self.tr("All packets, kbps"), 2)
        self._add_row(3, "loss", self.tr("Lost"), 2)
        self._add_row(4, "mode", self.tr("Sent as"), 2)
        self._add_row(5, "fps", self.tr("Pictures a second"), 1)
        self._add_row(6, "size", self.tr("Picture size"), 1)
        self._add_row(7, "render", self.tr("Drawing"), 1)
        self._add_row(8, "latency", self.tr("Latency, about"), 1)
        self._add_row(9, "trip", self.tr("Round trip"), 1)
        self.hide()

    def _add_row(self, row: int, name: str, words: str, values: int) -> None:
        self._put(QLabel(words), row, 0, "name")
        for column in range(values):
            label = QLabel("–")
            self._put(label, row, 1 + column, "value", 1 if values == 2 else 2)
            self._values[f"{name}{column}"] = label

    def _put(self, label: QLabel, row: int, column: int, name: str, span: int = 1) -> None:
        label.setObjectName(name)
        if column:
            label.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._grid.addWidget(label, row, column, 1, span)

    def value(self, name: str, column: int = 0) -> str:
        """What is shown."""
        return self._values[f"{name}{column}"].text()

    def _set(self, name: str, *texts: str) -> None:
        for column, text in enumerate(texts):
            self._values[f"{name}{column}"].setText(text)

    def show_figures(self, figures: Figures, receiving: str, size: tuple[int, int] | None) -> None:
        """Show the last second's figures.

        Args:
            figures: of the call.
            receiving: what comes from the other end, in a word.
            size: of the picture that is shown, pixels.
        """
        self._set("picture", f"{figures.picture_in_kbps:.1f}", f"{figures.picture_out_kbps:.1f}")
        self._set("wire", f"{figures.wire_in_kbps:.0f}", f"{figures.wire_out_kbps:.0f}")
        self._set("loss", f"{figures.loss_in:.1%}", f"{figures.loss_out:.1%}")
        self._set("mode", receiving, mode_name(figures.sending))
        self._set("fps", f"{figures.fps:.0f}")
        self._set("size", f"{size[0]} × {size[1]}" if size else "–")
        drawing = f"{figures.render_ms:.0f} ms, {figures.backend or '?'}" if figures.render_ms else "–"
        self._set("render", drawing)
        self._set("latency", f"{figures.latency_ms:.0f} ms" if figures.latency_ms else "–")
        self._set("trip", f"{figures.round_trip_ms:.0f} ms" if figures.round_trip_ms else "–")
        self.adjustSize()
