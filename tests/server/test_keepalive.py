"""Which clients are given up, over real sockets."""

from __future__ import annotations

import asyncio
import logging
import time

import numpy as np
import pytest
import websockets

from makima.events import Samples
from makima.server import run
from makima.server.recognition import Recognition
from makima.stt.fake import FakeRecognizer
from makima.stt.listening.endpoint import EndpointRules
from makima.stt.listening.session import Listener
from tests.conftest import StartServer
from tests.support.server.listen_client import listen_client
from tests.support.server.streams import eventually

LIMIT_S = 0.4


@pytest.fixture(autouse=True)
def frequent_pings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "PING_INTERVAL_S", 0.1)


class SlowDetector:
    """Hears nothing, at six to twelve times the speed of the audio."""

    def __call__(self, window: Samples) -> float:
        time.sleep(0.0025)
        return 0.0


def slow_recognition() -> Recognition:
    return Recognition(Listener(FakeRecognizer(), EndpointRules(), make_detector=SlowDetector), "chosen by a test")


async def test_a_recording_that_is_pushed_is_heard_to_its_end(start_server: StartServer) -> None:
    server = start_server(recognition=slow_recognition(), client_timeout_s=LIMIT_S)
    async with listen_client(server.url) as client:
        await client.start(sampleRate=8_000)
        await client.feed(np.zeros(45 * 8_000, np.float32), pieces=600)
        await client.send("stop", reason="all of it")
        assert (await client.until("stopped"))[-1]["reason"] == "all of it"
        assert await client.closed() == 1000


async def test_a_client_that_has_vanished_is_given_up(start_server: StartServer) -> None:
    server = start_server(recognition=slow_recognition(), client_timeout_s=LIMIT_S)
    async with listen_client(server.url) as client:
        await client.start()
        client.socket.transport.pause_reading()  # as one whose network is gone: it sends and answers nothing
        assert await asyncio.to_thread(eventually, lambda: not server.services.sockets, 10.0)
        client.socket.transport.resume_reading()


async def test_a_quiet_client_that_answers_stays(start_server: StartServer) -> None:
    server = start_server(recognition=slow_recognition(), client_timeout_s=LIMIT_S)
    async with listen_client(server.url) as client:
        await client.start()
        await asyncio.sleep(3 * LIMIT_S)
        await client.send("stop")
        await client.until("stopped")
        assert await client.closed() == 1000


@pytest.mark.parametrize("path", ["/api/v1/speak", "/api/v1/listen"])
async def test_text_that_is_not_utf_8_closes_its_socket_and_writes_no_traceback(
    start_server: StartServer, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    server = start_server(recognition=slow_recognition())
    with caplog.at_level(logging.INFO):
        async with websockets.connect(server.url.replace("http", "ws", 1) + path) as client:
            await client.recv()
            client.protocol.send_text(b'{"type": "start", "voice": "\xff"}')
            client.transport.write(b"".join(client.protocol.data_to_send()))
            await asyncio.wait_for(client.wait_closed(), 10)
    assert client.close_code == 1007
    assert not [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR]
