"""Engines awaited from an event loop."""

from __future__ import annotations

import asyncio
import gc
import threading

import numpy as np
import pytest

from makima.engines.bridge import EngineHost, StreamReader
from makima.engines.buffer import StreamBuffer
from makima.engines.fake import FakeEngine, FakeScript
from makima.errors import AssetError, MakimaError, Timeout
from makima.events import AudioChunk, Loading, SpeechEnd
from tests.support.server.servers import WatchedEngine

PATIENCE_S = 10.0


class Stream(StreamBuffer):
    """A stream that is filled by hand."""

    def feed(self, text: str) -> None:
        raise NotImplementedError

    def end_text(self) -> None:
        raise NotImplementedError


async def news_of(host: EngineHost) -> list[Loading]:
    return [news async for news in host.load()]


async def loading_begins(host: EngineHost) -> None:
    async for _ in host.load():
        return


class TestStreamReader:
    async def test_events_from_another_thread(self) -> None:
        buffer = Stream(1_000)

        def produce() -> None:
            for size in range(1, 200):
                buffer.put(np.zeros(size, np.float32))
            buffer.finish("end")

        reader = StreamReader(buffer)
        producer = threading.Thread(target=produce)
        producer.start()
        sizes = []
        while isinstance(event := await reader.next(PATIENCE_S), AudioChunk):
            sizes.append(len(event.samples))
        producer.join()
        assert sizes == list(range(1, 200))
        assert event == SpeechEnd("end", sum(sizes))

    async def test_what_came_before_it_looked(self) -> None:
        buffer = Stream(1_000)
        buffer.finish("end")
        assert await StreamReader(buffer).next(PATIENCE_S) == SpeechEnd("end", 0)

    async def test_nothing_in_time(self) -> None:
        buffer = Stream(1_000)
        reader = StreamReader(buffer)
        with pytest.raises(Timeout):
            await reader.next(0.01)
        buffer.finish("end")
        assert await reader.next(PATIENCE_S) == SpeechEnd("end", 0), "reading goes on after a timeout"

    def test_an_event_after_the_loop_is_gone_is_nobodys(self) -> None:
        buffer = Stream(1_000)

        async def look() -> None:
            StreamReader(buffer)

        asyncio.run(look())
        buffer.finish("end")
        assert buffer.poll() == SpeechEnd("end", 0)


class TestEngineHost:
    async def test_it_loads_once_for_all_who_wait(self) -> None:
        engine = WatchedEngine(gated=True)
        host = EngineHost(engine)
        waiting = [asyncio.create_task(news_of(host)) for _ in range(5)]
        await loading_begins(host)
        late = asyncio.create_task(news_of(host))
        await asyncio.sleep(0)
        assert host.loading is not None
        engine.gate.set()
        heard = await asyncio.gather(*waiting, late)
        expected = [Loading("tones", None), *(Loading("tones", step / 5) for step in range(5))]
        assert heard == [expected] * 6
        assert engine.loads == 1
        assert engine.loaded
        assert await news_of(host) == []

    async def test_all_hear_of_a_failure_and_the_next_tries_again(self) -> None:
        engine = WatchedEngine(FakeScript(load_error=AssetError("weights", "They are not there.")), gated=True)
        host = EngineHost(engine)
        waiting = [asyncio.create_task(news_of(host)) for _ in range(3)]
        await loading_begins(host)
        engine.gate.set()
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert [str(outcome) for outcome in outcomes] == ["weights: They are not there."] * 3
        assert isinstance(host.failure, MakimaError)
        assert (engine.loads, host.loading) == (1, None)

        engine.script = FakeScript()
        await news_of(host)
        assert engine.loaded
        assert host.failure is None

    async def test_who_gives_up_does_not_stop_the_loading(self) -> None:
        engine = WatchedEngine(gated=True)
        host = EngineHost(engine)
        impatient, patient = asyncio.create_task(news_of(host)), asyncio.create_task(news_of(host))
        await loading_begins(host)
        impatient.cancel()
        await asyncio.wait([impatient])
        engine.gate.set()
        await patient
        assert engine.loaded
        assert engine.loads == 1

    async def test_close(self) -> None:
        engine = FakeEngine()
        host = EngineHost(engine)
        await news_of(host)
        await host.close()
        assert not engine.loaded

    async def test_it_begins_without_anyone_who_waits(self) -> None:
        engine = WatchedEngine(gated=True)
        host = EngineHost(engine)
        for _ in range(3):
            host.begin()
        assert not host.was_loaded
        engine.gate.set()
        await news_of(host)
        assert engine.loads == 1
        engine.close()  # as an engine does that is not used
        assert host.was_loaded
        assert not engine.loaded

    async def test_a_failure_is_kept_though_it_is_not_awaited(self, caplog: pytest.LogCaptureFixture) -> None:
        engine = WatchedEngine(FakeScript(load_error=AssetError("weights", "They are not there.")))
        host = EngineHost(engine)
        host.begin()
        async with asyncio.timeout(PATIENCE_S):
            while host.failure is None:  # noqa: ASYNC110 - it comes from a thread
                await asyncio.sleep(0.01)
        await asyncio.sleep(0)
        gc.collect()
        assert str(host.failure) == "weights: They are not there."
        assert "never retrieved" not in caplog.text
        assert not host.was_loaded
