"""The threads that texts are read on."""

from __future__ import annotations

import gc
import logging
import threading
import weakref

import pytest

from makima.engines.front_end.threads import TextThreads


def fails() -> None:
    raise OSError(28, "No space left on device")


def test_a_task_that_fails_costs_no_thread(caplog: pytest.LogCaptureFixture) -> None:
    work, done = TextThreads(1), threading.Event()
    work.run(fails)
    work.run_after(0.0, fails)
    work.run(done.set, rank=1)
    assert done.wait(10)
    assert all(record.exc_info is None for record in caplog.records)
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


class Held:
    """Something that a task holds."""

    def run(self) -> None:
        pass


def test_a_thread_that_waits_holds_no_task() -> None:
    work, done, held = TextThreads(1), threading.Event(), Held()
    kept = weakref.ref(held)
    work.run(held.run)
    work.run(done.set, rank=1)
    assert done.wait(10)
    del held
    gc.collect()
    assert kept() is None
    again = threading.Event()
    work.run(again.set)
    assert again.wait(10), "and it goes on"
