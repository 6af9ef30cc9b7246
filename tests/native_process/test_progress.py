"""Which processes get anywhere."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from makima.native_process.progress import Progress
from tests.support.server.streams import eventually

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the system does not tell")

SLEEPS = "import time; print(flush=True); time.sleep(600)"
WORKS = "print(flush=True)\nwhile True: pass"
IN_A_CHILD = "import os, time\nif os.fork():\n    print(flush=True); time.sleep(600)\nwhile True: pass"


@pytest.mark.parametrize(("program", "made"), [(SLEEPS, False), (WORKS, True), (IN_A_CHILD, True)])
def test_progress(program: str, made: bool) -> None:
    with subprocess.Popen(
        [sys.executable, "-S", "-c", program], stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        progress = Progress(process.pid)
        assert progress.made(), "nothing is known at first"
        assert eventually(lambda: progress.made() is made)
        process.send_signal(signal.SIGSTOP)
        if program == WORKS:
            assert eventually(lambda: not progress.made())
        process.kill()
        if program == IN_A_CHILD:
            subprocess.run(["pkill", "-9", "-s", str(process.pid)], check=False)


def test_a_process_that_is_not_there() -> None:
    assert Progress(2**22 + 1).made()
