"""Clients of the other doors: those of the services whose protocols Makima speaks, and plain HTTP."""

from __future__ import annotations

import asyncio
import base64
import random
from collections.abc import Callable, Mapping

import httpx
from wyoming.audio import AudioChunk
from wyoming.client import AsyncTcpClient
from wyoming.tts import Synthesize

from makima.bench.soak.ledger import End, Entry
from makima.bench.soak.site import SEED, Frame, JsonSocket, Site, some_text, within
from makima.bench.soak.texts import LONG_TEXT

RATE_LIMITED = 429
CONTAINERS = ("mp3", "opus", "flac", "wav", "aac")


async def tts(site: Site, rng: random.Random) -> None:
    """`POST /api/v1/tts`, read to its end."""
    voice = rng.choice(site.voices)
    body = {"text": some_text(rng), "voice": voice, "format": "pcm", "seed": SEED}
    await _posted(site, "tts", "/api/v1/tts", body, site.expected(str(body["text"]), voice, seeded=True))


async def openai_speech(site: Site, rng: random.Random) -> None:
    """`POST /v1/audio/speech`, as PCM."""
    text = some_text(rng)
    await _posted(site, "openai", "/v1/audio/speech", {"input": text, "response_format": "pcm"}, site.expected(text))


async def compressed(site: Site, rng: random.Random) -> None:
    """The same in one of the compressed formats."""
    body = {"input": some_text(rng), "response_format": rng.choice(CONTAINERS)}
    await _posted(site, "openai", "/v1/audio/speech", body, None)


async def leaves_http(site: Site, rng: random.Random) -> None:
    """A streamed answer whose client goes away in the middle."""
    entry = site.ledger.begin("tts", LONG_TEXT)
    async with (
        site.http() as http,
        http.stream("POST", "/api/v1/tts", json={"text": LONG_TEXT, "format": "pcm"}) as got,
    ):
        async for _ in got.aiter_raw():
            if rng.random() < 0.3:
                break
    site.ledger.end(entry, End.LEFT)


async def elevenlabs(site: Site, rng: random.Random) -> None:
    """ElevenLabs' socket, the text in two pieces."""
    text = some_text(rng)
    voice = rng.choice(site.voices)
    entry = site.ledger.begin("elevenlabs", text)
    async with site.socket(f"/v1/text-to-speech/{voice}/stream-input?output_format=pcm_24000") as client:
        at = text.find(" ") + 1
        for piece in (text[:at], text[at:], ""):
            if piece or at:
                await client.send(text=piece)
        await _hear(site, client, entry, lambda f: f.get("audio"), lambda f: bool(f.get("isFinal")), voice)


async def cartesia(site: Site, rng: random.Random) -> None:
    """Cartesia's socket; now and then the context is cancelled."""
    text = some_text(rng)
    entry = site.ledger.begin("cartesia", text)
    form = {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24_000}
    async with site.socket("/tts/websocket") as client:
        asked = {"transcript": text, "context_id": "c", "output_format": form, "continue": False}
        await client.send(**asked)
        name = "c"
        if rng.random() < 0.3:
            await asyncio.sleep(rng.random() * 0.3)
            await client.send(context_id="c", cancel=True)
            site.ledger.end(entry, End.CANCELLED)
            entry = site.ledger.begin("cartesia", text)
            name = "d"  # what still comes of the first one is no part of it
            await client.send(**{**asked, "context_id": name})
        await _hear(
            site,
            client,
            entry,
            lambda f: f.get("data") if f["context_id"] == name else None,
            lambda f: f["type"] == "done" and f["context_id"] == name,
        )


async def deepgram(site: Site, rng: random.Random) -> None:
    """Deepgram's socket."""
    text = some_text(rng)
    entry = site.ledger.begin("deepgram", text)
    async with site.socket("/v1/speak?encoding=linear16&sample_rate=24000") as client:
        await client.send(type="Speak", text=text)
        await client.send(type="Flush")
        await _hear(site, client, entry, lambda _: None, lambda f: f["type"] == "Flushed")


async def realtime(site: Site, rng: random.Random) -> None:
    """OpenAI's Realtime socket: a text that is read aloud."""
    text = some_text(rng)
    entry = site.ledger.begin("realtime", text)
    message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    asked = {"conversation": "none", "instructions": "Read it aloud.", "input": [message]}

    def audio(frame: Frame) -> str | None:
        return frame["delta"] if frame["type"] == "response.output_audio.delta" else None

    async with site.socket("/v1/realtime") as client:
        await client.send(type="response.create", response=asked)
        await _hear(site, client, entry, audio, lambda f: f["type"] == "response.done")


async def wyoming(site: Site, rng: random.Random) -> None:
    """Home Assistant's protocol."""
    text = some_text(rng)
    entry = site.ledger.begin("wyoming", text)
    host = site.address.rpartition(":")[0]
    async with AsyncTcpClient(host, site.wyoming_port) as client:
        await client.write_event(Synthesize(text=text).event())
        while (event := await within(client.read_event())) is not None and event.type != "audio-stop":
            if event.type == "error":
                _failed(site, entry, str(event.data))
                return
            entry.pcm += AudioChunk.from_event(event).audio if AudioChunk.is_type(event.type) else b""
    site.ledger.end(entry, End.COMPLETE if event is not None else End.FAILED, site.expected(text))


async def _posted(site: Site, door: str, path: str, body: Mapping[str, object], expected: bytes | None) -> None:
    entry = site.ledger.begin(door, str(body.get("text") or body.get("input")))
    try:
        async with site.http() as http, http.stream("POST", path, json=body) as answer:
            if answer.status_code != httpx.codes.OK:
                await answer.aread()
                _failed(site, entry, answer.text)
                return
            async for data in answer.aiter_raw():
                entry.pcm += data
    except httpx.HTTPError as exc:
        _failed(site, entry, repr(exc))
        return
    site.ledger.end(entry, End.COMPLETE, expected)


async def _hear(
    site: Site,
    client: JsonSocket,
    entry: Entry,
    audio: Callable[[Frame], str | None],
    last: Callable[[Frame], bool],
    voice: str | None = None,
) -> None:
    """Take in an utterance: the audio of bytes, and of objects in base64; up to the last object."""
    while True:
        frame = await within(client.receive())
        if isinstance(frame, bytes):
            entry.pcm += frame
            continue
        if frame.get("type") in ("error", "Error") or "error" in frame:
            _failed(site, entry, str(frame))
            return
        if data := audio(frame):
            entry.pcm += base64.b64decode(data)
        if last(frame):
            site.ledger.end(entry, End.COMPLETE, site.expected(entry.text, voice))
            return


def _failed(site: Site, entry: Entry, why: str) -> None:
    site.ledger.end(entry, End.FAILED)
    if any(sign in why for sign in ("RATE_LIMITED", "rate_limit", "too many", "Too many")):
        site.ledger.refused += 1
    else:
        site.ledger.fault(entry.door, why)
