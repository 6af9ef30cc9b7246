"""`/api/v1/listen` over real sockets: with the embedded recogniser, and with one that counts."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable

import httpx
import jwt
import numpy as np
import pytest
from websockets.asyncio.client import connect

from makima.audio.pcm import Encoding
from makima.errors import AssetError
from makima.server.auth import Identity
from makima.server.recognition import Recognition
from makima.stt.fake import FakeRecognizer, FakeScript
from makima.stt.listening.endpoint import EndpointRules
from makima.stt.listening.session import Listener
from makima.stt.pocketsphinx import PocketSphinxRecognizer
from makima.stt.protocol import Final, ListenEnd, ListenEvent, SpeechEnded, SpeechStarted
from tests.conftest import StartServer
from tests.support.server.listen_client import listen_client
from tests.support.server.servers import ProcessServer
from tests.support.server.streams import eventually
from tests.support.speech import conversation, silence, spoken

COFFEE = "I would like a cup of coffee."
SECRET = "a secret that is long enough for HS256"


def counting(script: FakeScript | None = None) -> Recognition:
    return Recognition(Listener(FakeRecognizer(script), EndpointRules(silence_ms=320)), "chosen by a test")


async def test_speech_becomes_words_as_people_start_it(espeak_server: ProcessServer) -> None:
    async with listen_client(espeak_server.url) as client:
        assert client.ready["capabilities"]["recognizer"] == "pocketsphinx"
        assert client.ready["capabilities"]["languages"] == ["English"]
        started = await client.start(sampleRate=16_000)
        assert started["language"] == "English"
        await client.feed(conversation(0.5, spoken(COFFEE), 1.5))
        began, *_ = await client.until("speechEnded")
        assert began["type"] == "speechStarted"
        assert began["atMs"] == pytest.approx(500, abs=150)
        final = (await client.until("final"))[-1]
        assert "cup of coffee" in final["text"]
        assert final["startMs"] == began["atMs"]
        await client.send("stop", reason="done")
        assert await client.receive() == {"type": "stopped", "reason": "done"}
        assert await client.closed() == 1000


@pytest.mark.parametrize(("rate_hz", "encoding"), [(48_000, Encoding.PCM32F), (8_000, Encoding.PCM16)])
async def test_any_rate_and_encoding(espeak_server: ProcessServer, rate_hz: int, encoding: Encoding) -> None:
    async with listen_client(espeak_server.url) as client:
        await client.start(sampleRate=rate_hz, encoding=encoding.value)
        await client.feed(conversation(0.5, spoken(COFFEE, rate_hz=rate_hz), 0.5, rate_hz=rate_hz), encoding)
        await client.send("stop")  # the last words are recognised all the same
        messages = await client.until("stopped")
        (final,) = [message for message in messages if message["type"] == "final"]
        assert "cup" in final["text"] or rate_hz == 8_000
        assert final["text"]


async def test_speakers_are_told_apart(start_server: StartServer) -> None:
    server = start_server(recognition=counting())
    async with listen_client(server.url) as client:
        assert (await client.start(diarize=True))["diarize"] is True
        turns = [spoken(COFFEE, voice) for voice in ("makima", "tenor", "makima")]
        await client.feed(conversation(0.3, turns[0], 1.2, turns[1], 1.2, turns[2], 0.5))
        await client.send("stop")
        finals = [message for message in await client.until("stopped") if message["type"] == "final"]
        assert [final["speaker"] for final in finals] == ["S1", "S2", "S1"]


async def test_health_names_the_recogniser(espeak_server: ProcessServer) -> None:
    async with httpx.AsyncClient() as http:
        health = (await http.get(espeak_server.url + "/health")).json()
        description = (await http.get(espeak_server.url + "/openapi.json")).json()
    assert health["recognizer"] == "pocketsphinx"
    assert "parakeet" in health["recognizerReason"]
    assert [message["type"] for message in description["x-websocket-listen"]] == ["start", "text", "stop"]


async def test_news_of_loading_comes_before_started(start_server: StartServer) -> None:
    server = start_server(recognition=counting())
    async with listen_client(server.url) as client:
        assert client.ready["recognizerLoaded"] is False
        await client.send("start", language="de")
        assert await client.receive() == {"type": "loading", "what": "counting", "progress": 0.5}
        assert (await client.expect("started"))["language"] == "German"


async def test_a_model_that_does_not_load_may_be_tried_again(start_server: StartServer) -> None:
    script = FakeScript(load_error=AssetError("weights", "They are broken.", mend="Pull them again."))
    server = start_server(recognition=counting(script))
    async with listen_client(server.url) as client:
        for _ in range(2):
            await client.send("start")
            error = (await client.until("error"))[-1]
            assert error["code"] == "TTS_LOAD_FAILED"
            assert "Pull them again." in error["message"]
        await client.send("stop")
        await client.expect("stopped")


async def test_an_utterance_that_fails_does_not_end_the_session(start_server: StartServer) -> None:
    server = start_server(recognition=counting(FakeScript(failing=frozenset({1}))))
    speech = spoken(COFFEE)
    async with listen_client(server.url) as client:
        await client.start()
        await client.feed(conversation(0.3, speech, 1.0, speech, 1.0))
        error = (await client.until("error"))[-1]
        assert (error["code"], error["utterance"]) == ("RECOGNITION_ERROR", 1)
        assert (await client.until("final"))[-1]["utterance"] == 2


async def test_what_is_no_message_is_refused_and_changes_nothing(start_server: StartServer) -> None:
    server = start_server(recognition=counting())
    async with listen_client(server.url) as client:
        for frame in ("no json", '{"type": "speak", "text": "x"}', '{"type": "start", "sampleRate": 5}'):
            await client.socket.send(frame)
            assert (await client.expect("error"))["code"] == "INVALID_MESSAGE"
        await client.socket.send(b"\0\0")
        assert (await client.expect("error"))["code"] == "INVALID_MESSAGE"
        await client.start()
        await client.send("start")
        assert (await client.expect("error"))["code"] == "INVALID_MESSAGE"


async def test_a_server_without_a_recogniser_says_so(start_server: StartServer) -> None:
    server = start_server()
    async with connect(server.url.replace("http", "ws", 1) + "/api/v1/listen", proxy=None) as socket:
        error = json.loads(await socket.recv())
        assert error["code"] == "TTS_LOAD_FAILED"
        assert "makima doctor" in error["message"]


async def test_tokens_are_asked_for(start_server: StartServer) -> None:
    server = start_server(recognition=counting(), auth_secret=SECRET)
    token = jwt.encode({"sub": "ann", "exp": time.time() + 60}, SECRET)
    async with listen_client(server.url) as client:
        await client.send("start", authToken=token)
        await client.until("started")
    async with listen_client(server.url, token=token) as client:
        await client.start()
    for first in ({"type": "start"}, {"type": "start", "authToken": "x"}, {"type": "stop"}):
        async with listen_client(server.url) as client:
            await client.socket.send(json.dumps(first))
            assert (await client.expect("error"))["code"] == "UNAUTHORIZED"
            assert await client.closed() == 4401


async def test_there_is_a_limit_to_sessions(start_server: StartServer) -> None:
    server = start_server(recognition=counting(), limit_sessions=1)
    async with listen_client(server.url) as first:
        await first.start()
        async with listen_client(server.url) as second:
            assert (await second.expect("error"))["code"] == "RATE_LIMITED"
            assert await second.closed() == 4429


async def test_a_client_that_leaves_frees_what_it_used(start_server: StartServer) -> None:
    recognition = counting()
    recognizer = recognition.recognizer
    assert isinstance(recognizer, FakeRecognizer)
    server = start_server(recognition=recognition)
    async with listen_client(server.url) as client:
        await client.start()
        await client.feed(conversation(0.3, spoken(COFFEE)))
        await client.until("speechStarted")
        assert eventually(lambda: recognizer.open_now == 1)
    assert eventually(lambda: recognizer.open_now == 0 and not server.services.sockets)


async def test_shutdown_waits_for_the_last_words(start_server: StartServer) -> None:
    server = start_server(recognition=counting())
    async with listen_client(server.url) as client:
        await client.start()
        await client.feed(conversation(0.3, spoken(COFFEE)))
        await client.until("speechStarted")
        stopping = asyncio.create_task(asyncio.to_thread(server.stop))
        messages = await client.until("stopped")
        assert [message["type"] for message in messages][-2:] == ["final", "stopped"]
        assert await client.closed() == 1001
        await stopping


async def test_a_sender_who_is_too_fast_loses_nothing(start_server: StartServer) -> None:
    server = start_server(recognition=counting(FakeScript(guess_s=0.01)))
    speech = conversation(spoken(COFFEE), 0.6)
    async with listen_client(server.url) as client:
        await client.start()
        await client.feed(conversation(0.5, np.tile(speech, 12), 1.0), pieces=200)
        await client.send("stop")
        finals = [message for message in await client.until("stopped") if message["type"] == "final"]
        assert [final["utterance"] for final in finals] == list(range(1, 13))


async def test_a_conversation_hears_what_is_heard(start_server: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[ListenEvent, float | None]] = []
    joined: list[str | None] = []
    left: list[bool] = []

    class Joined:
        def hear(self, event: ListenEvent, position_ms: float | None = None) -> None:
            heard.append((event, position_ms))

        def leave(self) -> None:
            left.append(True)

    class Conversation:
        def listen(self, guard: Callable[[bool], None], replaced: Callable[[bool], None]) -> Joined:
            guard(True)
            return Joined()

    def find(who: Identity, contract_id: str) -> Conversation:
        joined.append(contract_id)
        return Conversation()

    server = start_server(recognition=counting())
    monkeypatch.setattr(server.services.conversations, "find", find)
    async with listen_client(server.url) as client:
        assert (await client.start(contractId="talk"))["contractId"] == "talk"
        await client.feed(conversation(0.3, spoken(COFFEE), 1.0))
        await client.send("stop")
        await client.until("stopped")
    assert joined == ["talk"]
    assert [type(event) for event, _ in heard if not hasattr(event, "text")] == [SpeechStarted, SpeechEnded, ListenEnd]
    (final,) = [(event, at) for event, at in heard if isinstance(event, Final)]
    assert final[1] is not None
    assert final[1] >= final[0].end_ms
    assert eventually(lambda: bool(left))


async def test_silence_and_noise_have_no_words(start_server: StartServer) -> None:
    server = start_server(recognition=Recognition(Listener(PocketSphinxRecognizer(workers=1))))
    noise = (0.05 * np.random.default_rng(5).standard_normal(48_000)).astype(np.float32)
    async with listen_client(server.url) as client:
        await client.start()
        await client.feed(np.concatenate([silence(2.0), noise, silence(1.0)]))
        await client.send("stop")
        assert await client.until("stopped") == [{"type": "stopped", "reason": "stopped by the client"}]
