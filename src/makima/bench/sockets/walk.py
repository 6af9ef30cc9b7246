"""The way from a client's `speak` to the first audio, counted: files, moves from file to file, and depth of calls.

    python -m makima.bench.sockets.walk --engine qwen3

Server and client share this process, so that every thread of the server can be watched. Qwen3-TTS runs on a tiny
checkpoint with random weights. What is counted hangs on the code alone, not on the machine's speed, but for a few moves
of threads that wait for each other: the least of several utterances is told.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import websockets

import makima
from makima.bench.report import Figure, json_line
from makima.config import load_settings
from makima.console import out
from makima.engines.registry import choose
from makima.errors import EngineError
from makima.server.app import create_services
from makima.server.run import bind, make_server

PACKAGE = str(Path(makima.__file__).parent)
BEGINNINGS = ("Small", "White", "Old", "Two", "Blue")
"""Of the utterances, of which the first only fills caches. Digits would count the rules that read them."""
MOST_MOVES, MOST_DEPTH = 400, 20
"""What Qwen3-TTS may take."""


@dataclass(slots=True)
class Walk:
    """What one utterance took to its first audio. `moves` are calls from one of our files into another."""

    files: set[str] = field(default_factory=set)
    calls: int = 0
    deepest: list[str] = field(default_factory=list)  # the functions of the deepest stack, the innermost first
    moves: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def moved(self) -> int:
        return sum(self.moves.values())


class Watch:
    """Counts calls within the package, in all threads started after it was set."""

    def __init__(self) -> None:
        self.walk: Walk | None = None
        self._lock = threading.Lock()

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        """Called by the interpreter for each call and return."""
        walk = self.walk
        if walk is None or event != "call" or not frame.f_code.co_filename.startswith(PACKAGE):
            return
        ours = [each.f_code for each in _outwards(frame) if each.f_code.co_filename.startswith(PACKAGE)]
        files = [_name(code.co_filename) for code in ours[:2]]
        with self._lock:
            walk.calls += 1
            walk.files.add(files[0])
            if len(ours) > len(walk.deepest):
                walk.deepest = [f"{_name(code.co_filename)} {code.co_qualname}" for code in ours]
            if len(set(files)) > 1:
                way = (files[1], files[0])
                walk.moves[way] = walk.moves.get(way, 0) + 1


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _name(path: str) -> str:
    return path.removeprefix(PACKAGE).lstrip("/\\")


@contextmanager
def watched_server(engine_name: str, home: Path) -> Iterator[tuple[str, Watch]]:
    """A server in this process, with what watches it; its socket's address."""
    watch = Watch()
    settings = load_settings(
        engine=engine_name, port=0, preload=True, model_id=str(home), device="cpu", voices_dir=home / "voices"
    )
    threading.setprofile(watch)
    try:
        choice = choose(settings)
        server = make_server(create_services(settings, choice.engine, choice.reason))
        listening = bind(settings)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"ws://127.0.0.1:{listening.getsockname()[1]}/api/v1/speak", watch
        finally:
            server.should_exit = True
            thread.join()
    finally:
        threading.setprofile(None)


async def walks(url: str, watch: Watch) -> list[Walk]:
    """Have a text spoken a few times, each with another beginning. Raises: EngineError where it is not"""
    found: list[Walk] = []
    async with websockets.connect(url, max_size=None, compression=None) as socket:
        while json.loads(await socket.recv())["type"] != "ready":
            pass
        for number in range(len(BEGINNINGS)):
            watch.walk = Walk()
            text = f"{BEGINNINGS[number]} boats are on the river."
            await socket.send(json.dumps({"type": "speak", "text": text}))
            while not isinstance(frame := await socket.recv(), bytes):
                if json.loads(frame)["type"] in ("error", "complete"):
                    raise EngineError(f"The server: {frame!r}")
            found.append(watch.walk)
            watch.walk = None
            await socket.send(json.dumps({"type": "cancel"}))
            while isinstance(frame, bytes) or json.loads(frame)["type"] not in ("cancelled", "complete"):
                frame = await socket.recv()
    return found[1:]


def measure(engine_name: str) -> Walk:
    """The shortest walk. Raises: AssetError, ConfigError, EngineError"""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        if engine_name == "qwen3":
            from makima.models.qwen3.checkpoint.random_checkpoint import write_random_checkpoint

            write_random_checkpoint(home)
        with watched_server(engine_name, home) as (url, watch):
            found = asyncio.run(walks(url, watch))
    return min(found, key=lambda walk: walk.moved)


def figures(engine_name: str, walk: Walk) -> list[Figure]:
    """What was counted, with what it may be."""
    most_moves, most_depth = (MOST_MOVES, MOST_DEPTH) if engine_name == "qwen3" else (None, None)
    return [
        Figure("files", len(walk.files), ""),
        Figure("calls", walk.calls, ""),
        Figure("moves", walk.moved, "", most_moves),
        Figure("depth", len(walk.deepest), "", most_depth),
    ]


def main() -> None:
    """Parse the command line, measure, print what was counted."""
    parser = argparse.ArgumentParser(prog="python -m makima.bench.sockets.walk", description=__doc__)
    parser.add_argument("--engine", default="qwen3", help="qwen3, espeak or fake")
    parser.add_argument(
        "--ways", action="store_true", help="list the moves, the most frequent first, and the deepest stack"
    )
    options = parser.parse_args()
    walk = measure(options.engine)
    if options.ways:
        for (start, end), count in sorted(walk.moves.items(), key=lambda way: -way[1]):
            out.print(f"{count:5} {start} -> {end}", highlight=False)
        for name in reversed(walk.deepest):
            out.print(name, highlight=False)
    out.print(json_line("walk", figures(options.engine, walk), {"engine": options.engine}), soft_wrap=True)


if __name__ == "__main__":
    main()
