"""The call's thread on one side, the window's on the other, and room for one picture between them."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.call.comparison import Comparator, Comparison
from app.call.demo import DemoOptions, DemoReport, run_demo
from app.call.shown import ShownFrame

RunDemo = Callable[..., DemoReport]
"""`app.call.demo.run_demo`, or what stands in for it in a test."""

Size = tuple[int, int]


class DemoBridge(QObject):
    """Runs a demo call in a thread of its own and hands its newest picture to the window.

    A picture that the window did not take before the next one came is dropped and counted; the call never waits.

    Args:
        options: what to show.
        run: what holds the call.
    """

    arrived = Signal()
    """A picture waits to be taken. Not emitted again before it is."""

    ended = Signal()
    """The call is over; `report` or `error` says how it went."""

    def __init__(self, options: DemoOptions, run: RunDemo = run_demo) -> None:
        super().__init__()
        self.report: DemoReport | None = None
        self.error: Exception | None = None
        self.dropped = 0
        self._options = options
        self._run = run
        self._size: Size = options.size
        self._waiting: Comparison | None = None
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._hold, name="demo-call", daemon=True)

    @property
    def size(self) -> Size:
        """The output size that the call was last asked for, (width, height) in pixels."""
        return self._size

    def start(self) -> None:
        """Begins the call."""
        self._thread.start()

    def stop(self, timeout_s: float = 15.0) -> bool:
        """Ends the call and waits for its thread; False when it did not end in time."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def choose_size(self, side: int) -> None:
        """Asks for pictures of `side` by `side` pixels from now on."""
        self._size = (side, side)

    def take(self) -> Comparison | None:
        """The newest picture, once."""
        with self._lock:
            waiting, self._waiting = self._waiting, None
        return waiting

    def _hold(self) -> None:
        try:
            comparator = Comparator(self._options.clip)
            try:
                self.report = self._run(
                    self._options,
                    on_frame=lambda shown: self._put(comparator, shown),
                    should_stop=self._stop.is_set,
                    wanted_size=lambda: self._size,
                )
            finally:
                comparator.close()
        except Exception as error:  # it is shown in the window, and raised again when that closes
            self.error = error
        self.ended.emit()

    def _put(self, comparator: Comparator, shown: ShownFrame) -> None:
        comparison = comparator.compare(shown)
        with self._lock:
            first = self._waiting is None
            self.dropped += not first
            self._waiting = comparison
        if first and not self._stop.is_set():
            self.arrived.emit()
