"""Helper processes that are shared, and replaced where they fail."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator

import pytest

from makima.errors import SynthesisFailed
from makima.native_process import NativeProcess, ProcessPool
from tests.native_process.programs import helper, is_alive, is_running, open_descriptors
from tests.support.server.streams import eventually


@pytest.fixture
def make_pool() -> Iterator[Callable[..., ProcessPool[NativeProcess]]]:
    pools: list[ProcessPool[NativeProcess]] = []

    def make(limit: int = 1, answer_s: float = 30.0) -> ProcessPool[NativeProcess]:
        pools.append(ProcessPool(lambda: NativeProcess(helper(answer_s=answer_s)), limit, closed))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


@pytest.fixture
def pool(make_pool: Callable[..., ProcessPool[NativeProcess]]) -> ProcessPool[NativeProcess]:
    return make_pool()


def closed() -> SynthesisFailed:
    return SynthesisFailed("The pool was closed.")


def ask(pool: ProcessPool[NativeProcess]) -> int:
    """Ask something; the process that answered."""
    with pool.taken() as process:
        assert process.ask(b"Q", b"A", b"hello") == b"hello"
        return process.pid


def test_one_process_serves_one_request_after_the_other(pool: ProcessPool[NativeProcess]) -> None:
    assert pool.pids() == []
    assert ask(pool) == ask(pool)
    assert len(pool.pids()) == 1


def test_requests_at_a_time_have_a_process_each(make_pool: Callable[..., ProcessPool[NativeProcess]]) -> None:
    pool = make_pool(limit=2)
    with pool.taken() as first, pool.taken() as second:
        assert first.pid != second.pid
    assert sorted(pool.pids()) == sorted([first.pid, second.pid])


def test_a_request_beyond_the_limit_waits(pool: ProcessPool[NativeProcess]) -> None:
    answered: list[int] = []
    with pool.taken() as process:
        waiting = threading.Thread(target=lambda: answered.append(ask(pool)))
        waiting.start()
        assert process.ask(b"Q", b"A") == b""
        assert answered == []
    waiting.join(30)
    assert answered == [process.pid]


@pytest.mark.parametrize("how", ["exit", "huge", "empty", "wrong kind"])
def test_a_process_that_fails_is_replaced(pool: ProcessPool[NativeProcess], how: str) -> None:
    failed = ask(pool)
    with pytest.raises(SynthesisFailed), pool.taken() as process:
        process.ask(b"X", b"A", how.encode())
    assert ask(pool) != failed
    assert len(pool.pids()) == 1
    assert not is_alive(failed)


def test_a_process_that_hangs_is_replaced(make_pool: Callable[..., ProcessPool[NativeProcess]]) -> None:
    pool = make_pool(answer_s=600.0)
    hung = ask(pool)
    os.kill(hung, signal.SIGSTOP)
    with pytest.raises(SynthesisFailed, match="did not answer and hangs"):
        ask(pool)
    assert ask(pool) != hung
    assert not is_alive(hung)


def test_a_process_that_died_while_idle_costs_no_request(pool: ProcessPool[NativeProcess]) -> None:
    died = ask(pool)
    os.kill(died, signal.SIGKILL)
    assert eventually(lambda: not is_running(died))
    assert ask(pool) != died
    assert not is_alive(died)


def test_a_process_given_back_in_mid_answer_is_replaced(pool: ProcessPool[NativeProcess]) -> None:
    with pool.taken() as process:
        next(process.stream(b"M", b"A", b"1000000000"))
    assert ask(pool) != process.pid


def test_a_start_that_fails_takes_no_place() -> None:
    pool = ProcessPool(lambda: NativeProcess(helper("dead")), 1, closed)
    for _ in range(3):
        with pytest.raises(SynthesisFailed, match="has died"):
            pool.take()
    assert pool.pids() == []


def test_closing_ends_processes_and_those_that_wait(pool: ProcessPool[NativeProcess]) -> None:
    before = open_descriptors()
    process = pool.take()
    failures: list[SynthesisFailed] = []

    def wait() -> None:
        try:
            pool.take()
        except SynthesisFailed as exc:
            failures.append(exc)

    waiting = threading.Thread(target=wait)
    waiting.start()
    pool.close()
    waiting.join(30)
    assert [str(failure) for failure in failures] == ["The pool was closed."]
    with pytest.raises(SynthesisFailed, match="ended"):
        process.ask(b"Q", b"A")
    pool.release(process)
    assert pool.pids() == []
    assert open_descriptors() == before
    assert not is_alive(process.pid)
