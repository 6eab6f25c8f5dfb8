"""The thread that aiortc runs on."""

import asyncio
import threading

import pytest

from app.net.net_thread import NetThread


async def nothing() -> None:
    """Have nothing to close."""


def test_work_is_done_on_the_thread_and_what_is_left_ends_with_it() -> None:
    net = NetThread()
    net.start()
    ended: list[str] = []

    async def name() -> str:
        return threading.current_thread().name

    async def endless() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append("endless")

    async def spawn() -> asyncio.Task[None]:
        return asyncio.ensure_future(endless())

    async def last() -> None:
        ended.append("last")

    assert net.call(name()) == "net"
    assert not net.call(spawn()).done()
    posted = threading.Event()
    net.post(posted.set)
    assert posted.wait(10)
    net.close(last)
    assert ended == ["last", "endless"]
    net.post(posted.clear)
    assert posted.is_set()
    assert not any(thread.name == "net" for thread in threading.enumerate())


def test_failures_reach_the_caller() -> None:
    net = NetThread()
    net.start()

    async def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        net.call(fail())
    net.close(nothing)


def test_one_that_was_never_started_closes_too() -> None:
    net = NetThread()
    net.close(nothing)
    net.close(nothing)
    net.post(print)
