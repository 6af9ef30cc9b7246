"""The threads that texts are read on."""

from __future__ import annotations

import logging
import threading

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
