"""Firefox by WebDriver BiDi, which it serves itself: no further program has to be installed to drive it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect

FIREFOX = os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
START_S = 60.0
WAIT_S = 60.0

_LISTENING = re.compile(rb"WebDriver BiDi listening on (ws://\S+)")
_PREFERENCES = {
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "intl.accept_languages": "en",
    "media.autoplay.default": 0,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.enabled": False,
}


class Firefox:
    """One Firefox without a window, and the page that is open in it."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._messages = 0
        self.complaints: list[str] = []
        """What pages complained of: errors of scripts, and what they logged as errors or warnings."""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            profile = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
            lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in _PREFERENCES.items()]
            (profile / "user.js").write_text("\n".join(lines))
            socket = stack.enter_context(connect(self._start(profile, stack) + "/session", max_size=None, proxy=None))
            self._socket: ClientConnection = socket
            self._command("session.new", capabilities={})
            self._command("session.subscribe", events=["log.entryAdded"])
            self._context: str = self._command("browsingContext.getTree")["contexts"][0]["context"]
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def open(self, address: str) -> None:
        """Open a page, and wait until all of it has been loaded."""
        self._command("browsingContext.navigate", context=self._context, url=address, wait="complete")

    def evaluate(self, expression: str) -> Any:
        """What an expression, or a promise of it, is in the page, by way of JSON. It counts as a gesture."""
        answer = self._command(
            "script.evaluate",
            expression=f"Promise.resolve({expression}).then((value) => JSON.stringify(value) ?? 'null')",
            target={"context": self._context},
            awaitPromise=True,
            userActivation=True,
        )
        assert answer["type"] == "success", answer["exceptionDetails"]["text"]
        return json.loads(answer["result"]["value"])

    def until(self, expression: str) -> Any:
        """Wait until an expression is something true in the page."""
        deadline_s = time.monotonic() + WAIT_S
        while not (value := self.evaluate(expression)):
            assert time.monotonic() < deadline_s, f"waited {WAIT_S} s for {expression}; {self.complaints}"
            time.sleep(0.05)
        return value

    def _start(self, profile: Path, stack: ExitStack) -> str:
        """Start it: the address of its sockets."""
        assert FIREFOX is not None
        log = profile / "firefox.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [FIREFOX, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"],
                stdout=out,
                stderr=subprocess.STDOUT,
                env=os.environ | {"HOME": str(profile), "MOZ_HEADLESS": "1"},
            )
        stack.callback(_end, process)
        deadline_s = time.monotonic() + START_S
        while not (address := _LISTENING.search(log.read_bytes())):
            assert process.poll() is None, log.read_text("utf-8", "replace")
            assert time.monotonic() < deadline_s, log.read_text("utf-8", "replace")
            time.sleep(0.05)
        return address[1].decode()

    def _command(self, method: str, **parameters: object) -> Any:
        self._messages += 1
        self._socket.send(json.dumps({"id": self._messages, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(WAIT_S))
            if message.get("method") == "log.entryAdded":
                self._note(message["params"])
            elif message.get("id") == self._messages:
                assert message["type"] == "success", message
                return message["result"]

    def _note(self, entry: dict[str, Any]) -> None:
        if entry["level"] in ("error", "warn"):
            self.complaints.append(f"{entry['level']}: {entry['text']}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
