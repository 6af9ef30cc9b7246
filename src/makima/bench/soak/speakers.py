"""Clients of `/api/v1/speak`, polite ones and others."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import socket
import struct
from typing import Any

from makima.bench.soak.ledger import End, Entry
from makima.bench.soak.site import SEED, Frame, JsonSocket, Site, some_text, within
from makima.bench.soak.texts import LONG_TEXT
from makima.errors import EngineError

DOOR = "speak"
PATH = "/api/v1/speak"
SMALL_BUFFER_BYTES = 16_384
"""Of a client that does not read, so that the server notices within a few seconds of sound."""

_ENDS = {"complete": End.COMPLETE, "cancelled": End.CANCELLED, "interrupted": End.INTERRUPTED, "error": End.FAILED}


async def whole_texts(site: Site, rng: random.Random) -> None:
    """A few utterances in a row, each in another voice."""
    async with site.socket(PATH) as client:
        await _started(client)
        for _ in range(rng.randint(1, 4)):
            voice, text = rng.choice(site.voices), some_text(rng)
            entry = site.ledger.begin(DOOR, text)
            await client.send(type="speak", text=text, voice=voice)
            await _hear(site, client, entry, voice)


async def several_at_once(site: Site, rng: random.Random) -> None:
    """Utterances that wait in their session, with ids, of which one is cancelled."""
    async with site.socket(PATH) as client:
        await _started(client)
        waiting: dict[str, tuple[Entry, str]] = {}
        for number in range(4):
            voice, text = rng.choice(site.voices), some_text(rng)
            waiting[f"u{number}"] = site.ledger.begin(DOOR, text), voice
            await client.send(type="speak", text=text, voice=voice, requestId=f"u{number}")
        await asyncio.sleep(rng.random())
        await client.send(type="cancel", requestId=f"u{rng.randrange(4)}")
        current = ""
        while waiting:
            frame = await client.receive()
            if isinstance(frame, bytes):
                waiting[current][0].pcm += frame
            elif frame["type"] == "speaking":
                current = frame["requestId"]
            elif frame["type"] in _ENDS and not frame.get("refused"):
                entry, voice = waiting.pop(frame["requestId"])
                _end(site, entry, voice, frame)


async def pieces(site: Site, rng: random.Random) -> None:
    """A text that is written word by word, as a chat model writes it."""
    async with site.socket(PATH) as client:
        await _started(client)
        voice, text = rng.choice(site.voices), some_text(rng)
        entry = site.ledger.begin(DOOR, text)
        writing = asyncio.create_task(_write(client, voice, text, rng.random() * 0.04))
        await _hear(site, client, entry, voice)
        await writing


async def cancels(site: Site, rng: random.Random) -> None:
    """An utterance that is cancelled somewhere; then another one on the same socket."""
    async with site.socket(PATH) as client:
        await _started(client)
        entry = site.ledger.begin(DOOR, LONG_TEXT)
        await client.send(type="speak", text=LONG_TEXT)
        await asyncio.sleep(rng.random() * 2)
        await client.send(type="cancel")
        await _hear(site, client, entry, site.voices[0])
        voice, text = rng.choice(site.voices), some_text(rng)
        entry = site.ledger.begin(DOOR, text)
        await client.send(type="speak", text=text, voice=voice)
        await _hear(site, client, entry, voice)


async def vanishes(site: Site, rng: random.Random) -> None:
    """Leaves in mid-utterance without a word, comes back, and is spoken to."""
    text = some_text(rng)
    entry = site.ledger.begin(DOOR, LONG_TEXT)
    async with site.socket(PATH) as client:
        await _started(client)
        await client.send(type="speak" if rng.random() < 0.5 else "append", text=LONG_TEXT)
        await asyncio.sleep(rng.random() * 1.5)
        _reset(client)
    site.ledger.end(entry, End.LEFT)
    async with site.socket(PATH) as client:
        await _started(client)
        entry = site.ledger.begin(DOOR, text)
        await client.send(type="speak", text=text)
        await _hear(site, client, entry, site.voices[0])


async def pauses_reading(site: Site, rng: random.Random) -> None:
    """Reads nothing for some seconds, then all of it."""
    async with _unread(site) as client:
        entry = site.ledger.begin(DOOR, LONG_TEXT)
        await client.send(type="speak", text=LONG_TEXT)
        await asyncio.sleep(rng.random() * 0.4 * site.client_timeout_s)
        await _hear(site, client, entry, site.voices[0])


async def stops_reading(site: Site, rng: random.Random) -> None:
    """Reads nothing any more. The server ends the utterance in its time limit, and tells so once it is read again."""
    async with _unread(site) as client:
        entry = site.ledger.begin(DOOR, LONG_TEXT)
        # In the largest form there is, so that no buffer takes all of it.
        await _started(client, transport="json", sampleRate=48_000, encoding="pcm32f")
        await client.send(type="speak", text=LONG_TEXT * 4)
        await asyncio.sleep(2.5 * site.client_timeout_s)
        async for frame in client.frames():
            if not isinstance(frame, bytes) and frame["type"] in _ENDS:
                site.ledger.end(entry, _ENDS[frame["type"]])
                return
        site.ledger.end(entry, End.FAILED)  # the socket was closed, as the documentation says


async def in_json(site: Site, rng: random.Random) -> None:
    """Audio in JSON, with the times of words."""
    async with site.socket(PATH) as client:
        await _started(client, transport="json", wordTimes=True)
        voice, text = rng.choice(site.voices), some_text(rng)
        entry = site.ledger.begin(DOOR, text)
        await client.send(type="speak", text=text, voice=voice)
        await _hear(site, client, entry, voice)


def _unread(site: Site) -> Any:
    """A socket whose client takes in next to nothing before it is read."""
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER_BYTES)
    host, _, port = site.address.rpartition(":")
    small.connect((host, int(port)))
    small.setblocking(False)
    return site.socket(PATH, sock=small, max_queue=1)


def _reset(client: JsonSocket) -> None:
    """Drop the connection without a goodbye."""
    transport = client.connection.transport
    found: socket.socket = transport.get_extra_info("socket")
    found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _started(client: JsonSocket, **choices: object) -> None:
    await client.send(type="start", seed=SEED, **choices)
    while (frame := await within(client.receive())) and (isinstance(frame, bytes) or frame["type"] != "started"):
        if not isinstance(frame, bytes) and frame["type"] == "error":
            raise EngineError(f"start: {json.dumps(frame)}")


async def _write(client: JsonSocket, voice: str, text: str, wait_s: float) -> None:
    words = text.split(" ")
    for number, word in enumerate(words):
        await client.send(type="append", text=word if number == len(words) - 1 else f"{word} ", voice=voice)
        await asyncio.sleep(wait_s)
    await client.send(type="end")


async def _hear(site: Site, client: JsonSocket, entry: Entry, voice: str) -> None:
    """Take in an utterance to its end."""
    while True:
        frame = await within(client.receive())
        if isinstance(frame, bytes):
            entry.pcm += frame
        elif frame["type"] == "audioChunk":
            entry.pcm += base64.b64decode(frame["data"])
        elif frame["type"] in _ENDS and not frame.get("refused"):
            _end(site, entry, voice, frame)
            return
        elif frame.get("refused"):
            site.ledger.refused += frame["code"] == "RATE_LIMITED"


def _end(site: Site, entry: Entry, voice: str, frame: Frame) -> None:
    end = _ENDS[frame["type"]]
    site.ledger.end(entry, end, site.expected(entry.text, voice, seeded=True))
    if end is End.FAILED:
        site.ledger.refused += frame["code"] == "RATE_LIMITED"
        if frame["code"] not in ("RATE_LIMITED", "TIMEOUT"):
            site.ledger.fault(entry.door, json.dumps(frame))
