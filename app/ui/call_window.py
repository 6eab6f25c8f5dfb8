"""A call's window: the other person, the code while nobody has come, and the six pictures of the safety string."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QMainWindow, QVBoxLayout, QWidget

from app.call.meeting import MeetingEvents, MeetingOptions, MeetingReport, hold_meeting
from app.call.shown import ShownFrame
from app.call.wishes import Wishes
from app.settings import load_settings, save_settings
from app.ui.application import make_application
from app.ui.demo_window import FIGURES_NS, MODE_NAMES, SIZE_KEYS, Panel, SizeBar
from app.ui.frame import figures_card, header_row, make_badge, tint_badge
from app.ui.picture import FigureTile

HoldMeeting = Callable[..., MeetingReport]
"""`app.call.meeting.hold_meeting`, or what stands in for it in a test."""

T = TypeVar("T")

HINT = "1–5  resolution      M  mute      F  full screen      Esc  hang up"


class CallBridge(QObject):
    """Holds a call in a thread of its own, and hands its newest picture and its news to the window.

    Args:
        options: what call.
        events: told too, whatever happens.
        hold: what holds the call.
    """

    arrived = Signal()
    code_given = Signal(str)
    phase_changed = Signal(str)
    safety_known = Signal(str, str)
    ended = Signal()

    def __init__(self, options: MeetingOptions, events: MeetingEvents, hold: HoldMeeting = hold_meeting) -> None:
        super().__init__()
        self.report: MeetingReport | None = None
        self.error: Exception | None = None
        self.size = options.session.size
        self.mute = options.session.mute
        self._options = options
        self._events = events
        self._hold = hold
        self._waiting: ShownFrame | None = None
        self._lock = threading.Lock()
        self._wishes = Wishes()
        self._thread = threading.Thread(target=self._run, name="call", daemon=True)

    def start(self) -> None:
        """Begins the call."""
        self._thread.start()

    def stop(self, timeout_s: float = 15.0) -> bool:
        """Hangs up and waits for the call's thread; False when it did not end in time."""
        self._wishes.leave.set()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def choose_size(self, side: int) -> None:
        """Asks for pictures of `side` by `side` pixels from now on."""
        self.size = self._wishes.size = (side, side)

    def take(self) -> ShownFrame | None:
        """The newest picture, once."""
        with self._lock:
            waiting, self._waiting = self._waiting, None
        return waiting

    def _run(self) -> None:
        events, said = self._events, self._news()
        both = MeetingEvents(
            _both(events.on_code, said.on_code),
            _both(events.on_phase, said.on_phase),
            _both(events.on_safety, said.on_safety),
            events.on_event,
        )
        try:
            self.report = self._hold(self._options, both, self._put, self._wishes)
        except Exception as error:  # it is shown in the window, and raised again when that closes
            self.error = error
        self.ended.emit()

    def _news(self) -> MeetingEvents:
        return MeetingEvents(
            self.code_given.emit,
            self.phase_changed.emit,
            lambda safety: self.safety_known.emit(safety.emoji, safety.names),
        )

    def _put(self, shown: ShownFrame) -> None:
        with self._lock:
            first = self._waiting is None
            self._waiting = shown
        if first and not self._wishes.leave.is_set():
            self.arrived.emit()


def _both(first: Callable[[T], None], second: Callable[[T], None]) -> Callable[[T], None]:
    def tell(news: T) -> None:
        first(news)
        second(news)

    return tell


class CallWindow(QMainWindow):
    """Shows a call.

    Args:
        options: what call.
        events: told too, whatever happens.
        hold: what holds the call.
    """

    def __init__(self, options: MeetingOptions, events: MeetingEvents, hold: HoldMeeting = hold_meeting) -> None:
        super().__init__()
        self.setWindowTitle("Visavis")
        self.bridge = CallBridge(options, events, hold)
        self.code: str | None = None
        self._figures_ns = 0
        self._phase = "preparing"
        self._build(options.session.size[0])
        self.size_bar.chosen.connect(self._choose_size)
        self.bridge.arrived.connect(self._show_newest)
        self.bridge.code_given.connect(self._show_code)
        self.bridge.phase_changed.connect(self._show_phase)
        self.bridge.safety_known.connect(self._show_safety)
        self.bridge.ended.connect(self._show_end)
        self.bridge.start()

    def _build(self, side: int) -> None:
        self.badge, self.news, self.safety = make_badge("preparing"), QLabel(""), QLabel("")
        self.news.setObjectName("reason")
        self.news.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.safety.setObjectName("detail")
        self.size_bar = SizeBar(side)
        self.received = Panel("THE OTHER PERSON", "the other person, as the call shows them")
        self.received.figure.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        hint = QLabel(HINT)
        hint.setObjectName("hint")
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        page = QWidget()
        page.setObjectName("page")
        column = QVBoxLayout(page)
        column.setContentsMargins(20, 16, 20, 12)
        column.setSpacing(14)
        column.addLayout(header_row(self.badge, self.news, self.size_bar))
        column.addWidget(self.received, stretch=1)
        column.addWidget(self._figures())
        column.addWidget(self.safety)
        column.addWidget(hint)
        self.setCentralWidget(page)

    def _figures(self) -> QFrame:
        self.tiles = {
            "payload_kbps": FigureTile("Picture", "kbps", 1, "The other's picture alone, without packet headers"),
            "wire_kbps_out": FigureTile("Wire, in", "kbps", 0, "All packets from the other end, with headers"),
            "wire_kbps_back": FigureTile("Wire, out", "kbps", 0, "All packets to the other end, with headers"),
            "audio_kbps": FigureTile("Sound", "kbps", 1, "The sound's stream alone, without packet headers"),
            "fps": FigureTile("Shown", "fps", 0, "Pictures shown per second"),
        }
        return figures_card(self.tiles.values())

    def _choose_size(self, side: int) -> None:
        self.bridge.choose_size(side)

    def _show_newest(self) -> None:
        shown = self.bridge.take()
        if shown is None:
            return
        self.received.picture.show_picture(shown.rgb)
        if shown.t_shown_ns - self._figures_ns < FIGURES_NS or self._phase == "reconnecting":
            return
        self._figures_ns = shown.t_shown_ns
        for name, tile in self.tiles.items():
            tile.show_value(getattr(shown.stats, name))
        height, width = shown.rgb.shape[:2]
        self.received.figure.setText(f"{shown.stats.payload_kbps:.1f} kbps")
        self.received.detail.setText(f"{width} × {height}")
        self._say(MODE_NAMES[shown.mode], shown.reason, shown.mode)

    def _say(self, badge: str, news: str, tone: str) -> None:
        self.badge.setText(badge)
        self.news.setText(news)
        tint_badge(self.badge, tone)

    def _show_code(self, code: str) -> None:
        self.code = code
        self.received.figure.setText(code)
        self.received.detail.setText("the other person types this code")

    def _show_phase(self, phase: str) -> None:
        self._phase = phase
        self._say(phase, "", "fault" if phase == "reconnecting" else "")

    def _show_safety(self, emoji: str, names: str) -> None:
        self.safety.setText(f"{emoji}    {names}: the other person must see the same")

    def _show_end(self) -> None:
        if self.bridge.error is not None:
            self._say("ended", str(self.bridge.error), "fault")
        elif self.bridge.report is not None:
            self._say("ended", self.bridge.report.ended, "")
            if self.bridge.report.ended == "its time was over":
                self.close()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  # Qt's name
        """The keys that the hint at the bottom names."""
        key = Qt.Key(event.key())
        if key in SIZE_KEYS:
            self.size_bar.choose(SIZE_KEYS[key])
        elif key == Qt.Key.Key_M:
            self._toggle_mute()
        elif key == Qt.Key.Key_F or (key == Qt.Key.Key_Escape and self.isFullScreen()):
            self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)
        elif key == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def _toggle_mute(self) -> None:
        mute = self.bridge.mute
        if mute.is_set():
            mute.clear()
        else:
            mute.set()
        self.setWindowTitle("Visavis, muted" if mute.is_set() else "Visavis")

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802  # Qt's name
        """Hangs up; the window vanishes first, because that may take a moment."""
        self.hide()
        self.bridge.stop()
        event.accept()


def show_call(options: MeetingOptions, events: MeetingEvents, hold: HoldMeeting = hold_meeting) -> MeetingReport:
    """Opens the window, holds the call in it, and returns when it is closed.

    Args:
        options: what call.
        events: told too, whatever happens.
        hold: what holds the call.

    Raises:
        ValueError: there is no display.
        Exception: what ended the call before its time.
    """
    application = make_application()
    window = CallWindow(options, events, hold)
    window.show()
    # Python sees a Ctrl-C only when it runs: wake it up now and then.
    previous = signal.signal(signal.SIGINT, lambda number, frame: window.close())
    wake = QTimer()
    wake.timeout.connect(lambda: None)
    wake.start(200)
    try:
        application.exec()
    finally:
        wake.stop()
        signal.signal(signal.SIGINT, previous)
    settings = load_settings()
    if window.bridge.size[0] != settings.size:
        save_settings(replace(settings, size=window.bridge.size[0]))
    if window.bridge.error is not None:
        raise window.bridge.error
    if window.bridge.report is None:
        raise RuntimeError("closed before the call began")
    return window.bridge.report
