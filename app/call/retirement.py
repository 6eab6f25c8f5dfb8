"""What ends in its own time: a camera may take seconds to close, and a window must not wait for it."""

from __future__ import annotations

import threading
import time

from app.call.stage import Stage


class Retirement:
    """Knows which threads have been asked to end, so that whoever needs what they hold can wait for them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ending: list[tuple[threading.Thread, object]] = []

    def retire(self, stage: Stage) -> None:
        """Ask a stage to end, and see that it does."""
        stage.request_stop()
        thread = threading.Thread(target=stage.join, name=f"end-of-{stage.name}", daemon=True)
        thread.start()
        self.watch(thread, stage)

    def watch(self, thread: threading.Thread, owner: object) -> None:
        """Watch a thread that has been asked to end; its owner is kept as long as it has not."""
        with self._lock:
            self._ending = [*((old, kept) for old, kept in self._ending if old.is_alive()), (thread, owner)]

    def wait(self, timeout_s: float = 15.0) -> bool:
        """Wait for all of them; False when some have not ended in time."""
        end = time.monotonic() + timeout_s
        with self._lock:
            ending = list(self._ending)
        for thread, _ in ending:
            if thread.ident is not None and thread is not threading.current_thread():
                thread.join(max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread, _ in ending if thread is not threading.current_thread())
