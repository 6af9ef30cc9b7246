"""What the server says of itself."""

from __future__ import annotations

import asyncio
import re
import threading

import httpx
from prometheus_client.parser import text_string_to_metric_families

from makima import __version__
from makima.engines.fake import FAIL_WORD, FakeScript
from makima.engines.protocol import SpeechRequest
from makima.errors import AssetError
from makima.events import Samples, SpokenWord
from tests.conftest import StartServer
from tests.support.server.client import speak_client
from tests.support.server.servers import ThreadServer, WatchedEngine, WatchedStream
from tests.support.server.streams import eventually


async def get(server: ThreadServer, path: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        return await http.get(path)


async def test_health(start_server: StartServer) -> None:
    server = start_server()
    health = (await get(server, "/health")).json()
    commands = health.pop("commands")
    assert [len(typed) for typed in (commands["qwen3"], commands["parakeet"])] == [2, 2]
    assert health == {
        "status": "ok",
        "version": __version__,
        "engine": "fake",
        "engineReason": "chosen by a test",
        "model": "tones",
        "device": "cpu",
        "loaded": False,
        "sessions": 0,
        "capacity": {"speechPerSecond": None, "utterances": None},
        "recognizer": None,
        "recognizerReason": None,
    }
    async with speak_client(server.url) as client:
        await client.say("Hello.")
        health = (await get(server, "/health")).json()
        assert (health["loaded"], health["sessions"]) == (True, 1)


async def test_ready_before_and_while_and_after_loading(start_server: StartServer) -> None:
    engine = WatchedEngine(gated=True)
    server = start_server(engine)
    assert (await get(server, "/ready")).status_code == 503
    async with speak_client(server.url) as client:
        await client.send("speak", text="Hello.")
        await client.until("loading")
        answer = await get(server, "/ready")
        assert (answer.status_code, answer.json()) == (503, {"ready": False, "reason": "loading tones"})
        engine.gate.set()
        await client.hear()
    assert (await get(server, "/ready")).json() == {"ready": True}
    assert engine.loads == 1


async def test_to_ask_whether_it_is_ready_makes_it_so(start_server: StartServer) -> None:
    server = start_server()

    async def ready() -> bool:
        return bool((await get(server, "/ready")).json()["ready"])

    async with asyncio.timeout(20):
        while not await ready():  # noqa: ASYNC110 - it is another thread's
            await asyncio.sleep(0.01)
    # An engine that was unloaded, as it was not used, loads again when it is needed.
    server.engine.close()
    assert await ready()


class HeldEngine(WatchedEngine):
    """An engine that makes no audio until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()

    def open(self, request: SpeechRequest) -> WatchedStream:
        let_go = self.let_go

        class Held(WatchedStream):
            def put(self, samples: Samples, words: tuple[SpokenWord, ...] = ()) -> bool:
                let_go.wait(60)
                return super().put(samples, words)

        return Held(request, self.script)


async def test_an_engine_that_stalls(start_server: StartServer) -> None:
    engine = HeldEngine()
    server = start_server(engine, stall_s=0.1)
    async with speak_client(server.url) as client:
        await client.send("speak", text="Hi")
        await client.until("speaking")
        async with asyncio.timeout(30):
            while (health := await get(server, "/health")).status_code == 200:  # noqa: ASYNC110 - it is another thread's
                await asyncio.sleep(0.02)
        assert (health.status_code, health.json()["status"]) == (503, "stalled")
        ready = await get(server, "/ready")
        assert (ready.status_code, "made no audio" in ready.json()["reason"]) == (503, True)
        assert "makima_engine_stalled 1.0" in (await get(server, "/metrics")).text
        engine.let_go.set()
        await client.hear()
        health = await get(server, "/health")
        assert (health.status_code, health.json()["status"]) == (200, "ok")
        assert (await get(server, "/ready")).status_code == 200
        assert "makima_engine_stalled 0.0" in (await get(server, "/metrics")).text


async def test_ready_after_a_load_that_failed(start_server: StartServer) -> None:
    server = start_server(WatchedEngine(FakeScript(load_error=AssetError("weights", "Gone."))), preload=True)
    answer = await get(server, "/ready")
    assert (answer.status_code, answer.json()["reason"]) == (503, "weights: Gone.")


async def test_ready_while_shutting_down(start_server: StartServer) -> None:
    server = start_server()
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        server.services.draining = True
        answer = await http.get("/ready")
        assert (answer.status_code, answer.json()["reason"]) == (503, "shutting down")
        answer = await http.post("/api/v1/tts", json={"text": "Hi"})
        assert answer.status_code == 429


async def test_metrics(start_server: StartServer) -> None:
    server = start_server()
    async with speak_client(server.url) as client:
        await client.say("Hello.")
        await client.say(FAIL_WORD)
        # An utterance is counted just after its last message.
        assert await asyncio.to_thread(
            eventually, lambda: b'{door="speak",outcome="error"} 1.0' in server.services.metrics.render()
        )
        text = (await get(server, "/metrics")).text
    samples = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["makima_sessions", "speak"] == 1
    assert samples["makima_active", "speak"] == 0
    assert samples["makima_utterances_total", "end", "speak"] == 1
    assert samples["makima_utterances_total", "error", "speak"] == 1
    assert samples["makima_errors_total", "SYNTHESIS_ERROR", "speak"] == 1
    assert abs(samples["makima_audio_seconds_total", "speak"] - 0.24) < 0.001
    for name in ("first_audio_seconds", "real_time_factor"):
        assert samples[f"makima_{name}_count", "speak"] == 1
    assert samples["makima_queue_wait_seconds_count", "speak"] == 2


async def test_voices(start_server: StartServer) -> None:
    voices = (await get(start_server(default_voice="second"), "/api/v1/voices")).json()["voices"]
    assert [(voice["id"], voice["isDefault"]) for voice in voices] == [("makima", False), ("second", True)]
    assert set(voices[0]) == {
        *("id", "name", "language", "description", "isDefault", "engine", "cloned", "removable", "durationMs"),
        *("gender", "languages"),
    }


async def test_pages_come_from_here_alone(tone_server: ThreadServer) -> None:
    for path in ("/", "/speak", "/voices", "/docs"):
        answer = await get(tone_server, path)
        assert answer.status_code == 200
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert not re.search(r"(?:src|href)=[\"'](?:https?:)?//", answer.text), "nothing is loaded from elsewhere"
