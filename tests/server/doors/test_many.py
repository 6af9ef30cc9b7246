"""Twenty clients of five kinds at once: each gets exactly its own audio, from tones and from the embedded voice."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from wyoming.audio import AudioChunk
from wyoming.client import AsyncTcpClient
from wyoming.tts import Synthesize

from makima.client import Client
from makima.engines.espeak import EspeakEngine
from tests.server.doors.json_socket import opened
from tests.support.server.servers import ThreadServer, make_settings
from tests.support.tones import tones_pcm16


def _openai(server: ThreadServer, text: str) -> bytes:
    body = {"input": text, "response_format": "pcm"}
    return httpx.post(server.url + "/v1/audio/speech", json=body, timeout=120).content


def _cartesia(server: ThreadServer, text: str) -> bytes:
    form = {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24_000}
    with opened(server, "/tts/websocket") as socket:
        socket.send(transcript=text, context_id="c", output_format=form, **{"continue": False})
        frames = socket.until(lambda frame: frame["type"] == "done")
    return b"".join(base64.b64decode(f["data"]) for f in frames if isinstance(f, dict) and f["type"] == "chunk")


def _elevenlabs(server: ThreadServer, text: str) -> bytes:
    with opened(server, "/v1/text-to-speech/makima/stream-input?output_format=pcm_24000") as socket:
        socket.send(text=text)
        socket.send(text="")
        frames = socket.until(lambda frame: bool(frame["isFinal"]))
    return b"".join(base64.b64decode(f["audio"]) for f in frames if isinstance(f, dict) and f["audio"])


def _deepgram(server: ThreadServer, text: str) -> bytes:
    with opened(server, "/v1/speak?encoding=linear16&sample_rate=24000") as socket:
        socket.send(type="Speak", text=text)
        socket.send(type="Flush")
        frames = socket.until(lambda frame: frame["type"] == "Flushed")
    return b"".join(frame for frame in frames if isinstance(frame, bytes))


def _realtime(server: ThreadServer, text: str) -> bytes:
    message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    asked = {"conversation": "none", "instructions": "Read it aloud.", "input": [message]}
    with opened(server, "/v1/realtime") as socket:
        socket.send(type="response.create", response=asked)
        frames = socket.until(lambda frame: frame["type"] == "response.done")
    deltas = [f["delta"] for f in frames if isinstance(f, dict) and f["type"] == "response.output_audio.delta"]
    return b"".join(map(base64.b64decode, deltas))


def _own(server: ThreadServer, text: str) -> bytes:
    with Client(server.url) as client:
        return b"".join(chunk.pcm for chunk in client.speak(text))


def _wyoming(server: ThreadServer, text: str) -> bytes:
    async def heard() -> bytes:
        pcm = b""
        async with asyncio.timeout(60), AsyncTcpClient("127.0.0.1", server.services.settings.wyoming_port) as client:
            await client.write_event(Synthesize(text=text).event())
            while (event := await client.read_event()) is not None and event.type != "audio-stop":
                assert event.type != "error", event.data
                pcm += AudioChunk.from_event(event).audio if AudioChunk.is_type(event.type) else b""
        return pcm

    return asyncio.run(heard())


KINDS: tuple[Callable[[ThreadServer, str], bytes], ...] = (_openai, _cartesia, _elevenlabs, _deepgram, _realtime)


SPEAKING_KINDS = (_own, _openai, _elevenlabs, _cartesia, _wyoming)


def _all_at_once(
    server: ThreadServer, kinds: tuple[Callable[[ThreadServer, str], bytes], ...]
) -> Iterator[tuple[Callable[[ThreadServer, str], bytes], str, bytes]]:
    jobs = [(kind, f"This is client {n} of {kind.__name__.strip('_')}.") for kind in kinds for n in range(4)]
    with ThreadPoolExecutor(len(jobs)) as pool:
        heard = list(pool.map(lambda job: job[0](server, job[1]), jobs))
    for (kind, text), pcm in zip(jobs, heard, strict=True):
        yield kind, text, pcm


def test_each_of_twenty_clients_gets_its_own_audio(door_server: ThreadServer) -> None:
    for _, text, pcm in _all_at_once(door_server, KINDS):
        assert pcm == tones_pcm16(text), text


@pytest.fixture(scope="module")
def speaking() -> Iterator[ThreadServer]:
    """The embedded voice, with the Wyoming port open."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    with ThreadServer(EspeakEngine(), make_settings(wyoming=True, wyoming_port=port)) as server:
        yield server


def test_twenty_clients_hear_what_each_would_hear_alone(speaking: ThreadServer) -> None:
    for kind, text, pcm in _all_at_once(speaking, SPEAKING_KINDS):
        assert len(pcm) > 24_000, text
        assert pcm == kind(speaking, text), text
        assert pcm == _openai(speaking, text), text
