"""The end of a server: what is being spoken, what waits, and bodies that are cut."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from makima.audio import wav
from makima.audio.pcm import Encoding, encode
from makima.engines.fake import FakeScript
from makima.server.recognition import Recognition
from makima.stt.fake import FakeRecognizer
from makima.stt.listening.session import Listener
from makima.stt.protocol import RATE_HZ
from tests.conftest import StartServer
from tests.holds.test_helpers import helpers
from tests.support.server.client import speak_client
from tests.support.server.servers import ColdServer, ThreadServer, WatchedEngine
from tests.support.server.streams import eventually
from tests.support.speech import conversation, spoken

LONG_TEXT = "This sentence is here so that there is a great deal to say. " * 15
FORMATS = ("wav", "pcm", "mp3", "opus", "flac", "aac")


def ask(server: ThreadServer, path: str, body: dict[str, str], version: str = "1.1") -> socket.socket:
    """A connection on which speech was asked for, and that has begun to come."""
    address, content = urlsplit(server.url), json.dumps(body).encode()
    client = socket.create_connection((address.hostname, address.port), timeout=20)
    head = f"POST {path} HTTP/{version}\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    client.sendall(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
    assert client.recv(1) == b"H"
    return client


def rest(client: socket.socket) -> bytes | None:
    """What comes until the connection is closed; None where it is reset."""
    came = b""
    with client:
        try:
            while data := client.recv(65_536):
                came += data
        except ConnectionResetError:
            return None
    return came


class TestGrace:
    async def test_what_does_not_end_in_time_ends_with_an_error(self, start_server: StartServer) -> None:
        server = start_server(WatchedEngine(FakeScript(character_s=0.05)), drain_s=0.3)
        async with speak_client(server.url) as client:
            for name in ("spoken", "waits"):
                await client.send("speak", text=LONG_TEXT, requestId=name)
            await client.send("append", text=" ", requestId="written")
            await client.until("speaking")
            server.server.should_exit = True
            ends = {}
            for _ in range(3):
                end = await client.until("error")
                ends[end["requestId"]] = end["code"]
            assert ends == dict.fromkeys(("spoken", "waits", "written"), "RATE_LIMITED")
            await client.until("stopped")
            assert await client.closed() == 1001

    @pytest.mark.parametrize("form", FORMATS)
    @pytest.mark.parametrize("path", ["/api/v1/tts", "/v1/audio/speech"])
    def test_a_body_that_is_cut_is_broken_off(self, start_server: StartServer, path: str, form: str) -> None:
        server = start_server(WatchedEngine(FakeScript(character_s=0.01)), drain_s=0.2)
        field, named = ("text", "format") if path == "/api/v1/tts" else ("input", "response_format")
        client = ask(server, path, {field: LONG_TEXT, named: form})
        server.server.should_exit = True
        came = rest(client)
        assert came is None or not came.endswith(b"0\r\n\r\n"), "the last chunk says that the body is whole"

    def test_a_body_without_chunks_is_reset(self, start_server: StartServer) -> None:
        server = start_server(WatchedEngine(FakeScript(character_s=0.01)), drain_s=0.2)
        client = ask(server, "/api/v1/tts", {"text": LONG_TEXT, "format": "pcm"}, "1.0")
        server.server.should_exit = True
        assert rest(client) is None

    def test_an_engine_that_fails_breaks_the_body_off(self, start_server: StartServer) -> None:
        server = start_server(WatchedEngine())
        client = ask(server, "/api/v1/tts", {"text": "Some words come before. crash-the-engine", "format": "pcm"})
        came = rest(client)
        assert came is None or not came.endswith(b"0\r\n\r\n")


class TestSignals:
    async def test_a_second_signal_ends_it_at_once(self, tmp_path: Path) -> None:
        with ColdServer(tmp_path, "--engine", "fake", MAKIMA_DRAIN_S="600") as server:
            async with speak_client(server.url) as client:
                await client.send("append", text="This is never complete. ")
                await client.until("speaking")
                server.process.send_signal(signal.SIGTERM)
                await asyncio.sleep(1.0)  # the server looks for it ten times a second
                await client.send("speak", text="This is refused as soon as the signal is taken.")
                assert (await client.until("error"))["code"] == "RATE_LIMITED"
                server.process.send_signal(signal.SIGTERM)
                assert await asyncio.to_thread(server.process.wait, 20) == 128 + signal.SIGTERM

    def test_new_connections_are_refused_at_once(self, start_server: StartServer) -> None:
        server = start_server(WatchedEngine(FakeScript(character_s=0.05)), drain_s=2.0)
        client = ask(server, "/api/v1/tts", {"text": LONG_TEXT, "format": "pcm"})
        reading = threading.Thread(target=rest, args=(client,))
        reading.start()
        server.server.should_exit = True
        address = urlsplit(server.url)

        def refused() -> bool:
            try:
                socket.create_connection((address.hostname, address.port), timeout=1).close()
            except ConnectionRefusedError:
                return True
            return False

        assert eventually(refused)
        assert reading.is_alive(), "what is being spoken goes on"
        reading.join()


class TestUploads:
    def test_one_that_is_not_whole_is_answered(self, start_server: StartServer) -> None:
        recognition = Recognition(Listener(FakeRecognizer()))
        server = start_server(WatchedEngine(), recognition=recognition, drain_s=0.2)
        address = urlsplit(server.url)
        with socket.create_connection((address.hostname, address.port), timeout=20) as client:
            head = "POST /v1/audio/transcriptions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n"
            kind = "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
            client.sendall(f"{head}{kind}--b\r\n".encode())
            assert eventually(lambda: bool(server.services.requests.under_way))
            server.server.should_exit = True
            answer = client.recv(10_000).lower()
        assert answer.startswith(b"http/1.1 503 ")
        assert b"retry-after: " in answer

    def test_a_long_recording_does_not_hold_the_process(self, tmp_path: Path) -> None:
        pcm = encode(conversation(*([spoken(LONG_TEXT)] * 4)), Encoding.PCM16)
        files = {"file": ("a.wav", wav.header(RATE_HZ, data_bytes=len(pcm)) + pcm)}
        settings = {"MAKIMA_STT": "pocketsphinx", "MAKIMA_DRAIN_S": "0.2"}
        with ColdServer(tmp_path, "--engine", "fake", **settings) as server, ThreadPoolExecutor() as pool:
            url = f"{server.url}/v1/audio/transcriptions"
            asked = pool.submit(httpx.post, url, files=files, timeout=300, trust_env=False)
            assert eventually(lambda: bool(helpers(server, "pocketsphinx")))
            server.process.send_signal(signal.SIGTERM)
            answer = asked.result()
            assert answer.status_code == 503
            assert answer.headers["retry-after"]
            assert server.process.wait(60) == 0, "recognising takes minutes, and the process does not wait for it"
            assert "Traceback" not in "".join(server.printed)
