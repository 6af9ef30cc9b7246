"""What an honest client gets beside many that are greedy: its first audio, alone and beside each kind."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import urlsplit

import httpx
import numpy as np

from makima.bench.report import Figure
from makima.bench.sockets.greedy import KINDS, beside, connected
from makima.bench.sockets.listener import hear
from makima.bench.sockets.server import running_server
from makima.bench.sockets.texts import ANSWER_S, TEXTS
from makima.errors import ConfigError

OVER_ALONE = 1.2
SETTLE_S = 10.0
"""Until those who begin together have had their first sound: what comes with that is measured by itself."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many greedy clients of each of some kinds, and how many utterances of the honest one."""

    engine: str = "espeak"
    greedy: int = 100
    rounds: int = 40
    kinds: tuple[str, ...] = tuple(KINDS)
    settle_s: float = SETTLE_S

    def __post_init__(self) -> None:
        if unknown := [kind for kind in self.kinds if kind not in KINDS]:
            raise ConfigError("--kinds", f"There is no kind {unknown[0]!r}.", mend=f"Take some of: {', '.join(KINDS)}.")


@dataclass(slots=True)
class Measured:
    """First audio of the honest client, and how long `/health` took. Units: ms"""

    first_audio_ms: list[float] = field(default_factory=list)
    health_ms: list[float] = field(default_factory=list)


Results: TypeAlias = dict[str, tuple[Measured, Measured, Measured]]
"""By kind: alone, while the greedy ones begin, and after that."""


def run(plan: Plan, on_step: Callable[[str], None]) -> Results:
    """Measure, alone and beside each kind in turn.

    Raises: EngineError where the server does not start, or does not speak
    """
    with running_server(plan.engine) as server:
        return asyncio.run(_all(server.url, plan, on_step))


async def _all(url: str, plan: Plan, on_step: Callable[[str], None]) -> Results:
    found: Results = {}
    await _honest(url, 3)
    for kind in plan.kinds:
        on_step(f"alone, before {kind}")
        alone = await _honest(url, plan.rounds)
        on_step(f"beside {plan.greedy} x {kind}")
        async with beside(url, kind, plan.greedy):
            begun_s, beginning = time.monotonic(), Measured()
            while time.monotonic() < begun_s + plan.settle_s:
                await _once(url, beginning)
            found[kind] = alone, beginning, await _honest(url, plan.rounds)
    return found


async def _honest(url: str, rounds: int) -> Measured:
    measured = Measured()
    for _ in range(rounds):
        await _once(url, measured)
    return measured


async def _once(url: str, measured: Measured) -> None:
    """An utterance of a new session, and a look at the server's state."""
    async with connected(url) as client:
        while json.loads(await client.recv())["type"] != "ready":
            pass
        heard = await hear(client, TEXTS["short"])
        measured.first_audio_ms.append(heard.first_audio_ms)
    begun_s = time.perf_counter()
    # Certificates, which are not needed for http, would take 30 ms to read.
    async with httpx.AsyncClient(timeout=ANSWER_S, trust_env=False, verify=False) as http:  # noqa: S501
        await http.get(f"http://{urlsplit(url).netloc}/health")
    measured.health_ms.append((time.perf_counter() - begun_s) * 1000)


def figures(results: Results) -> list[Figure]:
    """What the honest client got, against what it gets alone."""
    found: list[Figure] = []
    for kind, (alone, beginning, steady) in results.items():
        for name, measured in (("alone", alone), ("while they begin", beginning), ("then", steady)):
            for what, values in (("first audio", measured.first_audio_ms), ("/health", measured.health_ms)):
                if values:
                    p50, p90, most = np.percentile(values, (50, 90, 100))
                    found += [
                        Figure(f"{kind}: {what} {name}, {p}", float(value), "ms")
                        for p, value in (("median", p50), ("90 %", p90), ("most", most))
                    ]
        over = np.median(steady.first_audio_ms) / np.median(alone.first_audio_ms)
        found.append(Figure(f"{kind}: first audio over alone, median", float(over), "x", OVER_ALONE))
    return found
