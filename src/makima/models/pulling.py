"""Fetching from the hub in a process of its own: it can be ended at any time, and its progress is what is on the disk.

Run as a program, it fetches the model that its arguments name, and prints one line of JSON: {`error`, `mend`}, or {}.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Final

from makima.errors import AssetError
from makima.models import hub

LOOK_EVERY_S: Final = 0.3
END_S: Final = 5.0
_NOT_YET: Final = 0.99
"""Of the size that a release is said to have: it may be smaller, and what has come must still be checked."""


def pull(name: str, quantize: str, size_bytes: int, report: Callable[[int, int], None]) -> None:
    """Fetch a model, or what is missing of it. `report` hears how many bytes are there, of about `size_bytes`.

    What `report` raises ends the fetch; what has come is kept for the next one.

    Raises: AssetError where it cannot be fetched; and what `report` raises
    """
    command = [sys.executable, "-m", __name__, name, quantize]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            while process.poll() is None:
                report(min(hub.cached_bytes(name), int(_NOT_YET * size_bytes)), size_bytes)
                time.sleep(LOOK_EVERY_S)
        except BaseException:
            _end(process)
            raise
        printed = process.stdout.read() if process.stdout is not None else b""
    try:
        told = json.loads(printed.splitlines()[-1])
    except (ValueError, IndexError):
        raise AssetError(name, f"Its fetch ended with status {process.returncode}.", mend="Try again.") from None
    if "error" in told:
        raise AssetError(name, told["error"], mend=told["mend"])


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()


def main(name: str, quantize: str) -> None:
    """Fetch, and print how that went."""
    told: dict[str, str | None] = {}
    try:
        hub.pull(name, quantize=quantize)
    except AssetError as exc:
        told = {"error": exc.message, "mend": exc.mend}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
