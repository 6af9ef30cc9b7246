"""What the browser tests share: a server process, and a page that is watched from outside."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import ConsoleMessage, Page, WebSocket, WebSocketRoute

from makima.events import Samples
from tests.support import warm

START_S = 90.0
WAIT_S = 30.0
"""Also on a machine that is busy: what is reached sooner is not waited for."""

T = TypeVar("T")


def pauses_ms() -> Iterator[float]:
    """Between two looks at a page: what comes soon is seen soon, and a long wait takes no processor from the page."""
    pause_ms = 20.0
    while True:
        yield pause_ms
        pause_ms = min(80.0, pause_ms * 1.3)


class Server:
    """`makima serve` in a process of its own, on a port of its own that it keeps when it is started again."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self._folder = folder
        # Not whatever weights there are on this machine.
        self._settings = {"MAKIMA_DRAIN_S": "0", "MAKIMA_STT": "pocketsphinx", "MAKIMA_FETCH": "0", **settings}
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        log = self._folder / "server.log"
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                [*warm.python(), "-m", "makima", "serve", "--port", str(self._port)],
                cwd=self._folder,  # away from a developer's .env
                env=os.environ | self._settings,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        deadline_s = time.monotonic() + START_S
        while not (address := re.search(rb"http://127\.0\.0\.1:(\d+)", log.read_bytes())):
            assert self._process.poll() is None, log.read_text()
            assert time.monotonic() < deadline_s, log.read_text()
            time.sleep(0.05)
        self._port = int(address[1])

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


class SpeakPage:
    """The Speak page in a browser, with what its socket carried and what the browser complained of."""

    def __init__(
        self,
        page: Page,
        path: str,
        *,
        until: str = "connected",
        script: str = "",
        routes: Callable[[WebSocketRoute], None] | None = None,
    ) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.sent: list[dict[str, Any]] = []
        self.received: list[dict[str, Any]] = []
        self._pcm: list[bytes] = []
        page.on("websocket", self._watch)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.set_default_timeout(1000 * WAIT_S)
        page.add_init_script(script)
        if routes is not None:
            page.route_web_socket("**/api/**", routes)
        page.goto(path)
        self.until(lambda: self.state == until)

    @property
    def state(self) -> str:
        return str(self.page.evaluate("window.makima?.state() ?? ''"))

    @property
    def counters(self) -> dict[str, Any]:
        return dict(self.page.evaluate("makima.player.counters()"))

    @property
    def rate_hz(self) -> int:
        return int(self.counters["sampleRate"])

    @property
    def delivered(self) -> Samples:
        """What the socket has delivered on this page, as the worklet is to be given it."""
        return np.frombuffer(b"".join(self._pcm), "<i2").astype(np.float32) / np.float32(32768)

    def heard(self) -> Samples:
        """What the worklet has put out, from its first sample on."""
        bytes_as_text = self.page.evaluate(
            """async () => {
                const { samples } = await makima.player.captured();
                const address = new FileReader();
                const read = new Promise((resolve) => (address.onload = resolve));
                address.readAsDataURL(new Blob([samples]));
                await read;
                return address.result.split(",")[1];
            }"""
        )
        return np.frombuffer(base64.b64decode(bytes_as_text), np.float32)

    def types_sent(self) -> list[str]:
        return [str(message["type"]) for message in self.sent]

    def until(self, reached: Callable[[], T], timeout_s: float = WAIT_S) -> T:
        """Wait until `reached` gives something true. Playwright's own waiting needs eval, which the page forbids."""
        deadline_s = time.monotonic() + timeout_s
        for pause_ms in pauses_ms():
            if result := reached():
                return result
            assert time.monotonic() < deadline_s, f"waited {timeout_s} s; state {self.state!r}, {self.counters}"
            self.page.wait_for_timeout(pause_ms)
        raise AssertionError("unreachable")

    def speak(self, text: str) -> None:
        self.page.fill("#text", text)
        self.page.click("#speak")

    def until_heard(self) -> None:
        """Wait until an utterance has come whole and has been played out."""
        self.until(lambda: any(message["type"] == "complete" for message in self.received))
        self.until(lambda: self.state == "connected" and self.counters["state"] == "idle")

    def text_of(self, selector: str) -> str:
        return self.page.locator(selector).inner_text()

    def _watch(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda data: self.sent.append(json.loads(data)) if isinstance(data, str) else None)
        socket.on("framereceived", self._receive)

    def _receive(self, data: str | bytes) -> None:
        if isinstance(data, bytes):
            self._pcm.append(data)
        else:
            self.received.append(json.loads(data))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")


def trimmed(samples: Samples) -> Samples:
    """`samples` without the silence after the last sound, which lasts until the worklet has noticed the end."""
    sounds: NDArray[np.intp] = np.flatnonzero(samples)
    return samples[: int(sounds[-1]) + 1] if len(sounds) else samples[:0]
