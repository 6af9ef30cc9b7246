"""What clients get where as many speak as a server can, and where five times as many want to."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import httpx
import numpy as np

from makima.bench.report import Figure
from makima.bench.sockets.greedy import Connection, connected
from makima.bench.sockets.server import Server, running_server
from makima.bench.sockets.texts import TEXTS
from makima.errors import EngineError

OVER_FULL = 1.2
REFUSED_MS = 50.0
MEASURING_S = 60.0
"""For the server to find out its capacity."""
STAGGER_S = 2.0
"""Within which all clients of a round begin. Where there are as many as places, they come as closely one after the
other, so that what they get differs by the others alone."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many times as many clients as there are places, and how many rounds of them."""

    engine: str = "espeak"
    times: int = 5
    rounds: int = 3


@dataclass(slots=True)
class Measured:
    """Of one round after the other. Units: ms"""

    first_audio_ms: list[float] = field(default_factory=list)
    refused_ms: list[float] = field(default_factory=list)
    failed: int = 0


Results: TypeAlias = tuple[int, Measured, Measured]
"""The places, what as many clients get, and what `times` as many do."""


def run(plan: Plan, on_step: Callable[[str], None]) -> Results:
    """Measure.

    Raises: EngineError where the server does not start, or tells no capacity
    """
    with running_server(plan.engine) as server:
        return asyncio.run(_all(server, plan, on_step))


async def _all(server: Server, plan: Plan, on_step: Callable[[str], None]) -> Results:
    on_step("waiting for the capacity")
    places = await _places(server)
    full, beyond = Measured(), Measured()
    for number in range(plan.rounds):
        on_step(f"{places} clients, round {number + 1}")
        await _round(server.url, places, STAGGER_S / plan.times, full)
        on_step(f"{plan.times * places} clients, round {number + 1}")
        await _round(server.url, plan.times * places, STAGGER_S, beyond)
    return places, full, beyond


async def _places(server: Server) -> int:
    deadline_s = time.monotonic() + MEASURING_S
    async with httpx.AsyncClient(trust_env=False) as http:
        while time.monotonic() < deadline_s:
            found = (await http.get(f"http://{server.address}/health")).json()["capacity"]["utterances"]
            if found is not None:
                await asyncio.sleep(STAGGER_S)  # it may be measured once more
                return int((await http.get(f"http://{server.address}/health")).json()["capacity"]["utterances"])
            await asyncio.sleep(0.5)
    raise EngineError("The server has not measured its capacity.")


async def _round(url: str, count: int, within_s: float, measured: Measured) -> None:
    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(connected(url)) for _ in range(count)]
        for client in clients:
            while json.loads(await client.recv())["type"] != "ready":
                pass
        waits_s = [within_s * index / count for index in range(count)]
        await asyncio.gather(*(_spoken(each, wait, measured) for each, wait in zip(clients, waits_s, strict=True)))


async def _spoken(client: Connection, wait_s: float, measured: Measured) -> None:
    """One utterance that lasts for longer than a round takes to begin."""
    await asyncio.sleep(wait_s)
    begun_s, first = time.perf_counter(), True
    await client.send(json.dumps({"type": "speak", "text": TEXTS["medium"]}))
    async for frame in client:
        after_ms = (time.perf_counter() - begun_s) * 1000
        if isinstance(frame, bytes):
            if first:
                measured.first_audio_ms.append(after_ms)
            first = False
            continue
        message = json.loads(frame)
        if message["type"] == "error":
            if first and message["code"] == "RATE_LIMITED":
                measured.refused_ms.append(after_ms)
            else:
                measured.failed += 1
        if message["type"] in ("error", "complete"):
            return
    measured.failed += 1


def figures(plan: Plan, results: Results) -> list[Figure]:
    """What was measured, against what it should be."""
    places, full, beyond = results
    found = [Figure("places", float(places), "")]
    for name, measured in ((f"{places} clients", full), (f"{plan.times * places} clients", beyond)):
        found += [
            Figure(f"{name}: admitted", float(len(measured.first_audio_ms)), ""),
            Figure(f"{name}: refused", float(len(measured.refused_ms)), ""),
            Figure(f"{name}: without an end as promised", float(measured.failed), "", 0.0),
        ]
        if measured.first_audio_ms:
            p50, p95 = np.percentile(measured.first_audio_ms, (50, 95))
            found.append(Figure(f"{name}: first audio, p50", float(p50), "ms"))
            found.append(Figure(f"{name}: first audio, p95", float(p95), "ms"))
    if beyond.refused_ms:
        p50, p99 = np.percentile(beyond.refused_ms, (50, 99))
        found.append(Figure("refused after, p50", float(p50), "ms", REFUSED_MS))
        found.append(Figure("refused after, p99", float(p99), "ms", REFUSED_MS))
    if full.first_audio_ms and beyond.first_audio_ms:
        over = np.median(beyond.first_audio_ms) / np.median(full.first_audio_ms)
        found.append(Figure("first audio over that at capacity, median", float(over), "x", OVER_FULL))
    return found
