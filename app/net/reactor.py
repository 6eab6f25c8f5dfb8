"""The thread of Twisted, which magic-wormhole and its mailbox server are written for.

A process has one reactor for all its life, while every `Peer` has an event loop of its own; so what needs Twisted gets
a thread that all meetings share. It starts with the first of them and lasts as long as the process, asleep while there
are none. Twisted, magic-wormhole and autobahn are imported there and not before: whoever imports the reactor first
decides which one it is.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

TWISTED_LOG = "app.net.twisted"
"""Where Twisted's log goes, for whoever sets logging up."""

START_TIMEOUT_S = 60.0
"""Longest wait for Twisted's first import, which reads a few hundred files."""

CALL_TIMEOUT_S = 15.0
"""Longest wait for a function on the thread; none of them waits for the network."""

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def call(work: Callable[[], T]) -> T:
    """Run a function on Twisted's thread and give what it returns.

    Raises:
        RuntimeError: the process has another reactor already, or the thread is stuck.
        Exception: whatever ``work`` raises.
    """
    loop = _started()

    async def run() -> T:
        return work()

    try:
        return asyncio.run_coroutine_threadsafe(run(), loop).result(CALL_TIMEOUT_S)
    except TimeoutError as exc:
        raise RuntimeError("the signalling thread does not answer") from exc


def post(work: Callable[..., None], *arguments: object) -> None:
    """Run a function on Twisted's thread some time soon."""
    _started().call_soon_threadsafe(work, *arguments)


def get() -> Any:
    """Give the reactor; on its own thread only."""
    from twisted.internet import reactor

    return reactor


def _started() -> asyncio.AbstractEventLoop:
    global _loop
    with _lock:
        if _loop is None:
            _loop = _start()
        return _loop


def _start() -> asyncio.AbstractEventLoop:
    # Twisted watches file descriptors, which Windows's default loop cannot.
    loop = asyncio.SelectorEventLoop()
    ready = threading.Event()
    failures: list[Exception] = []

    def run() -> None:
        asyncio.set_event_loop(loop)
        try:
            _install(loop)
        except Exception as exc:
            failures.append(exc)
            ready.set()
            return
        loop.call_soon(ready.set)
        loop.run_forever()

    threading.Thread(target=run, name="signalling", daemon=True).start()
    if not ready.wait(START_TIMEOUT_S):
        raise RuntimeError("the signalling thread does not start")
    if failures:
        raise RuntimeError(f"the signalling thread cannot start: {failures[0]}") from failures[0]
    atexit.register(_stop, loop)
    return loop


def _install(loop: asyncio.AbstractEventLoop) -> None:
    from twisted.internet import asyncioreactor

    install: Callable[[asyncio.AbstractEventLoop], None] = asyncioreactor.install
    install(loop)
    from twisted.logger import STDLibLogObserver, globalLogBeginner

    # Otherwise Twisted keeps what it logs in memory and prints failures to standard error.
    observer: Any = STDLibLogObserver(TWISTED_LOG)
    # Without a handler of its own, what it says of closed connections would be printed in the middle of everything.
    logging.getLogger(TWISTED_LOG).addHandler(logging.NullHandler())
    globalLogBeginner.beginLoggingTo([observer], redirectStandardIO=False)
    reactor = get()
    # Names are looked up in threads; ones that are not daemons would keep a process from ending.
    reactor.getThreadPool().threadFactory = _DaemonThread
    reactor.startRunning(installSignalHandlers=False)


class _DaemonThread(threading.Thread):
    def __init__(self, *arguments: Any, **values: Any) -> None:
        super().__init__(*arguments, **(values | {"daemon": True}))


def _stop(loop: asyncio.AbstractEventLoop) -> None:
    """End the reactor with the process, so that its threads do not outlive the interpreter's modules."""
    stopped = threading.Event()

    def stop() -> None:
        get().stop()
        loop.call_soon(stopped.set)

    loop.call_soon_threadsafe(stop)
    stopped.wait(1.0)
