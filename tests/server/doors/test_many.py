"""Twenty clients of five kinds at once: each gets exactly its own audio."""

from __future__ import annotations

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.server.doors.json_socket import opened
from tests.support.server.servers import ThreadServer
from tests.support.tones import tones_pcm16

CLIENTS_OF_A_KIND = 4


def _openai(server: ThreadServer, text: str) -> bytes:
    body = {"input": text, "response_format": "pcm"}
    return httpx.post(server.url + "/v1/audio/speech", json=body, timeout=30).content


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


KINDS: tuple[Callable[[ThreadServer, str], bytes], ...] = (_openai, _cartesia, _elevenlabs, _deepgram, _realtime)


def test_each_of_twenty_clients_gets_its_own_audio(door_server: ThreadServer) -> None:
    jobs = [(kind, f"This is client {n} of {kind.__name__}.") for kind in KINDS for n in range(CLIENTS_OF_A_KIND)]
    with ThreadPoolExecutor(len(jobs)) as pool:
        heard = list(pool.map(lambda job: job[0](door_server, job[1]), jobs))
    for (_, text), pcm in zip(jobs, heard, strict=True):
        assert pcm == tones_pcm16(text), text
