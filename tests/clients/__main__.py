"""`make clients`: starts a server, and runs every released client's checks against it, and ours inside frameworks.

Arguments: names of groups (sdks, pipecat, livekit); all without any. `--installed` adds those whose environments are
there already.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.clients import environments
from tests.support.server.servers import ColdServer

LIMIT_S = 900.0
"""For all checks together: what takes longer hangs. Where nothing else runs they take a minute or two."""

INSTALLED = "--installed"
ROOT = Path(__file__).parents[2]
CHECKS = {"sdks": "sdks", "pipecat": "pipecat_services", "livekit": "livekit_plugins"}
OWN_TESTS = {"pipecat": "tests/integrations/test_pipecat.py", "livekit": "tests/integrations/test_livekit.py"}
RECIPES = "tests/docs/test_integrations.py"
_PYTEST = """
import sys
sys.path.append(sys.argv[1])  # behind our own packages, so that only what is missing comes from there
import pytest
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", *sys.argv[2:]]))
"""


def main(groups: list[str]) -> int:
    """0 where all passed, or where nothing can be installed; else 1."""
    try:
        for group in groups:
            environments.make(group)
    except environments.Unreachable:
        print("SKIPPED: the package index cannot be reached, and the clients are not installed yet.")
        return 0
    began_s = time.monotonic()
    failed: list[str] = []
    quiet = {**os.environ, "LOGURU_LEVEL": "WARNING"}  # Pipecat's log

    def run(name: str, *command: str) -> None:
        print(f"== {name}", flush=True)
        started_s = time.monotonic()
        left_s = LIMIT_S - (time.monotonic() - began_s)
        try:
            done = subprocess.run(command, cwd=ROOT, env=quiet, check=False, timeout=max(1.0, left_s))
        except subprocess.TimeoutExpired:
            print(f"It took longer than the {LIMIT_S:.0f} s that there are for all.")
            failed.append(name)
        else:
            failed.extend([name] if done.returncode else [])
            print(f"   {time.monotonic() - started_s:.0f} s", flush=True)

    with tempfile.TemporaryDirectory() as folder, _Server(Path(folder)) as (url, port):
        for group in groups:
            run(
                group, str(environments.python_of(group)), "-m", f"tests.clients.checks.{CHECKS[group]}", url, str(port)
            )
    for group in groups:
        if group in OWN_TESTS:
            packages = str(environments.site_packages(group))
            run(f"makima.integrations.{group}", sys.executable, "-c", _PYTEST, packages, OWN_TESTS[group])
    # The others are run by `make test`.
    run("docs/integrations", sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "clients", RECIPES)
    print(f"{time.monotonic() - began_s:.0f} s; failed: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


class _Server:
    """The product as people start it, with the embedded voice: what that speaks is always the same."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port: int = probe.getsockname()[1]
        arguments = ("--engine", "espeak", "--wyoming", "--wyoming-port", str(self._port))
        own = {"MAKIMA_DATA_DIR": str(folder), "MAKIMA_FETCH": "0", "MAKIMA_WATERMARK": "off"}
        for name in list(os.environ):
            if name.startswith(("TTS_", "MAKIMA_")):
                del os.environ[name]  # settings must not decide the checks
        self._server = ColdServer(folder, *arguments, **own)

    def __enter__(self) -> tuple[str, int]:
        return self._server.url, self._port

    def __exit__(self, *_: object) -> None:
        self._server.__exit__(None, None, None)


def _groups(arguments: list[str]) -> list[str]:
    named = {name for name in arguments if name in environments.GROUPS}
    if INSTALLED in arguments:
        named |= {name for name in environments.GROUPS if environments.is_ready(name)}
    if unknown := set(arguments) - set(environments.GROUPS) - {INSTALLED}:
        sys.exit(f"{', '.join(sorted(unknown))}: no group. There are: {', '.join(environments.GROUPS)}.")
    return [name for name in environments.GROUPS if name in named or not arguments]


if __name__ == "__main__":
    sys.exit(main(_groups(sys.argv[1:])))
