"""What sessions leave behind: nothing that waits for the garbage collector, and what does is collected."""

from __future__ import annotations

import asyncio
import gc
import weakref

import numpy as np
import pytest

from makima.server import allocator
from makima.server.allocator import Sweeper, keep_swept, sweep
from makima.server.recognition import Recognition
from makima.stt.fake import FakeRecognizer
from makima.stt.listening.session import Listener, Listening
from tests.conftest import StartServer
from tests.support.server.listen_client import listen_client
from tests.support.server.streams import eventually


class Ring:
    """An object that only the collector frees."""

    def __init__(self) -> None:
        self.ring = self


def test_a_sweep_collects() -> None:
    gc.disable()
    try:
        left = weakref.ref(Ring())
        assert left() is not None
        sweep()
        assert left() is None
    finally:
        gc.enable()


def test_a_command_sweeps_between_its_pieces_of_work() -> None:
    gc.disable()
    try:
        for every_s, swept in ((3600.0, False), (0.0, True)):
            sweeper = Sweeper(every_s)
            left = weakref.ref(Ring())
            sweeper.worked()
            assert (left() is None) is swept
    finally:
        gc.enable()
        gc.unfreeze()


async def test_it_sweeps_after_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocator, "SWEEP_S", 0.01)
    monkeypatch.setattr(allocator, "WORTH_S", -1.0)
    gc.disable()
    sweeping = asyncio.create_task(keep_swept(lambda: False))
    try:
        left = weakref.ref(Ring())
        assert await asyncio.to_thread(eventually, lambda: left() is None)
    finally:
        sweeping.cancel()
        gc.enable()


async def test_a_session_that_has_ended_frees_its_stream_by_itself(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[weakref.ref[Listening]] = []
    usual = Listener.open

    def noted(listener: Listener, *arguments: object) -> Listening:
        stream = usual(listener, *arguments)  # type: ignore[arg-type]
        opened.append(weakref.ref(stream))
        return stream

    monkeypatch.setattr(Listener, "open", noted)
    server = start_server(
        recognition=Recognition(Listener(FakeRecognizer(), make_detector=lambda: lambda window: 0.0), "test")
    )
    gc.disable()
    try:
        for aborted in (False, True):
            async with listen_client(server.url) as client:
                await client.start()
                await client.feed(np.zeros(1_600, np.float32))
                if aborted:
                    client.socket.transport.abort()
                else:
                    await client.send("stop")
                    await client.until("stopped")
        assert len(opened) == 2
        assert await asyncio.to_thread(eventually, lambda: all(stream() is None for stream in opened))
    finally:
        gc.enable()
