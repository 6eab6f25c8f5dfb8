"""The stage with all that floats above it, and where that lies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.call.figures import Figures
from app.net.safety import SafetyString
from app.ui.call_actions import CallActions
from app.ui.figures_overlay import FiguresOverlay
from app.ui.floats import STYLE, Banner, ControlBar, StillCard, TopLine
from app.ui.lobby import has_emoji
from app.ui.stage_view import MARGIN_PX, StageView

IDLE_MS = 3000
"""On a full screen the controls go after so long without a movement of the mouse."""


class StageDeck(QWidget):
    """The other person with controls.

    Args:
        actions: what the controls do.
    """

    escape_pressed = Signal()

    def __init__(self, actions: CallActions) -> None:
        super().__init__()
        self.setStyleSheet(STYLE)
        self.stage = StageView()
        self.stage.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stage)
        self.top = TopLine(self.stage)
        self.banner = Banner(self.stage)
        self.still = StillCard(self.stage)
        self.figures = FiguresOverlay(self.stage)
        self.controls = ControlBar(self.stage, actions.bar, actions.hang_up)
        self._has_emoji = has_emoji()
        self._idle = QTimer(self)
        self._idle.setSingleShot(True)
        self._idle.setInterval(IDLE_MS)
        self._idle.timeout.connect(self._rest)
        self._rests = False
        self.stage.resized.connect(self.arrange)
        self.stage.mouse_moved.connect(self._wake)

    def begin(self, own: bool) -> None:
        """Put everything as it is before the first picture.

        Args:
            own: whether there is a picture of one's own.
        """
        self.stage.clear()
        self.stage.own.setVisible(own)
        self.stage.own.has_moved = False
        self.own_off(False)
        self.still.hide()
        self.banner.say("")
        self.top.safety.setText("")
        self.top.rate.setText("")
        self.arrange()

    def arrange(self) -> None:
        """Put everything where it belongs."""
        stage = self.stage
        self.top.setGeometry(MARGIN_PX, MARGIN_PX, stage.width() - 2 * MARGIN_PX, self.top.sizeHint().height())
        below = self.top.geometry().bottom() + 12
        self.controls.adjustSize()
        at_bottom = stage.height() - self.controls.height() - MARGIN_PX
        self.controls.move((stage.width() - self.controls.width()) // 2, at_bottom)
        self.banner.adjustSize()
        self.banner.move((stage.width() - self.banner.width()) // 2, below)
        self.figures.adjustSize()
        self.figures.move(stage.width() - self.figures.width() - MARGIN_PX, below)
        self.still.adjustSize()
        self.still.move(MARGIN_PX, max(below, at_bottom - self.still.height() - 12))
        own = stage.own
        if own.has_moved:
            own.move_within(own.pos())
        else:
            own.move(QPoint(stage.width() - own.width() - MARGIN_PX, at_bottom - own.height() - 12))

    def show_safety(self, safety: SafetyString) -> None:
        """Show the six pictures of this call."""
        self.top.safety.setText(safety.emoji if self._has_emoji else "")
        words = self.tr("Both of you must see these six pictures, then nobody sits between: {0}").format(safety.names)
        self.top.safety.setToolTip(words)
        self.top.safety.setAccessibleName(words)
        self.top.badge.setAccessibleDescription(words)

    def show_own(self, rgb: NDArray[np.uint8]) -> None:
        """Show one's own picture, uint8 (H, W, 3)."""
        self.stage.own.show_picture(rgb)

    def own_off(self, is_off: bool) -> None:
        """Show that there is no picture of one's own, and why."""
        note = self.tr("Your camera is off") if is_off else self.tr("Your camera")
        self.stage.own.show_picture(None, note)

    def show_figures_card(self, is_shown: bool) -> None:
        """Show the table of figures, or hide it."""
        self.figures.setVisible(is_shown)
        self.arrange()

    def show_figures(self, figures: Figures, receiving: str, size: tuple[int, int] | None) -> None:
        """Show the last second's figures; see `FiguresOverlay.show_figures`."""
        self.top.rate.setText(self.tr("{0:.1f} kbps").format(figures.picture_in_kbps))
        self.top.bars.show_quality(figures.quality)
        self.figures.show_figures(figures, receiving, size)
        self.arrange()

    def show_still(self, rgb: NDArray[np.uint8] | None, caption: str) -> None:
        """Show a real picture, or words about it."""
        if rgb is None:
            self.still.show_words(caption)
        else:
            self.still.show_picture(rgb, caption)
        self.arrange()

    # resting on a full screen

    def rest_when_idle(self, rests: bool) -> None:
        """Let the controls go while nobody moves the mouse, or not."""
        self._rests = rests
        self._wake()

    def _wake(self) -> None:
        self.controls.show()
        self.top.show()
        self.stage.unsetCursor()
        if self._rests:
            self._idle.start()
        else:
            self._idle.stop()

    def _rest(self) -> None:
        if self._rests and not self.controls.menu_is_open():
            self.controls.hide()
            self.top.hide()
            self.stage.setCursor(Qt.CursorShape.BlankCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  # Qt's name
        """Escape leaves the full screen."""
        if event.key() == Qt.Key.Key_Escape:
            self.escape_pressed.emit()
        else:
            self._wake()
            super().keyPressEvent(event)
