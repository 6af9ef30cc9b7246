"""A soak: a server in a process of its own, clients that come and go and what is left when they are gone."""

from __future__ import annotations

import asyncio
import random
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from makima.bench.soak import doors, listeners, speakers, visitors
from makima.bench.soak.holdings import Holdings, MemoryWatch, holdings
from makima.bench.soak.ledger import Ledger
from makima.bench.soak.offline import spoken_offline
from makima.bench.soak.site import ANSWER_S, Action, Site
from makima.bench.soak.texts import Reference
from makima.bench.sockets.server import Server, running_server
from makima.errors import EngineError

CLIENT_TIMEOUT_S = 4.0
"""Of the server: how long a client may read nothing. Shorter than usual, so that many such clients fit into minutes."""
LOOK_EVERY_S = 2.0
SETTLE_S = 30.0
"""After the last client has left, for all of what it used to be let go of."""
VISIT_EVERY_S = 2.0

SESSIONS: tuple[Action, ...] = (
    *(speakers.whole_texts, speakers.several_at_once, speakers.pieces, speakers.cancels, speakers.in_json),
    *(speakers.vanishes, speakers.pauses_reading, speakers.stops_reading),
    *(doors.tts, doors.openai_speech, doors.compressed, doors.leaves_http),
    *(doors.elevenlabs, doors.cartesia, doors.deepgram, doors.realtime, doors.wyoming),
    *(listeners.listens, listeners.converses),
)
"""What sessions do, in turns of random order: each thing as often as any other."""
BRIEF: tuple[Action, ...] = (
    *(speakers.whole_texts, speakers.several_at_once, speakers.cancels, speakers.in_json, speakers.vanishes),
    *(doors.tts, doors.openai_speech, doors.leaves_http, doors.elevenlabs, doors.cartesia, doors.deepgram),
    *(doors.wyoming, visitors.looks),
)
"""What is done once more in a brief soak: what takes a second or two by itself."""
BESIDE: tuple[Action, ...] = (listeners.transcribes, visitors.job, visitors.voice, visitors.looks)
"""What goes on beside them, one of each at a time."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long, how many sessions at once, and over which engine. The same `seed`, the same clients."""

    minutes: float = 5.0
    sessions: int = 10
    engine: str = "espeak"
    seed: int = 0
    brief: bool = False
    """Each of the quick kinds twice, and nothing else: half a minute in all, for every run of the tests."""


@dataclass(slots=True)
class Results:
    """What was counted. `before` and `after` are what the server held before the first client and after the last."""

    ledger: Ledger
    before: Holdings
    after: Holdings
    watch: MemoryWatch
    server_ends: dict[str, int]
    tasks_before: int
    tasks_left: int
    active_left: int
    took_s: float
    traces: list[str] = field(default_factory=list)
    """Lines of tracebacks in the server's log."""
    stop_s: float = 0.0
    exit_status: int | None = None


def run(plan: Plan, on_news: Callable[[str], None]) -> Results:
    """Soak a server.

    Raises: AssetError where the engine cannot load; EngineError where the server does not start
    """
    on_news("speaking the texts without a server")
    reference = spoken_offline(plan.engine, voices=1 if plan.brief else 2)
    with tempfile.TemporaryDirectory(prefix="makima-soak-", ignore_cleanup_errors=True) as folder:
        with _server(plan, Path(folder)) as server:
            results = asyncio.run(_soaked(plan, server, reference, on_news))
            on_news("ending the server")
            begun_s = time.monotonic()
            server.process.terminate()
            results.exit_status = server.process.wait()
            results.stop_s = time.monotonic() - begun_s
        results.traces = [line for line in server.printed if "Traceback" in line or "Error:" in line]
    return results


@contextmanager
def _server(plan: Plan, folder: Path) -> Iterator[Server]:
    environment = {
        "MAKIMA_DATA_DIR": str(folder / "data"),
        "TTS_VOICES_DIR": str(folder / "voices"),
        "MAKIMA_LIMIT_AT_ONCE": "0",  # a client that is refused is a fault here
        "MAKIMA_CLIENT_TIMEOUT_S": str(CLIENT_TIMEOUT_S),
        "MAKIMA_CONVERSATION_KEEP_S": "5",
        "MAKIMA_LOG_FORMAT": "json",  # a line for each entry, whatever the width of the terminal
    }
    with running_server(plan.engine, "--wyoming", "--wyoming-port", "0", environment=environment) as server:
        yield server


async def _soaked(plan: Plan, server: Server, reference: Reference, on_news: Callable[[str], None]) -> Results:
    site = await _site(server, plan, reference)
    on_news("each kind of client once, so that what is made once is there")
    every = BRIEF if plan.brief else (*SESSIONS, *BESIDE)
    await asyncio.gather(*(_done(site, action, random.Random(plan.seed)) for action in every))
    before, _ = await _settled(site, server, None)
    site.ledger = Ledger()
    ends_before = await _figures(site)
    watch = MemoryWatch(server.pid)
    begun_s = time.monotonic()
    until_s = begun_s + 60 * plan.minutes
    if plan.brief:
        clients = [asyncio.create_task(_done(site, action, random.Random(plan.seed + 1))) for action in BRIEF]
    else:
        clients = [asyncio.create_task(_session(site, plan, number, until_s)) for number in range(plan.sessions)]
        clients += [asyncio.create_task(_visits(site, action, plan, until_s)) for action in BESIDE]
    all_done = asyncio.gather(*clients)
    while not all_done.done():
        await asyncio.wait([all_done], timeout=LOOK_EVERY_S)
        if server.process.poll() is not None:
            raise EngineError(f"The server has ended by itself: {''.join(server.printed[-20:])}")
        if time.monotonic() < until_s:
            watch.look()
        on_news(f"{sum(site.ledger.counts.values())} utterances, {len(site.ledger.faults)} faults")
    await all_done
    took_s = time.monotonic() - begun_s
    after, figures = await _settled(site, server, before)
    ends = {name: figures[name] - ends_before.get(name, 0) for name in figures if name.startswith("ended ")}
    tasks = ends_before["tasks"], figures["tasks"]
    return Results(site.ledger, before, after, watch, ends, *tasks, figures["active"], took_s)


async def _site(server: Server, plan: Plan, reference: Reference) -> Site:
    """Wait until all of the server is there."""
    for _ in range(round(ANSWER_S * 10)):
        ports = [found[1] for line in server.printed if (found := re.search(r"Wyoming on port (\d+)", line))]
        if ports:
            repeats = plan.engine != "qwen3"
            return Site(server.address, int(ports[0]), reference, repeats, CLIENT_TIMEOUT_S, clones=not repeats)
        await asyncio.sleep(0.1)
    raise EngineError(f"The server did not open its ports: {''.join(server.printed[-20:])}")


async def _session(site: Site, plan: Plan, number: int, until_s: float) -> None:
    """One place among the sessions: one client after the other, of all kinds before any comes again."""
    rng = random.Random(plan.seed * 1_000 + number)
    deck: list[Action] = []
    while time.monotonic() < until_s:
        if not deck:
            deck = rng.sample(SESSIONS, len(SESSIONS))
        await _done(site, deck.pop(), rng)


async def _visits(site: Site, action: Action, plan: Plan, until_s: float) -> None:
    rng = random.Random(plan.seed)
    while time.monotonic() < until_s:
        await _done(site, action, rng)
        await asyncio.sleep(VISIT_EVERY_S)


async def _done(site: Site, action: Action, rng: random.Random) -> None:
    """One client, from beginning to end. Whatever it raises is a fault of the server's."""
    try:
        await action(site, rng)
    except Exception as exc:  # noqa: BLE001 - each is noted, and the soak goes on
        site.ledger.fault(action.__name__, repr(exc))


async def _settled(site: Site, server: Server, before: Holdings | None) -> tuple[Holdings, dict[str, int]]:
    """What is held, and the server's own figures, once nothing of the clients is left; or after a while."""
    last: Holdings | None = None
    for _ in range(round(SETTLE_S)):
        await asyncio.sleep(1.0)
        figures = await _figures(site)
        await asyncio.sleep(0.2)  # for the connection that has asked
        now = holdings(server.pid)
        if figures["active"] == 0 and (not now.over(before) if before is not None else now == last):
            break
        last = now
    return now, figures


async def _figures(site: Site) -> dict[str, int]:
    """How many utterances the server counts by their ends, how many are active, and its tasks."""
    async with site.http() as http:
        answer = (await http.get("/metrics")).text
    return read_figures(answer.splitlines())


def read_figures(lines: Sequence[str]) -> dict[str, int]:
    """The figures of a soak among those of `/metrics`."""
    found = {"active": 0, "tasks": 0}
    for line in lines:
        if line.startswith("#"):
            continue
        name, _, value = line.rpartition(" ")
        if name.startswith(("makima_active", "makima_sessions", "makima_listening")):
            found["active"] += int(float(value))
        elif name == "makima_tasks":
            found["tasks"] = int(float(value))
        elif outcome := re.match(r'makima_utterances_total\{.*outcome="(\w+)"', name):
            key = f"ended {outcome[1]}"
            found[key] = found.get(key, 0) + int(float(value))
    return found
