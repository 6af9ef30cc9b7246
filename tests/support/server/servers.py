"""Servers to test against: in a thread, with any engine; and as the process that people start."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from makima.config import Settings
from makima.engines.fake import FakeEngine, FakeScript, FakeStream
from makima.engines.protocol import Engine, SpeechRequest
from makima.events import Loading, OnLoading, Samples, SpokenWord
from makima.llm.protocol import ChatModel
from makima.server.app import create_services
from makima.server.recognition import Recognition
from makima.server.run import bind, make_server, url
from tests.support import warm
from tests.support.server.streams import eventually


def make_settings(**fields: Any) -> Settings:
    """Settings with these fields, and nothing of this machine's environment (`conftest` clears it)."""
    return Settings(_env_file=None, **{"port": 0, "drain_s": 5.0, **fields})


START_S = 120.0
"""For a server to start on a busy machine; none takes this long when all is well."""


class WatchedStream(FakeStream):
    """Counts what it makes."""

    made_samples = 0

    def put(self, samples: Samples, words: tuple[SpokenWord, ...] = ()) -> bool:
        self.made_samples += len(samples)
        return super().put(samples, words)


class WatchedEngine(FakeEngine):
    """The fake engine, with the streams it has opened at hand, and a gate that loading waits at."""

    def __init__(self, script: FakeScript | None = None, *, gated: bool = False) -> None:
        super().__init__(script)
        self.script = script or FakeScript()
        self.opened: list[tuple[SpeechRequest, WatchedStream]] = []
        self.loads = 0
        self.gate = threading.Event()
        if not gated:
            self.gate.set()

    @property
    def streams(self) -> list[WatchedStream]:
        return [stream for _, stream in self.opened]

    @property
    def requests(self) -> list[SpeechRequest]:
        return [request for request, _ in self.opened]

    def load(self, on_loading: OnLoading) -> None:
        self.loads += 1
        on_loading(Loading("tones", None))
        self.gate.wait()
        super().load(on_loading)

    def open(self, request: SpeechRequest) -> WatchedStream:
        super().open(request).cancel()  # it refuses what it must
        stream = WatchedStream(request, self.script)
        self.opened.append((request, stream))
        return stream

    def close(self) -> None:
        super().close()
        for stream in self.streams:
            stream.cancel()


class ThreadServer:
    """A real server on a real port, in a thread of this process."""

    def __init__(
        self, engine: Engine, settings: Settings, recognition: Recognition | None = None, chat: ChatModel | None = None
    ) -> None:
        self.engine = engine
        self.services = create_services(settings, engine, "chosen by a test", recognition, chat)
        listening = bind(settings)
        self.url = url(settings, listening)
        self.server = make_server(self.services)
        self._thread = threading.Thread(target=self.server.run, kwargs={"sockets": [listening]}, daemon=True)

    def __enter__(self) -> ThreadServer:
        self._thread.start()
        assert eventually(lambda: self.server.started)
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        self.server.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive(), "the server does not end"


class ProcessServer:
    """`makima serve`, in a process of its own."""

    cold = False
    """On a Python that has imported nothing, as people start it."""

    def __init__(self, folder: Path, *arguments: str, before: str = "true", **environment: str) -> None:
        """`before` is a command of the shell that the server is started in, on a cold Python then."""
        python = (sys.executable,) if self.cold or before != "true" else warm.python()
        command = [*python, "-m", "makima", "serve", "--port", "0", *arguments]
        self.process = subprocess.Popen(
            ["sh", "-c", f'{before} && exec "$@"', "sh", *command],
            env={**os.environ, **environment},
            cwd=folder,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.printed: list[str] = []
        self.url = ""
        self._ready = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()
        if not self._ready.wait(START_S) or not self.url:
            self.process.kill()
            raise AssertionError("the server did not start:\n" + "".join(self.printed))

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:  # to its end, so that the server never waits to print
            self.printed.append(line)
            if match := re.search(r"Open (http://\S+)", line):
                self.url = match.group(1)
                self._ready.set()
        self._ready.set()

    def __enter__(self) -> ProcessServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            if self.process.stderr is not None:
                self.process.stderr.close()


class ColdServer(ProcessServer):
    """As people start it: `process` is the server itself."""

    cold = True
