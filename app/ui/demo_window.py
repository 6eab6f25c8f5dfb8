"""The demo's window: original, reconstruction and H.265 side by side, with the live figures of the call."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLabel, QMainWindow, QToolButton, QVBoxLayout, QWidget

from app.call.comparison import Comparison
from app.call.demo import DemoOptions, DemoReport, run_demo
from app.call.shown import ShownFrame
from app.settings import load_settings, save_settings
from app.ui.application import make_application, run_until_closed
from app.ui.bridge import DemoBridge, RunDemo
from app.ui.frame import figures_card, header_row, make_badge, tint_badge
from app.ui.picture import FigureTile, PictureView

SIZES = (128, 256, 512, 768, 1024)
SIZE_KEYS = dict(zip((Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4, Qt.Key.Key_5), SIZES, strict=True))

FIGURES_NS = 200_000_000
"""Figures change five times a second: faster could not be read."""

MODE_NAMES = {"face": "Face stream", "h265": "H.265", "audio_only": "Sound only"}
HINT = "1–5 or ↑ ↓  resolution      Space  hold the picture      F  full screen      Esc  close"


class SizeBar(QWidget):
    """A row of buttons, one for each output size."""

    chosen = Signal(int)
    """The side in pixels that a person chose."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for index, size in enumerate(SIZES):
            button = QToolButton()
            button.setText(str(size))
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the window's keys do the same, and Space holds the picture
            button.setToolTip(f"Render {size} x {size} pixels (key {index + 1}); the stream stays as it is")
            button.setObjectName("first" if index == 0 else "last" if index == len(SIZES) - 1 else "middle")
            self._group.addButton(button, size)
            row.addWidget(button)
        if side in SIZES:
            self._group.button(side).setChecked(True)
        self._group.idClicked.connect(self.chosen)

    @property
    def side(self) -> int | None:
        """The chosen size, or None while the call runs at one that has no button."""
        checked = self._group.checkedId()
        return None if checked == -1 else checked

    def choose(self, side: int) -> None:
        """Presses the button of one size."""
        self._group.button(side).click()

    def step(self, steps: int) -> None:
        """Presses the button so many places to the right of the chosen one."""
        index = SIZES.index(self.side) + steps if self.side is not None else 1
        self.choose(SIZES[min(max(index, 0), len(SIZES) - 1)])


class Panel(QFrame):
    """One of the three pictures with its title, figure and detail."""

    def __init__(self, title: str, description: str) -> None:
        super().__init__()
        self.setObjectName("card")
        self.picture = PictureView(description)
        self.figure, self.detail = QLabel(" "), QLabel(" ")
        self.figure.setObjectName("figure")
        self.detail.setObjectName("detail")
        name = QLabel(title)
        name.setObjectName("title")
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(6)
        column.addWidget(name)
        column.addWidget(self.picture, stretch=1)
        column.addWidget(self.figure)
        column.addWidget(self.detail)


class DemoWindow(QMainWindow):
    """Shows a demo call and lets a person change the output size while it runs.

    Args:
        options: what to show.
        run: what holds the call.
        close_at_end: whether the window closes by itself when the call is over.
    """

    def __init__(self, options: DemoOptions, run: RunDemo = run_demo, close_at_end: bool = False) -> None:
        super().__init__()
        self.setWindowTitle("Visavis")
        self.bridge = DemoBridge(options, run)
        self._close_at_end = close_at_end
        self.latest: ShownFrame | None = None
        self._held = False
        self._figures_ns = 0
        self._build(options.size[0])
        self.size_bar.chosen.connect(self.bridge.choose_size)
        self.bridge.arrived.connect(self._show_newest)
        self.bridge.ended.connect(self._show_end)
        self.bridge.start()

    def _build(self, side: int) -> None:
        self.badge, self.reason, self.hint = make_badge("connecting"), QLabel(""), QLabel(HINT)
        self.reason.setObjectName("reason")
        self.hint.setObjectName("hint")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.size_bar = SizeBar(side)
        self.original = Panel("ORIGINAL", "the original picture")
        self.received = Panel("RECEIVED", "the picture as the call shows it")
        self.h265 = Panel("H.265 FOR COMPARISON", "the original through H.265 at the lowest bitrate it reaches")
        page = QWidget()
        page.setObjectName("page")
        column = QVBoxLayout(page)
        column.setContentsMargins(20, 16, 20, 12)
        column.setSpacing(14)
        column.addLayout(header_row(self.badge, self.reason, self.size_bar))
        panels = QHBoxLayout()
        panels.setSpacing(14)
        for panel in (self.original, self.received, self.h265):
            panels.addWidget(panel, stretch=1)
        column.addLayout(panels, stretch=1)
        column.addWidget(self._figures())
        column.addWidget(self.hint)
        self.setCentralWidget(page)

    def _figures(self) -> QFrame:
        self.tiles = {
            "payload_kbps": FigureTile("Picture", "kbps", 1, "The picture's stream alone, without packet headers"),
            "wire_kbps_out": FigureTile("Wire, out", "kbps", 0, "All packets to the viewer, with sound and headers"),
            "wire_kbps_back": FigureTile("Wire, back", "kbps", 0, "All packets to the camera, with sound and headers"),
            "audio_kbps": FigureTile("Sound", "kbps", 1, "The sound's stream alone, without packet headers"),
            "fps": FigureTile("Shown", "fps", 0, "Pictures shown per second"),
            "latency_ms": FigureTile("Latency", "ms", 0, "From the camera to the screen, median"),
        }
        return figures_card(self.tiles.values())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  # Qt's name
        """The keys that the hint at the bottom names."""
        key = Qt.Key(event.key())
        if key in SIZE_KEYS:
            self.size_bar.choose(SIZE_KEYS[key])
        elif key in {Qt.Key.Key_Up, Qt.Key.Key_Down}:
            self.size_bar.step(1 if key == Qt.Key.Key_Up else -1)
        elif key == Qt.Key.Key_Space:
            self._toggle_hold()
        elif key == Qt.Key.Key_F:
            self._toggle_full_screen()
        elif key == Qt.Key.Key_Escape:
            self._escape()
        else:
            super().keyPressEvent(event)

    def _show_newest(self) -> None:
        comparison = self.bridge.take()
        if comparison is None or self._held:
            return
        self.latest = comparison.shown
        self.original.picture.show_picture(comparison.original)
        self.received.picture.show_picture(comparison.shown.rgb)
        self.h265.picture.show_picture(comparison.h265)
        if comparison.shown.t_shown_ns - self._figures_ns >= FIGURES_NS:
            self._figures_ns = comparison.shown.t_shown_ns
            self._show_figures(comparison)

    def _show_figures(self, comparison: Comparison) -> None:
        shown = comparison.shown
        for name, tile in self.tiles.items():
            tile.show_value(getattr(shown.stats, name))
        height, width = shown.rgb.shape[:2]
        self.original.figure.setText("camera")
        self.original.detail.setText("as it was filmed")
        self.received.figure.setText(f"{shown.stats.payload_kbps:.1f} kbps")
        self.received.detail.setText(f"{width} × {height}")
        self.h265.figure.setText(f"{comparison.h265_kbps:.1f} kbps")
        self.h265.detail.setText(f"256 × 256, {comparison.h265_note}")
        self.badge.setText(MODE_NAMES[shown.mode])
        self.reason.setText(shown.reason)
        tint_badge(self.badge, shown.mode)

    def _show_end(self) -> None:
        if self.bridge.error is not None:
            tint_badge(self.badge, "fault")
            self.badge.setText("ended")
            self.reason.setText(str(self.bridge.error))
        elif self.bridge.report is not None:
            tint_badge(self.badge, "")
            self.badge.setText("ended")
            self.reason.setText(f"the call is over after {self.bridge.report.seconds:.0f} seconds")
        if self._close_at_end:
            self.close()

    def _toggle_hold(self) -> None:
        self._held = not self._held
        self.hint.setText("Held: the call goes on. Space continues." if self._held else HINT)

    def _toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _escape(self) -> None:
        if self.isFullScreen():
            self._toggle_full_screen()
        else:
            self.close()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802  # Qt's name
        """Ends the call; the window vanishes first, because hanging up may take a moment."""
        self.hide()
        self.bridge.stop()
        event.accept()


def show_demo(options: DemoOptions, close_at_end: bool = False, run: RunDemo = run_demo) -> DemoReport | None:
    """Opens the window, holds the call in it, and returns when it is closed.

    Args:
        options: what to show.
        close_at_end: whether the window closes by itself when the call is over.
        run: what holds the call.

    Returns:
        The call's figures, or None when it was closed before there were any.

    Raises:
        ValueError: there is no display.
        Exception: what ended the call before its time.
    """
    make_application()
    window = DemoWindow(options, run, close_at_end)
    window.show()
    run_until_closed(window.close)
    _remember_size(window.bridge.size[0])
    if window.bridge.error is not None:
        raise window.bridge.error
    return window.bridge.report


def _remember_size(side: int) -> None:
    settings = load_settings()
    if side != settings.size:
        save_settings(replace(settings, size=side))
