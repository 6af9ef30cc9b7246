"""The server over real sockets: what listeners get, for texts of several lengths and several sessions at once."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import websockets

from makima import installation
from makima.audio.resample import Resampler
from makima.bench.idle import at_rest_s, can_tell
from makima.bench.report import Figure
from makima.bench.sockets.listener import PLAYER_BUFFER_MS, Heard, hear
from makima.bench.sockets.targets import (
    CANCEL_TARGET_MS,
    GAP_TARGET_MS,
    first_audio_targets_ms,
    over_engine_target,
    real_time_target,
)
from makima.bench.sockets.texts import ANSWER_S, TEXTS
from makima.bench.stats import percentiles
from makima.config import load_settings
from makima.engines.protocol import Engine, SpeechRequest
from makima.engines.registry import ENGINES, choose
from makima.errors import ConfigError, EngineError
from makima.events import AudioChunk
from makima.server.wire import DEFAULT_RATE_HZ

SETTLE_ROUNDS = 3
"""Rounds not counted, in which workers start and caches fill."""
CANCEL_AFTER_MS = 200.0
"""Audio that is heard of an utterance before it is cancelled, where cancelling is measured."""
CANCEL_REPEATS = 30
"""How often the long text is said where cancelling is measured: quick engines have still much to do then."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure: `rounds` rounds of each text by each number of sessions at once."""

    engine: str = "espeak"
    sessions: tuple[int, ...] = (10,)
    texts: tuple[str, ...] = ("short", "medium", "long")
    rounds: int = 30
    settle_rounds: int = SETTLE_ROUNDS
    most_audio_s: float | None = None
    """Utterances are cancelled after this much audio: for models that find no end, such as random ones."""

    def __post_init__(self) -> None:
        if unknown := [text for text in self.texts if text not in TEXTS]:
            raise ConfigError("--texts", f"There is no text {unknown[0]!r}.", mend=f"Take some of: {', '.join(TEXTS)}.")
        if self.engine not in ENGINES:
            raise ConfigError(
                "--engine", f"There is no engine {self.engine!r}.", mend=f"Take one of: {', '.join(ENGINES)}."
            )

    def said(self, text: str, number: int) -> str:
        """The text of an utterance. Engines that remember what they were told get another beginning each time."""
        return TEXTS[text] if self.engine == "espeak" else f"{number + 1} {TEXTS[text]}"

    @property
    def steps(self) -> int:
        """Steps of progress."""
        return (self.rounds + self.settle_rounds) * len(self.sessions) * (len(self.texts) + 1)


@dataclass(slots=True)
class Samples:
    """What was measured of one text at one number of sessions, an entry an utterance or a round."""

    heard: list[Heard] = field(default_factory=list)
    round_ms: list[float] = field(default_factory=list)
    engine_ms: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Results:
    """All of it, by number of sessions and text; and by number of sessions, how long cancelling took.

    `cancels_ms` is until the client is told, an entry an utterance; `idle_ms` until the server rests after the last of
    a round, an entry a round.
    """

    spoken: dict[tuple[int, str], Samples] = field(default_factory=dict)
    cancels_ms: dict[int, list[float]] = field(default_factory=dict)
    idle_ms: dict[int, list[float]] = field(default_factory=dict)


def run(plan: Plan, on_round: Callable[[str], None]) -> Results:
    """Measure. The embedded voice is paired with its engine alone: each round is spoken without a server as well.

    Raises: EngineError where the server does not come up; AssetError where the engine cannot load
    """
    settings = load_settings(engine=plan.engine)
    if problem := ENGINES[plan.engine].problem(settings):
        raise problem
    # As the server has it: with the watermark, where that is embedded.
    engine = choose(settings).engine if plan.engine in ("espeak", "fake") else None
    if engine is not None:
        engine.load(lambda _: None)
    try:
        with running_server(plan.engine) as server:
            return asyncio.run(_all(server, engine, plan, on_round))
    finally:
        if engine is not None:
            engine.close()


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs: its socket's address, its process, and the lines that it has printed."""

    url: str
    process: subprocess.Popen[str]
    printed: list[str] = field(default_factory=list)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def address(self) -> str:
        """Host and port."""
        return self.url.removeprefix("ws://").partition("/")[0]


@contextmanager
def running_server(engine_name: str, *flags: str, environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A server in a process of its own, on a free port; with more in its environment than this process has."""
    more = ["env", *(f"{name}={value}" for name, value in environment.items())] if environment else []
    process = subprocess.Popen(
        [*more, sys.executable, "-m", "makima", "serve", "--port", "0", "--engine", engine_name, "--preload", *flags],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if found := re.search(r"http://(\S+)", line):
                server = Server(f"ws://{found[1]}/api/v1/speak", process, [line])
                threading.Thread(target=server.printed.extend, args=(process.stderr,), daemon=True).start()
                yield server
                return
        raise EngineError("The server did not start.", mend=installation.run("serve"))
    finally:
        process.terminate()
        process.wait()
        process.stderr.close()


async def _all(server: Server, engine: Engine | None, plan: Plan, on_round: Callable[[str], None]) -> Results:
    results = Results()
    for sessions in plan.sessions:
        sockets = [await _connected(server.url) for _ in range(sessions)]
        for socket in sockets:
            await socket.recv()
        for text in plan.texts:
            samples = results.spoken[sessions, text] = Samples()
            for number in range(plan.settle_rounds + plan.rounds):
                said = [plan.said(text, number * sessions + session) for session in range(sessions)]
                engine_ms = await asyncio.to_thread(_engine_round, engine, said) if engine else None
                begun_s = time.perf_counter()
                most_ms = None if plan.most_audio_s is None else plan.most_audio_s * 1000
                heard = await asyncio.gather(
                    *(hear(socket, one, most_ms) for socket, one in zip(sockets, said, strict=True))
                )
                if number >= plan.settle_rounds:
                    samples.round_ms.append((time.perf_counter() - begun_s) * 1000)
                    samples.heard += heard
                    if engine_ms is not None:
                        samples.engine_ms.append(engine_ms)
                on_round(f"{sessions} sessions, {text} text")
        await _cancels(server, sockets, plan, results, on_round)
        for socket in sockets:
            await socket.close()
    return results


async def _connected(url: str) -> websockets.ClientConnection:
    """Raises: EngineError where the server does not answer, as one on a very busy machine may not"""
    try:
        return await websockets.connect(url, max_size=None, compression=None, open_timeout=ANSWER_S)
    except TimeoutError as exc:
        mend = "Measure while the machine has less to do."
        raise EngineError(f"The server did not answer within {ANSWER_S:g} s.", mend=mend) from exc


async def _cancels(
    server: Server,
    sockets: list[websockets.ClientConnection],
    plan: Plan,
    results: Results,
    on_round: Callable[[str], None],
) -> None:
    """Cancel all sessions' utterances while they are spoken."""
    text = (TEXTS["long"] + " ") * CANCEL_REPEATS
    told = results.cancels_ms[len(sockets)] = []
    idle = results.idle_ms[len(sockets)] = []
    for number in range(plan.settle_rounds + plan.rounds):
        heard = await asyncio.gather(*(hear(socket, text, CANCEL_AFTER_MS, unended=True) for socket in sockets))
        rest_s = await at_rest_s(server.pid) if can_tell() else None
        if number >= plan.settle_rounds:
            told += [one.cancel_ms for one in heard if one.cancel_ms is not None]
            if rest_s is not None:
                idle.append(1000 * (rest_s - max(one.cancelled_at_s for one in heard)))
        on_round(f"{len(sockets)} sessions, cancelled")


def _engine_round(engine: Engine, texts: Sequence[str]) -> float:
    """The same utterances without a server, at the rate the sockets get; milliseconds until the last has ended."""
    voice = engine.voices()[0].id
    begun_s = time.perf_counter()
    streams = [engine.open(SpeechRequest(voice)) for _ in texts]
    for stream, text in zip(streams, texts, strict=True):
        stream.feed(text)
        stream.end_text()
    for stream in streams:
        resampler = Resampler(stream.sample_rate_hz, DEFAULT_RATE_HZ)
        for event in stream:
            if isinstance(event, AudioChunk):
                resampler.push(event.samples)
    return (time.perf_counter() - begun_s) * 1000


def figures(plan: Plan, results: Results) -> list[Figure]:
    """Everything measured, with what it should be."""
    found: list[Figure] = []
    for (sessions, text), samples in results.spoken.items():
        found += _spoken_figures(plan, sessions, text, samples)
    for what, by_sessions, target in (
        ("cancel to its answer", results.cancels_ms, None),
        ("cancel to idle", results.idle_ms, CANCEL_TARGET_MS),
    ):
        for sessions, took in by_sessions.items():
            if took:
                of = percentiles(took)
                limits = {"p99": target}
                found += [Figure(f"{sessions} x {what}, {p}", of[p], "ms", limits.get(p)) for p in of]
    return found


def _spoken_figures(plan: Plan, sessions: int, text: str, samples: Samples) -> list[Figure]:
    name = f"{sessions} x {text}"
    targets = first_audio_targets_ms(plan.engine, sessions, text)
    first = percentiles([heard.first_audio_ms for heard in samples.heard])
    found = [Figure(f"{name}: first audio, {p}", first[p], "ms", targets.get(p)) for p in first]
    if onsets := [onset for heard in samples.heard if (onset := heard.onset_ms()) is not None]:
        of = percentiles(onsets)
        found += [Figure(f"{name}: audible onset, {p}", of[p], "ms") for p in of]
    if gaps := [gap for heard in samples.heard for gap in heard.gaps_ms]:
        of = percentiles(gaps)
        found += [Figure(f"{name}: gap between chunks, {p}", of[p], "ms", {"p95": GAP_TARGET_MS}.get(p)) for p in of]
    played = [heard.playback() for heard in samples.heard]
    underruns = sum(playback.underruns for playback in played) / len(played)
    stalls = [sum(playback.stalls_ms) for playback in played]
    at_player = f"a player with {PLAYER_BUFFER_MS:g} ms"
    factors = [heard.arrivals_ms[-1] / heard.audio_ms for heard in samples.heard]
    found += [
        Figure(f"{name}: underruns an utterance at {at_player}", underruns, "", 0.0),
        Figure(f"{name}: silence from underruns, p99", percentiles(stalls)["p99"], "ms"),
        Figure(
            f"{name}: real-time factor, p50", percentiles(factors)["p50"], "", real_time_target(plan.engine, sessions)
        ),
        Figure(f"{name}: all sessions spoken, p50", percentiles(samples.round_ms)["p50"], "ms"),
    ]
    if samples.engine_ms:
        over = [a / b for a, b in zip(samples.round_ms, samples.engine_ms, strict=True)]
        limit = over_engine_target(plan.engine, sessions, text)
        found.append(Figure(f"{name}: the engine alone, p50", percentiles(samples.engine_ms)["p50"], "ms"))
        found.append(Figure(f"{name}: over the engine alone, median of pairs", percentiles(over)["p50"], "x", limit))
    return found


def drawn_series(results: Results) -> dict[str, list[float]]:
    """First audio of every utterance, by sessions and text."""
    return {
        f"{sessions} x {text}": [heard.first_audio_ms for heard in samples.heard]
        for (sessions, text), samples in results.spoken.items()
    }
