"""Virtual environments with the released clients, made once and kept in the user's cache."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from platformdirs import user_cache_path

PINS = Path(__file__).with_name("constraints.txt")
FOLDER = user_cache_path("makima") / "clients"
GROUPS: dict[str, tuple[str, ...]] = {
    "sdks": ("openai", "elevenlabs", "cartesia", "deepgram-sdk", "wyoming", "websockets", "av", "numpy"),
    "pipecat": ("pipecat-ai[openai,cartesia,elevenlabs,deepgram,websocket]", "aiohttp", "httpx", "websockets"),
    "livekit": (
        "livekit-agents",
        "livekit-plugins-openai",
        "livekit-plugins-cartesia",
        "livekit-plugins-elevenlabs",
        "livekit-plugins-deepgram",
        "httpx",
        "websockets",
    ),
}
_PROBE = "wyoming"
"""A small package without dependencies, which shows whether the index can be reached."""


class Unreachable(Exception):
    """The package index cannot be reached, so that what is not installed yet cannot be."""


def python_of(group: str) -> Path:
    """The interpreter of a group's environment."""
    return FOLDER / group / "bin/python"


def site_packages(group: str) -> Path:
    """Where its packages are."""
    return next((FOLDER / group / "lib").glob("python3*/site-packages"))


def is_ready(group: str) -> bool:
    """Whether the environment is there, with the pins of today."""
    stamp = _stamp(group)
    return stamp.is_file() and stamp.read_text() == _digest(group)


def make(group: str) -> None:
    """Make the environment where it is not there yet.

    Raises: Unreachable; CalledProcessError where something cannot be installed though the index can be reached
    """
    if is_ready(group):
        return
    print(f"Installing the clients of the group {group} into {FOLDER / group} ...", flush=True)
    # Neither pip nor bytecode goes into it: both take as long as all the rest, and little of the latter is ever used.
    _run(sys.executable, "-m", "venv", "--clear", "--without-pip", str(FOLDER / group))
    try:
        _pip(group, "install", "--quiet", "--no-compile", "-c", str(PINS), *GROUPS[group])
    except subprocess.CalledProcessError:
        if not _reachable(group):
            raise Unreachable from None
        raise
    _stamp(group).write_text(_digest(group))


def _reachable(group: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        try:
            _pip(group, "download", "--quiet", "--no-deps", "--no-cache-dir", "-d", folder, "-c", str(PINS), _PROBE)
        except subprocess.CalledProcessError:
            return False
    return True


def _pip(group: str, *arguments: str) -> None:
    _run(sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python_of(group)), *arguments)


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


def _stamp(group: str) -> Path:
    return FOLDER / group / "installed.txt"


def _digest(group: str) -> str:
    known = "\n".join((sys.version.split()[0], *GROUPS[group], PINS.read_text(encoding="utf-8")))
    return hashlib.sha256(known.encode()).hexdigest()
