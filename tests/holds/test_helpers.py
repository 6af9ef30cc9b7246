"""Helper processes that die or hang: nothing of it is heard."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.recordings import RATE_HZ
from tests.support.server.servers import ColdServer, ProcessServer

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are found by /proc")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessServer]:
    with ColdServer(tmp_path_factory.mktemp("holds"), "--engine", "espeak", MAKIMA_STT="pocketsphinx") as made:
        yield made


def helpers(server: ProcessServer, name: str) -> list[int]:
    """The helper processes whose command has `name` in it."""
    folder = Path(f"/proc/{server.process.pid}/task")
    children = [int(pid) for task in folder.iterdir() for pid in (task / "children").read_text().split()]
    return [pid for pid in children if name in Path(f"/proc/{pid}/cmdline").read_text()]


def said(server: ProcessServer) -> bytes:
    body = {"text": "Hello there, this is said.", "format": "wav", "stream": False, "sampleRate": RATE_HZ}
    answer = httpx.post(f"{server.url}/api/v1/tts", json=body, timeout=60, trust_env=False)
    assert answer.status_code == 200, answer.text
    return answer.content


def written(server: ProcessServer, recording: bytes) -> str:
    files = {"file": ("a.wav", recording)}
    answer = httpx.post(f"{server.url}/v1/audio/transcriptions", files=files, timeout=120, trust_env=False)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["text"])


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGSTOP])
def test_workers_of_the_embedded_voice(server: ProcessServer, ending: signal.Signals) -> None:
    whole = said(server)
    victims = helpers(server, "espeak")
    assert victims
    for pid in victims:
        os.kill(pid, ending)
    assert said(server) == whole


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGSTOP])
def test_workers_of_the_embedded_recogniser(server: ProcessServer, ending: signal.Signals) -> None:
    recording = said(server)
    words = written(server, recording)
    victims = helpers(server, "pocketsphinx")
    assert victims
    for pid in victims:
        os.kill(pid, ending)
    assert written(server, recording) == words
