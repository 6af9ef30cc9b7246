"""What processes hold, and how their memory grows."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading

import pytest

from makima.bench.soak.holdings import (
    Holdings,
    MemoryWatch,
    Sample,
    can_tell,
    family,
    holdings,
    memory_mib,
    settled_from_s,
    slope_mib_per_min,
)

needs_proc = pytest.mark.skipif(not can_tell(), reason="this system does not tell what processes hold")


@needs_proc
def test_a_socket_a_thread_and_a_process_are_seen() -> None:
    before = holdings(os.getpid())
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    with socket.socket(), subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        thread.start()
        more = holdings(os.getpid()).over(before)
        assert child.pid in family(os.getpid())
        assert (more["sockets"], more["threads"], more["processes"]) == (1, 1, 1)
        stop.set()
        thread.join()
    assert not holdings(os.getpid()).over(before)


@needs_proc
def test_memory_is_that_of_all_processes() -> None:
    watch = MemoryWatch(os.getpid())
    watch.look()
    (sample,) = watch.samples
    assert 0 < sample.own_mib <= sample.all_mib
    assert memory_mib(os.getpid()) > 0


def test_what_there_is_more_of() -> None:
    assert Holdings(5, 2, 9, 4).over(Holdings(5, 3, 8, 4)) == {"descriptors": 1}


def test_the_slope_is_that_of_the_late_samples() -> None:
    early = [Sample(float(second), 100 + 10 * second, 50) for second in range(0, 180, 30)]
    late = [Sample(float(second), 500 + second / 60, 50) for second in range(180, 600, 30)]
    assert slope_mib_per_min([*early, *late], 180) == pytest.approx(1.0)
    assert slope_mib_per_min(early, 180) is None


@pytest.mark.parametrize(("duration_s", "from_s"), [(600, 180), (60, 40)])
def test_from_when_on_memory_must_be_flat(duration_s: float, from_s: float) -> None:
    assert settled_from_s(duration_s) == from_s
