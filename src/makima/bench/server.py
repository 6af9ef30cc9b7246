"""The server over real sockets: first audio for many sessions at once, and what the socket adds to the engine."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import websockets
from rich.progress import Progress

from makima.audio.resample import Resampler
from makima.bench.report import Figure, percentiles
from makima.config import load_settings
from makima.engines.protocol import Engine, SpeechRequest
from makima.engines.registry import ENGINES
from makima.errors import EngineError
from makima.events import AudioChunk
from makima.server.wire import DEFAULT_RATE_HZ

TEXT = (
    "The quick brown fox jumps over the lazy dog, while five boxing wizards watch from the hill; a moment later all of "
    "them pack their bags, and walk down to the river, where the boats of the evening are waiting."
)[:200]

SETTLE_ROUNDS = 3
"""Rounds not counted, in which workers start and caches fill."""


@dataclass(slots=True)
class Samples:
    """What was measured, one entry an utterance or a round."""

    first_audio_ms: list[float] = field(default_factory=list)
    round_ms: list[float] = field(default_factory=list)
    engine_ms: list[float] = field(default_factory=list)
    ratio: list[float] = field(default_factory=list)


def run(engine_name: str, sessions: int, rounds: int, progress: Progress) -> tuple[list[Figure], Samples]:
    """Measure `rounds` rounds of `sessions` utterances at once, each next to the engine's own time for the same.

    Raises: EngineError where the server does not come up.
    """
    engine = ENGINES[engine_name].make(load_settings())
    engine.load(lambda _: None)
    samples = Samples()
    task = progress.add_task(f"{sessions} sessions on {engine_name}", total=rounds + SETTLE_ROUNDS)
    try:
        with running_server(engine_name) as url:
            asyncio.run(_rounds(url, engine, sessions, rounds, samples, lambda: progress.advance(task)))
    finally:
        engine.close()
    return _figures(engine_name, sessions, samples), samples


@contextmanager
def running_server(engine_name: str) -> Iterator[str]:
    """A server in a process of its own, on a free port; its socket's address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "makima", "serve", "--port", "0", "--engine", engine_name, "--preload"],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if found := re.search(r"http://(\S+)", line):
                threading.Thread(target=process.stderr.read, daemon=True).start()
                yield f"ws://{found[1]}/api/v1/speak"
                return
        raise EngineError("The server did not start.", mend="Run: makima serve")
    finally:
        process.terminate()
        process.wait()


async def _rounds(
    url: str, engine: Engine, sessions: int, rounds: int, samples: Samples, advance: Callable[[], None]
) -> None:
    sockets = [await websockets.connect(url, max_size=None, compression=None) for _ in range(sessions)]
    for socket in sockets:
        await socket.recv()
    for number in range(rounds + SETTLE_ROUNDS):
        engine_ms = await asyncio.to_thread(_engine_round, engine, sessions)
        begun_s = time.perf_counter()
        first = await asyncio.gather(*(_utterance(socket) for socket in sockets))
        round_ms = (time.perf_counter() - begun_s) * 1000
        if number >= SETTLE_ROUNDS:
            samples.first_audio_ms.extend(first)
            samples.engine_ms.append(engine_ms)
            samples.round_ms.append(round_ms)
            samples.ratio.append(round_ms / engine_ms)
        advance()
    for socket in sockets:
        await socket.close()


async def _utterance(socket: websockets.ClientConnection) -> float:
    """Speak once; milliseconds to the first audio at the client."""
    begun_s, first_ms = time.perf_counter(), 0.0
    await socket.send(json.dumps({"type": "speak", "text": TEXT}))
    async for frame in socket:
        if isinstance(frame, bytes):
            first_ms = first_ms or (time.perf_counter() - begun_s) * 1000
        elif '"complete"' in frame:
            return first_ms
        elif '"error"' in frame:
            raise EngineError(frame)
    raise EngineError("The socket was closed.")


def _engine_round(engine: Engine, sessions: int) -> float:
    """The same utterances without a server, at the rate the sockets get; milliseconds until the last has ended."""
    voice = engine.voices()[0].id
    begun_s = time.perf_counter()
    streams = [engine.open(SpeechRequest(voice, prefilled=True)) for _ in range(sessions)]
    for stream in streams:
        stream.feed(TEXT)
        stream.end_text()
    for stream in streams:
        resampler = Resampler(stream.sample_rate_hz, DEFAULT_RATE_HZ)
        for event in stream:
            if isinstance(event, AudioChunk):
                resampler.push(event.samples)
    return (time.perf_counter() - begun_s) * 1000


def _figures(engine_name: str, sessions: int, samples: Samples) -> list[Figure]:
    first = percentiles(samples.first_audio_ms)
    embedded = engine_name == "espeak" and sessions <= 10
    return [
        Figure("first audio, p50", first["p50"], "ms", 30.0 if embedded else None),
        Figure("first audio, p95", first["p95"], "ms", 60.0 if embedded else None),
        Figure("first audio, p99", first["p99"], "ms"),
        Figure("all sessions spoken, p50", percentiles(samples.round_ms)["p50"], "ms"),
        Figure("the engine alone, p50", percentiles(samples.engine_ms)["p50"], "ms"),
        Figure(
            "over the engine alone, median of pairs", percentiles(samples.ratio)["p50"], "x", 1.3 if embedded else None
        ),
    ]
