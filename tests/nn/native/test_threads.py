"""The pool: counts, forks, crowding, and threads that go when it goes."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from makima.errors import ConfigError
from makima.nn.native.quantized import QuantizedMatrix
from makima.nn.native.threads import ThreadPool, usable_cores

from .test_quantized import activations, weight_of


def threads_of_this_process() -> int:
    return len(os.listdir("/proc/self/task"))


def multiply(pool: ThreadPool) -> Any:
    return QuantizedMatrix.pack(weight_of(256, 256), "int4", pool=pool).product(activations(3, 256), pool=pool)


def test_a_pool_has_as_many_threads_as_asked() -> None:
    assert ThreadPool(3).threads == 3
    assert ThreadPool().threads == usable_cores()
    for count in (0, 65):
        with pytest.raises(ConfigError, match=f"threads: {count}"):
            ThreadPool(count)


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="counts threads in /proc")
def settled_threads() -> int:
    """How many there are once those that other tests have left behind have ended."""
    found, pause = threads_of_this_process(), threading.Event()
    for _ in range(100):
        pause.wait(0.2)
        if found == (found := threads_of_this_process()):
            break
    return found


def test_threads_go_with_the_pool() -> None:
    gc.collect()
    before = settled_threads()
    pool = ThreadPool(4)
    multiply(pool)
    assert threads_of_this_process() == before + 3
    del pool
    gc.collect()
    assert threads_of_this_process() == before


@pytest.mark.parametrize("spin_us", [0, 200])
def test_workers_that_sleep_wake_up(spin_us: int) -> None:
    pool = ThreadPool(3, spin_us=spin_us)
    expected = multiply(ThreadPool(1))
    pause = threading.Event()
    for _ in range(20):
        np.testing.assert_array_equal(multiply(pool), expected)
        pause.wait(0.002)  # longer than they spin


def test_more_threads_than_cores_finish() -> None:
    np.testing.assert_array_equal(multiply(ThreadPool(4 * usable_cores())), multiply(ThreadPool(1)))


def test_a_pool_serves_one_call_at_a_time() -> None:
    pool, expected = ThreadPool(2), multiply(ThreadPool(1))
    with ThreadPoolExecutor(4) as executor:
        for result in executor.map(lambda _: multiply(pool), range(40)):
            np.testing.assert_array_equal(result, expected)


def _child(pool: ThreadPool, results: Any) -> None:
    results.put(multiply(pool))


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_starts_its_own_threads() -> None:
    pool = ThreadPool(2)
    expected = multiply(pool)
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    child = context.Process(target=_child, args=(pool, results))
    child.start()
    try:
        np.testing.assert_array_equal(results.get(timeout=30), expected)
    finally:
        child.join(30)
    assert child.exitcode == 0
    np.testing.assert_array_equal(multiply(pool), expected)
