"""The client against a real server: with asyncio, without, and what it raises."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from makima.audio import files
from makima.audio.pcm import Encoding, encode
from makima.client import AsyncClient, Audio, Client, Heard, Reply, ServerError
from makima.engines.fake import FAIL_WORD, FakeScript
from makima.server.access.keys import KeyStore
from makima.server.recognition import Recognition
from makima.stt.fake import FakeRecognizer
from makima.stt.listening.session import Listener
from tests.conftest import StartServer
from tests.support.server.servers import ThreadServer, WatchedEngine, make_settings
from tests.support.server.streams import eventually
from tests.support.speech import conversation, spoken
from tests.support.tones import tones_pcm16


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadServer]:
    with ThreadServer(WatchedEngine(), make_settings(), Recognition(Listener(FakeRecognizer()))) as running:
        yield running


def _recording(rate_hz: int = 16_000) -> bytes:
    samples = conversation(0.3, spoken("I would like a cup of coffee.", rate_hz=rate_hz), 1.2, rate_hz=rate_hz)
    return encode(samples, Encoding.PCM16)


async def _in_pieces(pcm: bytes, piece: int = 3_200, pause_s: float = 0.0) -> AsyncIterator[bytes]:
    for at in range(0, len(pcm), piece):
        yield pcm[at : at + piece]
        await asyncio.sleep(pause_s)


async def _words() -> AsyncIterator[str]:
    for piece in ("Hel", "lo ", "", "there."):
        yield piece
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("text", ["Hello there.", None])
async def test_speaking(server: ThreadServer, text: str | None) -> None:
    async with AsyncClient(server.url) as client:
        chunks = [chunk async for chunk in client.speak(text or _words())]
    assert b"".join(chunk.pcm for chunk in chunks) == tones_pcm16("Hello there.")
    assert [chunk.start_ms for chunk in chunks] == sorted(chunk.start_ms for chunk in chunks)


async def test_a_voice_and_a_rate(server: ThreadServer) -> None:
    async with AsyncClient(server.url) as client:
        high = [chunk async for chunk in client.speak("Hi.", voice="second")]
        assert b"".join(chunk.pcm for chunk in high) == tones_pcm16("Hi.", octave=2.0)
        slow = [chunk async for chunk in client.speak("Hi.", sample_rate_hz=8_000)]
        assert sum(len(chunk.pcm) for chunk in slow) == len(tones_pcm16("Hi.")) // 3
        assert {voice["id"] for voice in await client.voices()} == {"makima", "second"}


async def test_leaving_the_loop_ends_the_speech(start_server: StartServer) -> None:
    engine = WatchedEngine(FakeScript(character_s=0.02))
    async with AsyncClient(start_server(engine).url) as client:
        async with contextlib.aclosing(client.speak("A text of some length, " * 30)) as chunks:
            await anext(chunks)
        assert await asyncio.to_thread(eventually, lambda: engine.streams[0].ended)
    assert engine.streams[0].made_samples < 300 * 960


async def test_an_error_of_the_server(server: ThreadServer) -> None:
    async with AsyncClient(server.url) as client:
        with pytest.raises(ServerError, match="fake engine") as caught:
            _ = [chunk async for chunk in client.speak(FAIL_WORD)]
        assert (caught.value.code, caught.value.recoverable) == ("SYNTHESIS_ERROR", True)


async def test_an_error_of_the_text_s_source(server: ThreadServer) -> None:
    async def broken() -> AsyncIterator[str]:
        yield "Hello "
        raise ValueError("the model is gone")

    async with AsyncClient(server.url) as client:
        with pytest.raises(ValueError, match="the model is gone"):
            _ = [chunk async for chunk in client.speak(broken())]


async def test_a_server_that_is_not_there() -> None:
    async with AsyncClient("http://127.0.0.1:9") as client:
        with pytest.raises(ServerError, match="cannot be reached"):
            _ = [chunk async for chunk in client.speak("Hi.")]
        with pytest.raises(ServerError) as caught:
            await client.voices()
        assert (caught.value.code, caught.value.recoverable) == ("CONNECTION", True)


async def test_keys(start_server: StartServer, tmp_path: Path) -> None:
    _, key = KeyStore(tmp_path).add("mine")
    url = start_server(data_dir=tmp_path).url
    async with AsyncClient(url, key) as client:
        assert [chunk async for chunk in client.speak("Hi.")]
    async with AsyncClient(url, "wrong") as client:
        for attempt in (client.voices(), anext(client.speak("Hi."))):
            with pytest.raises(ServerError) as caught:
                await attempt
            assert caught.value.code == "UNAUTHORIZED"


async def test_listening(server: ThreadServer) -> None:
    async with AsyncClient(server.url) as client:
        heard = [utterance async for utterance in client.listen(_in_pieces(_recording()))]
    assert heard[-1].final
    assert heard[-1].text.startswith("one two")
    assert 0 < heard[-1].start_ms < heard[-1].end_ms


async def test_conversing(server: ThreadServer) -> None:
    """The echo answers what was heard."""
    said, replied, audio = "", "", b""
    async with AsyncClient(server.url) as client, asyncio.timeout(30), client.converse() as conversation:

        async def talk() -> None:
            async for pcm in _in_pieces(_recording(24_000), 4_800, 0.01):
                await conversation.feed(pcm)

        talking = asyncio.create_task(talk())
        async for event in conversation:
            match event:
                case Heard(utterance) if utterance.final:
                    said = utterance.text
                case Audio(pcm):
                    audio += pcm
                case Reply(text=text, done=done):
                    replied += text
                    if done:
                        break
        await talking
    assert said.startswith("one two")
    assert said in replied
    assert len(audio) > 24_000


def test_without_asyncio(server: ThreadServer, tmp_path: Path) -> None:
    with Client(server.url) as client:
        assert b"".join(chunk.pcm for chunk in client.speak("Hello there.")) == tones_pcm16("Hello there.")
        assert b"".join(chunk.pcm for chunk in client.speak(iter(["Hello ", "there."]))) == tones_pcm16("Hello there.")
        pcm = _recording()
        heard = list(client.listen(pcm[at : at + 3_200] for at in range(0, len(pcm), 3_200)))
        assert heard[-1].text.startswith("one two")
        client.save("Hello there.", tmp_path / "a.mp3", speed=2)
        assert 0.2 < len(files.decode(tmp_path / "a.mp3", 24_000)) / 24_000 < 0.4
        assert client.transcribe(tmp_path / "a.mp3") == ""
        assert len(client.voices()) == 2
        with pytest.raises(ServerError, match="no voice"):
            client.save("Hi.", tmp_path / "b.wav", voice="unknown")
    client.close()
