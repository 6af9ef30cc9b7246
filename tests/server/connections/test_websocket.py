"""Which clients are given up, over real sockets."""

from __future__ import annotations

import asyncio
import logging
import time

import numpy as np
import pytest
from websockets.asyncio.client import connect

from makima.events import Samples
from makima.server import run
from makima.server.connections import websocket
from makima.server.recognition import Recognition
from makima.stt.fake import FakeRecognizer
from makima.stt.listening.endpoint import EndpointRules
from makima.stt.listening.session import Listener
from tests.conftest import StartServer
from tests.support.server.client import speak_client
from tests.support.server.listen_client import listen_client
from tests.support.server.servers import ThreadServer
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


class TestFloods:
    async def test_a_text_that_is_not_utf_8(self, tone_server: ThreadServer, caplog: pytest.LogCaptureFixture) -> None:
        for path in ("/api/v1/speak", "/v1/realtime", "/tts/websocket"):
            async with connect(tone_server.url.replace("http", "ws") + path) as client:
                await client.send(b"\xff\xfe", text=True)
                await client.wait_closed()
                assert client.close_code == 1007
        assert not [record for record in caplog.records if record.levelno >= logging.ERROR]

    async def test_a_message_in_too_many_pieces(
        self, tone_server: ThreadServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(websocket, "MAX_FRAGMENTS", 50)
        async with connect(tone_server.url.replace("http", "ws") + "/api/v1/speak") as client:
            client.transport.write(b"\x01\x80\0\0\0\0" + b"\0\x80\0\0\0\0" * 100)
            await client.wait_closed()
            assert client.close_code == 1008

    @pytest.mark.parametrize("frame", [b"\x89\x80\0\0\0\0", b"\x8a\x80\0\0\0\0", b"\x81\x80\0\0\0\0"])
    async def test_frames_without_end_are_held_back(self, start_server: StartServer, frame: bytes) -> None:
        server = start_server()
        async with connect(server.url.replace("http", "ws") + "/api/v1/speak", ping_interval=None) as flooding:
            flooding.transport.write(frame * 500_000)
            async with speak_client(server.url) as client:
                assert (await client.say("This is said meanwhile.")).end["type"] == "complete"
            assert any(getattr(each, "_came", b"") for each in server.server.server_state.connections)
            flooding.transport.abort()

    async def test_pongs_that_are_never_read_take_no_memory(self, start_server: StartServer) -> None:
        server = start_server()
        async with connect(server.url.replace("http", "ws") + "/api/v1/speak", ping_interval=None) as client:
            client.transport.pause_reading()
            client.transport.write((b"\x89\xfd\0\0\0\0" + bytes(125)) * 20_000)
            await asyncio.sleep(0.5)
            unread = [each.transport.get_write_buffer_size() for each in server.server.server_state.connections]
            assert max(unread) < 2 * websocket.MAX_UNREAD_BYTES
            client.transport.abort()


SOCKETS = (
    *("/api/v1/speak", "/v1/speak", "/tts/websocket", "/v1/realtime"),
    *("/v1/text-to-speech/makima/stream-input", "/v1/text-to-speech/makima/multi-stream-input"),
)
FRAMES = {
    "compressed": (b"\xc1\x83\0\0\0\0\xaaVJ", 1002),
    "no such kind": (b"\x83\x80\0\0\0\0", 1002),
    "rest of nothing": (b"\x80\x81\0\0\0\0a", 1002),
    "not masked": (b"\x81\x01a", 1002),
    "a ping of 200 bytes": (b"\x89\xfe\0\xc8\0\0\0\0" + bytes(200), 1002),
    "17 MB": (b"\x81\xff" + (17 << 20).to_bytes(8, "big") + bytes(4), 1009),
    "half of a letter": (b"\x01\x81\0\0\0\0\xe2\x80\x81\0\0\0\0(", 1007),
}


class TestFrames:
    @pytest.mark.parametrize("path", SOCKETS)
    async def test_compression_is_not_agreed_on(self, tone_server: ThreadServer, path: str) -> None:
        async with connect(tone_server.url.replace("http", "ws") + path, compression="deflate") as client:
            assert client.response is not None
            assert "Sec-WebSocket-Extensions" not in client.response.headers

    @pytest.mark.parametrize("frame", FRAMES)
    @pytest.mark.parametrize("path", SOCKETS)
    async def test_what_is_no_frame_closes_the_socket(
        self, tone_server: ThreadServer, caplog: pytest.LogCaptureFixture, path: str, frame: str
    ) -> None:
        sent, code = FRAMES[frame]
        async with connect(tone_server.url.replace("http", "ws") + path) as client:
            client.transport.write(sent)
            await client.wait_closed()
            assert client.close_code == code
        assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
