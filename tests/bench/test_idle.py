"""When a process rests, seen from outside."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time

import pytest

from makima.bench.idle import Activity, activity, at_rest_s, can_tell

pytestmark = pytest.mark.skipif(not can_tell(), reason="this system does not account for processor time")

WORKS_THEN_RESTS = """
import sys, time
print("ready", flush=True)
sys.stdin.readline()
begun = time.process_time()
while time.process_time() < begun + 0.2:
    pass
print(time.perf_counter(), flush=True)
time.sleep(60)
"""


def test_rest_begins_when_work_ends() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WORKS_THEN_RESTS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        begun_s = time.perf_counter()
        process.stdin.write("\n")
        process.stdin.flush()
        time.sleep(0.05)  # it may take a while to wake up
        rest_s = asyncio.run(at_rest_s(process.pid))
        ended_s = float(process.stdout.readline())
        process.kill()
    assert rest_s is not None
    assert rest_s > begun_s + 0.1
    assert rest_s == pytest.approx(ended_s, abs=0.2)


def test_a_process_that_is_gone_takes_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert activity(process.pid) == Activity()
