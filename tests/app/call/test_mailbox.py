"""Latest wins, short queues keep their order, both count what they drop and let waiters go."""

import threading
import time

from app.call.mailbox import Backlog, Mailbox
from app.call.stage import Stage


def test_latest_value_wins() -> None:
    box: Mailbox[int] = Mailbox()
    for value in (1, 2, 3):
        box.put(value)
    assert box.take(0) == 3
    assert box.take(0) is None
    assert box.dropped == 2


def test_backlog_keeps_order_and_refuses_when_full() -> None:
    backlog: Backlog[int] = Backlog(2)
    assert [backlog.put(value) for value in (1, 2, 3)] == [True, True, False]
    assert (backlog.take(0), backlog.dropped) == (1, 1)
    backlog.put(4)
    assert backlog.take_all() == [2, 4]
    assert backlog.take(0) is None


def test_closing_lets_waiters_go() -> None:
    box: Mailbox[int] = Mailbox()
    backlog: Backlog[int] = Backlog(1)
    took: list[object] = []
    threads = [threading.Thread(target=lambda queue=queue: took.append(queue.take(60))) for queue in (box, backlog)]
    for thread in threads:
        thread.start()
    box.close()
    backlog.close()
    for thread in threads:
        thread.join(10)
    assert took == [None, None]


class Counting(Stage):
    def __init__(self, fail_at: int, failures: list[str]) -> None:
        super().__init__("counting", lambda name, exc: failures.append(f"{name}: {exc}"))
        self.steps = 0
        self.closed = threading.Event()
        self._fail_at = fail_at

    def step(self) -> None:
        self.steps += 1
        if self.steps == self._fail_at:
            raise RuntimeError("no more")
        time.sleep(0.001)

    def close(self) -> None:
        self.closed.set()


def test_stage_runs_until_stopped() -> None:
    failures: list[str] = []
    stage = Counting(-1, failures)
    stage.start()
    assert any(thread.name == "counting" for thread in threading.enumerate())
    stage.request_stop()
    stage.join()
    assert stage.closed.is_set()
    assert not failures
    assert not any(thread.name == "counting" for thread in threading.enumerate())


def test_stage_that_fails_says_so_and_ends() -> None:
    failures: list[str] = []
    stage = Counting(3, failures)
    stage.start()
    assert stage.closed.wait(10)
    stage.join()
    assert failures == ["counting: no more"]


def test_stage_never_started_joins_at_once() -> None:
    stage = Counting(1, [])
    stage.request_stop()
    stage.join()
