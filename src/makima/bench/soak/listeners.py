"""Clients that are heard: recordings, live listening, and conversations with the echo."""

from __future__ import annotations

import asyncio
import io
import random
import uuid

import numpy as np

from makima.audio import wav
from makima.audio.pcm import Encoding, encode
from makima.audio.resample import Resampler
from makima.bench.soak.ledger import End
from makima.bench.soak.site import JsonSocket, Site, within
from makima.bench.soak.texts import TEXTS, recording
from makima.events import Samples
from makima.server.wire import DEFAULT_RATE_HZ
from makima.stt.protocol import RATE_HZ

FRAME_S = 0.1
SAID = TEXTS[0]


async def listens(site: Site, rng: random.Random) -> None:
    """A live session at the pace of speech, which is ended, or left without a word."""
    async with site.socket("/api/v1/listen") as client:
        await client.send(type="start", sampleRate=RATE_HZ)
        await _feed(client, _heard_by(site), 1.0)
        if rng.random() < 0.3:
            client.connection.transport.abort()
            return
        await client.send(type="stop")
        await _until(client, "stopped")
    site.ledger.done["sessions that listened"] += 1


async def transcribes(site: Site, rng: random.Random) -> None:
    """A recording as an upload."""
    pcm = encode(recording(site.reference, rng.choice(TEXTS)), Encoding.PCM16)
    data = wav.header(DEFAULT_RATE_HZ, data_bytes=len(pcm)) + pcm
    async with site.http() as http:
        answer = await http.post("/v1/audio/transcriptions", files={"file": ("a.wav", io.BytesIO(data))})
    if answer.status_code != 200:
        site.ledger.fault("transcriptions", answer.text)
    site.ledger.done["recordings written down"] += 1


async def converses(site: Site, rng: random.Random) -> None:
    """Both sockets of one conversation: something is said, the echo answers, and is now and then spoken over."""
    contract, heard = f"soak-{uuid.uuid4()}", _heard_by(site)
    async with site.socket("/api/v1/speak") as speak, site.socket("/api/v1/listen") as listen:
        await speak.send(type="start", respond=True, contractId=contract)
        await listen.send(type="start", sampleRate=RATE_HZ, contractId=contract)
        reading = asyncio.create_task(_read(listen))
        try:
            await _feed(listen, heard, 1.0)
            entry = site.ledger.begin("conversation", "")
            if rng.random() < 0.5:
                await listen.send(
                    type="text", text="And what do you say to this sentence, which is a good deal longer?"
                )
            over = asyncio.create_task(_feed(listen, heard, 1.0)) if rng.random() < 0.5 else None
            end = await _reply(speak)
            site.ledger.end(entry, end)
            if over is not None:
                await over
        finally:
            reading.cancel()


def _heard_by(site: Site) -> Samples:
    resampler = Resampler(DEFAULT_RATE_HZ, RATE_HZ)
    said = recording(site.reference, SAID)
    return np.concatenate([resampler.push(said), resampler.flush()])


async def _feed(client: JsonSocket, samples: Samples, pace: float) -> None:
    step = round(FRAME_S * RATE_HZ)
    for start in range(0, len(samples), step):
        await client.connection.send(encode(samples[start : start + step], Encoding.PCM16))
        await asyncio.sleep(FRAME_S / pace)


async def _read(client: JsonSocket) -> None:
    async for _ in client.frames():
        pass


async def _until(client: JsonSocket, kind: str) -> None:
    while isinstance(frame := await within(client.receive()), bytes) or frame["type"] != kind:
        pass


async def _reply(speak: JsonSocket) -> End:
    """How the first reply ends. Without words that were understood there is none; then it counts as left."""
    ends = {"complete": End.COMPLETE, "cancelled": End.CANCELLED, "interrupted": End.INTERRUPTED, "error": End.FAILED}
    try:
        async with asyncio.timeout(20):
            while True:
                frame = await speak.receive()
                if not isinstance(frame, bytes) and frame["type"] in ends:
                    return ends[frame["type"]]
    except TimeoutError:
        return End.LEFT
