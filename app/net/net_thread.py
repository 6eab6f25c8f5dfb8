"""The thread on which everything of aiortc happens: an asyncio loop of its own, and ways to it from other threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")

CALL_TIMEOUT_S = 15.0
"""Longest wait for the net thread; candidates are gathered in milliseconds where no server is asked."""

LOOKUPS_MAX = 4
"""Servers' names that are looked up at once."""


class NetThread:
    """Runs a loop from `start` to `close`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._lookups = ThreadPoolExecutor(LOOKUPS_MAX, "lookup")
        self._loop.set_default_executor(self._lookups)
        self._thread = threading.Thread(target=self._run, name="net", daemon=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.close()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Do work on the thread and wait for what it gives; never from the thread itself."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_TIMEOUT_S)

    def post(self, work: Callable[..., None], *arguments: object) -> None:
        """Run a function on the thread, some time soon; nothing happens once it is closed."""
        if not self._loop.is_closed():
            try:
                self._loop.call_soon_threadsafe(work, *arguments)
            except RuntimeError:  # closed in between
                return

    def close(self, last_work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do the last work, end what is left over, and end the thread.

        Args:
            last_work: closes what is open.
        """
        if not self._thread.is_alive():
            if not self._loop.is_closed():
                self._loop.close()
            return
        try:
            self.call(self._shut(last_work))
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(CALL_TIMEOUT_S)

    async def _shut(self, last_work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        await last_work()
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        # Without waiting: a name that nobody answers for is looked up for many seconds, and nothing can stop that.
        self._lookups.shutdown(wait=False, cancel_futures=True)
