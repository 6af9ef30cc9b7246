"""Many sessions at once over real sockets, on a tiny Qwen3-TTS in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from makima.engines.qwen3.engine import Qwen3Engine
from makima.engines.qwen3.intake import Intake
from makima.engines.qwen3.runner.runner import Runner
from makima.engines.qwen3.text.segment import Preparing
from makima.engines.qwen3.text.stream import Qwen3Stream
from makima.text.speakable import MAX_TEXT_CHARACTERS
from tests.conftest import StartServer
from tests.support.models.checkpoints import engine_at, make_home
from tests.support.models.torch_threads import one_thread
from tests.support.server.client import SpeakClient, Spoken, speak_client
from tests.support.server.servers import ThreadServer, make_settings
from tests.support.server.streams import eventually

ENDLESS = "This sentence is said many times over, and nobody knows for how long. "
SMALL_BYTES = 4096

_one_thread = pytest.fixture(scope="module", autouse=True)(one_thread)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_home(tmp_path_factory.mktemp("qwen3") / "home")


@pytest.fixture(scope="module")
def engine(home: Path) -> Qwen3Engine:
    return engine_at(home, slots=10)


@pytest.fixture(scope="module")
def server(engine: Qwen3Engine) -> Iterator[ThreadServer]:
    with ThreadServer(engine, make_settings(preload=True)) as server:
        yield server


class Frames:
    """Counts the frames that are made, and how many had been when something was cancelled."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.made = 0
        self.at_cancel: int | None = None
        choose, cancel = Runner.choose, Qwen3Stream.cancel

        def chosen(batch: Runner, slots: list[int], unfinished: Collection[int] = ()) -> object:
            self.made += len(slots)
            return choose(batch, slots, unfinished)

        def cancelled(stream: Qwen3Stream) -> None:
            cancel(stream)
            if self.at_cancel is None:
                self.at_cancel = self.made

        patch.setattr(Runner, "choose", chosen)
        patch.setattr(Qwen3Stream, "cancel", cancelled)

    async def after_cancel(self, engine: Qwen3Engine) -> int:
        """How many were made after it, once its slot is free."""
        assert await asyncio.to_thread(eventually, lambda: self.at_cancel is not None)
        assert await asyncio.to_thread(eventually, lambda: engine.figures().speaking == 0)
        assert self.at_cancel is not None
        return self.made - self.at_cancel


@pytest.fixture
def frames(monkeypatch: pytest.MonkeyPatch) -> Frames:
    return Frames(monkeypatch)


async def first_audio(client: SpeakClient) -> bytes:
    while True:
        frame = await client.receive()
        if isinstance(frame, bytes):
            return frame


async def alone(server: ThreadServer, text: str, voice: str = "makima") -> bytes:
    async with speak_client(server.url) as client:
        await client.start(seed=7, voice=voice)
        return (await client.say(text)).audio


class TestTenAtOnce:
    """Of mixed lengths and two voices; one is cancelled, one reads late, one is still being written."""

    TEXTS = ("One.", "Two, two.", "And three.", "Four, and more.", "Five is a longer one.", "Six?", "It is seven now.")
    CANCELLED = "Nobody hears the end."
    SLOW = "Heard when others are done."
    WRITTEN = "Written while it is spoken."

    async def test_each_sounds_as_it_does_alone(self, server: ThreadServer) -> None:
        texts = [*self.TEXTS, self.CANCELLED, self.SLOW, self.WRITTEN]
        expected = [await alone(server, text, self._voice(text)) for text in texts]
        others_done = asyncio.Event()
        begun = asyncio.Barrier(len(texts))
        slow = asyncio.create_task(self._slow(server, begun, others_done))
        heard = await asyncio.gather(
            *(self._plain(server, text, begun) for text in self.TEXTS),
            self._cancelled(server, begun),
            self._written(server, begun),
        )
        others_done.set()
        *plain, cut, written = heard
        for found, wanted in zip([*plain, await slow, written], [*expected[:7], *expected[8:]], strict=True):
            assert found.end["type"] == "complete"
            assert found.audio == wanted
        assert cut.end["type"] == "cancelled"
        assert 0 < len(cut.audio) < len(expected[7])
        assert expected[7].startswith(cut.audio)

    @staticmethod
    def _voice(text: str) -> str:
        return "makima" if text.startswith(("T", "F")) else "hummer"

    async def _plain(self, server: ThreadServer, text: str, begun: asyncio.Barrier) -> Spoken:
        async with speak_client(server.url) as client:
            await client.start(seed=7, voice=self._voice(text))
            await begun.wait()
            return await client.say(text)

    async def _cancelled(self, server: ThreadServer, begun: asyncio.Barrier) -> Spoken:
        async with speak_client(server.url) as client:
            await client.start(seed=7, voice=self._voice(self.CANCELLED))
            await begun.wait()
            await client.send("append", text=self.CANCELLED)  # without an end, so that it is not over before
            first = await first_audio(client)
            await client.send("cancel")
            rest = await client.hear()
            return Spoken(rest.messages, [first, *rest.frames])

    async def _slow(self, server: ThreadServer, begun: asyncio.Barrier, others_done: asyncio.Event) -> Spoken:
        async with speak_client(server.url, receive_bytes=SMALL_BYTES) as client:
            await client.start(seed=7, voice=self._voice(self.SLOW))
            await begun.wait()
            await client.send("speak", text=self.SLOW)
            await others_done.wait()
            return await client.hear()

    async def _written(self, server: ThreadServer, begun: asyncio.Barrier) -> Spoken:
        async with speak_client(server.url) as client:
            await client.start(seed=7, voice=self._voice(self.WRITTEN))
            await begun.wait()
            for start in range(0, len(self.WRITTEN), 5):
                await client.send("append", text=self.WRITTEN[start : start + 5])
            await client.send("end")
            return await client.hear()


@pytest.mark.parametrize(
    ("voice", "first", "rest"),
    [
        ("hummer", "Hello there my ", "friends, it goes on."),  # by the first words
        ("makima", "The first sentence is written. And ", "the second one comes later."),  # by the first sentence
    ],
)
async def test_the_first_audio_comes_before_the_text_is_complete(
    server: ThreadServer, voice: str, first: str, rest: str
) -> None:
    expected = await alone(server, first + rest, voice)
    async with speak_client(server.url) as client:
        await client.start(seed=7, voice=voice)
        await client.send("append", text=first)
        begun = await first_audio(client)
        await client.send("append", text=rest)
        await client.send("end")
        assert begun + (await client.hear()).audio == expected


async def test_a_surrogate_pair_may_be_cut(server: ThreadServer) -> None:
    """JSON can say half of one; the halves meet before the engine hears of them."""
    text = "It is 5 \U0001d7d9 o'clock."  # a letterlike digit, which is two words of UTF-16
    expected = await alone(server, text)
    high, low = (text.encode("utf-16-be")[2 * n : 2 * n + 2].decode("utf-16-be", "surrogatepass") for n in (8, 9))
    async with speak_client(server.url) as client:
        await client.start(seed=7, voice="makima")
        for piece in (text[:8] + high, low + text[9:]):
            await client.send("append", text=piece)
        await client.send("end")
        assert (await client.hear()).audio == expected


class TestWhoeverLeaves:
    """At most the frame that is being made when they do is made for nothing."""

    async def test_cancel(self, server: ThreadServer, engine: Qwen3Engine, frames: Frames) -> None:
        async with speak_client(server.url) as client:
            await client.send("speak", text=(ENDLESS * 20)[:1000])
            await first_audio(client)
            await client.send("cancel")
            await client.until("cancelled")
            assert await frames.after_cancel(engine) <= 1
            assert (await client.say("Hello.")).end["type"] == "complete"

    async def test_disconnect(self, server: ThreadServer, engine: Qwen3Engine, frames: Frames) -> None:
        async with speak_client(server.url) as client:
            await client.send("speak", text=(ENDLESS * 20)[:1000])
            await first_audio(client)
            client.socket.transport.abort()
            assert await frames.after_cancel(engine) <= 1

    async def test_a_text_of_full_length_by_http(
        self, server: ThreadServer, engine: Qwen3Engine, frames: Frames
    ) -> None:
        """It is heard from its first sentence on, and the rest is not made once its listener has left."""
        text = (ENDLESS * (MAX_TEXT_CHARACTERS // len(ENDLESS) + 1))[:MAX_TEXT_CHARACTERS]
        async with (
            httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=30) as http,
            http.stream("POST", "/api/v1/tts", json={"text": text, "seed": 7}) as answer,
        ):
            assert answer.status_code == 200
            heard = 0
            async for piece in answer.aiter_bytes():
                heard += len(piece)
                if heard > 44 + 1920:
                    break
            assert engine.figures().speaking == 1
            assert frames.made < 1000, "all of it would be tens of thousands"
        assert await frames.after_cancel(engine) <= 1


class TestAFullHouse:
    @pytest.fixture
    def one_slot(self, home: Path) -> Qwen3Engine:
        return engine_at(home, slots=1, max_waiting=1)

    async def test_who_finds_no_room_is_told_when_there_will_be(
        self, one_slot: Qwen3Engine, start_server: StartServer
    ) -> None:
        url = start_server(one_slot).url
        async with speak_client(url) as first, speak_client(url) as second, speak_client(url) as third:
            for client in (first, second):
                await client.send("append", text=ENDLESS)
                await client.until("speaking")
            refused = (await third.say("Hello.", requestId="a")).end
            assert (refused["code"], refused["requestId"], refused["recoverable"]) == ("RATE_LIMITED", "a", True)
            assert refused["retryAfterMs"] > 0
            async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
                answer = await http.post("/api/v1/tts", json={"text": "Hello."})
            assert answer.status_code == 429
            assert int(answer.headers["retry-after"]) > 0
            for client in (first, second):
                await client.send("cancel")
                await client.until("cancelled")
            assert (await third.say("Hello.")).end["type"] == "complete", "the session goes on"

    async def test_priorities_hold_across_sessions(
        self, home: Path, start_server: StartServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun: list[str] = []
        take = Intake.next

        def taken(intake: Intake) -> Preparing | None:
            if (item := take(intake)) is not None:
                begun.append(item.stream.request.priority)
            return item

        monkeypatch.setattr(Intake, "next", taken)
        engine = engine_at(home, slots=1)
        url = start_server(engine).url
        async with speak_client(url) as held, speak_client(url) as low, speak_client(url) as high:
            await held.send("append", text="Hello there my ", voice="hummer")
            await first_audio(held)
            for client, priority in ((low, "low"), (high, "high")):
                await client.send("speak", text="Hello there.", priority=priority)
                await client.until("speaking")
            assert await asyncio.to_thread(eventually, lambda: engine.figures().waiting == 2)
            await held.send("cancel")
            spoken = await asyncio.gather(low.hear(), high.hear())
        assert [each.end["type"] for each in spoken] == ["complete"] * 2
        assert begun == ["normal", "high", "low"]


async def test_metrics_tell_of_slots_and_guards(server: ThreadServer) -> None:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        text = (await http.get("/metrics")).text
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["makima_engine_slots",] == 10
    assert samples["makima_engine_speaking",] == samples["makima_engine_waiting",] == 0
    guards = {key[1] for key in samples if key[0] == "makima_guards_total"}
    assert guards == {"missed_eos", "loop", "cap", "not_a_number", "leading_silence"}
    assert "makima_onset_seconds_count" in text
