"""A conversation over real sockets: speech to the listen socket, a real chat endpoint, replies on the speak socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from makima.dialogue.reply import SORRY
from makima.engines.fake import SAMPLE_RATE_HZ, FakeScript
from makima.llm.openai import OpenAIModel, Patience
from makima.server.recognition import Recognition
from makima.server.speak.pacing import LEAD_S
from makima.stt.fake import FakeRecognizer
from makima.stt.listening.endpoint import EndpointRules
from makima.stt.listening.session import Listener
from tests.conftest import StartServer
from tests.support.server.chat_server import Answering, Asked, ChatServer, Script
from tests.support.server.client import Message, SpeakClient, Spoken, speak_client
from tests.support.server.listen_client import ListenClient, listen_client
from tests.support.server.servers import ThreadServer, WatchedEngine
from tests.support.speech import conversation, spoken
from tests.support.tones import tones_pcm16

SPEECH = "I would like a cup of coffee."
LONG = "Word after word after word, "


@dataclass
class Both:
    """Both sockets of one conversation."""

    server: ThreadServer
    speak: SpeakClient
    listen: ListenClient
    chat: ChatServer

    async def say(self) -> None:
        """Someone speaks, and is silent long enough to be done."""
        await self.listen.feed(conversation(0.2, spoken(SPEECH), 0.8))

    async def sounds(self) -> None:
        """The next reply has begun to sound, which is later than `speaking`: until then any word counts as speech."""
        while "latencyMs" not in await self.speak.until("reply"):
            pass

    async def reply(self) -> Spoken:
        """The next reply, from `replyTo` to its end."""
        return await self.speak.hear()


@asynccontextmanager
async def conversing(
    start_server: StartServer, script: Script, engine: WatchedEngine | None = None, token_s: float = 0.5
) -> AsyncIterator[Both]:
    async with AsyncExitStack() as stack:
        chat = await stack.enter_async_context(ChatServer(script, closes=True))
        model = OpenAIModel(chat.base_url, "m", patience=Patience(2.0, token_s, token_s))
        recognition = Recognition(Listener(FakeRecognizer(), EndpointRules(silence_ms=320)))
        server = await asyncio.to_thread(lambda: start_server(engine, recognition=recognition, chat=model))
        speak = await stack.enter_async_context(speak_client(server.url))
        assert speak.ready["capabilities"]["chatModel"] == "m"
        assert speak.ready["capabilities"]["chatIsEcho"] is False
        await speak.start(respond=True, contractId="c")
        listen = await stack.enter_async_context(listen_client(server.url))
        await listen.start(sampleRate=16_000, contractId="c")
        yield Both(server, speak, listen, chat)
        await asyncio.to_thread(server.stop)


def text_of(reply: Spoken) -> str:
    return "".join(message["text"] for message in reply.messages if message["type"] == "reply")


def told(asked: Asked) -> list[str]:
    return [message["content"] for message in asked.body["messages"][1:]]


async def test_what_is_said_is_answered(start_server: StartServer) -> None:
    async def script(answer: Answering, _: Asked) -> None:
        await answer.say("With", " milk?")

    async with conversing(start_server, script) as both:
        await both.say()
        reply = await both.reply()
        assert text_of(reply) == "With milk?"
        assert reply.audio == tones_pcm16("With milk?")
        final = (await both.listen.until("final"))[-1]
        assert [m["replyTo"] for m in reply.messages if m.get("replyTo")] == [final["text"]]
        (latency,) = [m["latencyMs"] for m in reply.messages if m.get("latencyMs")]
        assert latency["total"] == pytest.approx(sum(latency.values()) - latency["total"], abs=1)
        assert latency["words"] > 0
        await both.say()
        await both.reply()
        assert told(both.chat.asked[1])[:2] == [final["text"], "With milk?"]
        async with httpx.AsyncClient() as http:
            metrics = (await http.get(f"{both.server.url}/metrics")).text
        assert 'makima_reply_stage_seconds_count{stage="first_audio"} 2.0' in metrics


async def test_speech_over_a_reply_stops_all_of_it(start_server: StartServer) -> None:
    """Synthesis, the chat stream and the sound; and the chat model is told only what was heard."""
    left = asyncio.Event()

    async def script(answer: Answering, asked: Asked) -> None:
        if left.is_set():
            await answer.say("Yes?")
            return
        await answer.begin()
        await answer.token(LONG * 10)
        await answer.left()
        left.set()

    engine = WatchedEngine(FakeScript(character_s=0.002))
    async with conversing(start_server, script, engine, token_s=30.0) as both:
        await both.say()
        heard_bytes = 0
        while heard_bytes < (LEAD_S + 0.8) * 2 * SAMPLE_RATE_HZ:  # no more is sent ahead, so that some was heard
            frame = await both.speak.receive()
            heard_bytes += len(frame) if isinstance(frame, bytes) else 0
        await both.say()
        interrupted = await both.speak.until("interrupted")
        async with asyncio.timeout(10):
            await left.wait()
        assert engine.streams[0].ended
        assert 0 < interrupted["audioLengthMs"] < len(LONG * 10) * 40
        assert interrupted["text"]
        assert (LONG * 10).startswith(interrupted["text"])
        assert text_of(await both.reply()) == "Yes?"
        assert told(both.chat.asked[1])[1] == interrupted["text"]


async def refuse(answer: Answering) -> None:
    await answer.refuse("429 Too Many Requests", {"error": {"message": "slow down"}}, Retry_After="3")


async def stall(answer: Answering) -> None:
    await answer.begin()
    await answer.left()


async def garbage(answer: Answering) -> None:
    await answer.begin()
    await answer.chunk("data: <html>\n\n")


async def drop(answer: Answering) -> None:
    await answer.begin()
    await answer.token("Half of")


async def wait_for_ever(answer: Answering) -> None:
    await answer.refuse("429 Too Many Requests", {"error": {"message": "slow down"}}, Retry_After="9" * 400)


async def signs(answer: Answering) -> None:
    await answer.say("***", " 😀")


async def thoughts(answer: Answering) -> None:
    await answer.say("<thinking>secret plans")


TROUBLE: dict[str, tuple[Callable[[Answering], Any], str, str]] = {
    "429": (refuse, "slow down", SORRY),
    "stalls": (stall, "no word came", SORRY),
    "garbage": (garbage, "what came is no answer", SORRY),
    "429 for ever": (wait_for_ever, "slow down", SORRY),
    "signs": (signs, "the answer is empty", SORRY),
    "thoughts": (thoughts, "the answer is empty", SORRY),
    "drops": (drop, "broke off", "Half of"),
}


@pytest.mark.parametrize("what", TROUBLE)
async def test_a_bad_endpoint_is_told_and_the_conversation_goes_on(start_server: StartServer, what: str) -> None:
    misbehave, words, said = TROUBLE[what]
    asked = 0

    async def script(answer: Answering, _: Asked) -> None:
        nonlocal asked
        asked += 1
        if asked == 1:
            await misbehave(answer)
        else:
            await answer.say("Back.")

    async with conversing(start_server, script) as both:
        await both.say()
        messages: list[Message] = []
        while not messages or messages[-1]["type"] != "complete":
            frame = await both.speak.receive()
            if not isinstance(frame, bytes):
                messages.append(frame)
        (error,) = [message for message in messages if message["type"] == "error"]
        assert error["code"] == "UPSTREAM_ERROR"
        assert words in error["message"]
        assert error.get("retryAfterMs") == {"429": 3_000, "429 for ever": 86_400_000}.get(what)
        assert "".join(message["text"] for message in messages if message["type"] == "reply") == said
        await both.say()
        assert text_of(await both.reply()) == "Back."


async def test_a_short_sound_over_a_reply_does_not_stop_it(start_server: StartServer) -> None:
    async def script(answer: Answering, _: Asked) -> None:
        await answer.say(LONG)

    voice = spoken(SPEECH)
    sound = conversation(0.3, voice[1_600 : 1_600 + 16 * 250], 0.6)  # a quarter of a second
    async with conversing(start_server, script) as both:
        await both.say()
        await both.sounds()
        await both.listen.feed(sound)
        assert (await both.reply()).end["type"] == "complete"
        heard = await both.listen.until("final")
        assert [message["type"] for message in heard].count("speechStarted") == 1
        # The same sound is speech when nothing is being said.
        await both.listen.feed(sound)
        assert (await both.listen.until("speechStarted"))[0]["type"] == "speechStarted"


async def test_a_session_that_is_replaced_is_told_and_has_its_place_again(start_server: StartServer) -> None:
    async def script(answer: Answering, _: Asked) -> None:
        await answer.say("Yes.")

    async with conversing(start_server, script) as both:
        async with speak_client(both.server.url) as speak, listen_client(both.server.url) as listen:
            await speak.start(respond=True, contractId="c")
            await listen.start(sampleRate=16_000, contractId="c")
            assert await both.speak.expect("replaced") == {"type": "replaced", "contractId": "c"}
            assert await both.listen.expect("replaced") == {"type": "replaced", "contractId": "c"}
            await both.say()
            await both.listen.until("final")
            assert both.chat.asked == [], "what the replaced one hears is not answered"
            await listen.feed(conversation(0.2, spoken(SPEECH), 0.8))
            assert text_of(await speak.hear()) == "Yes."
        assert await both.speak.expect("restored") == {"type": "restored", "contractId": "c"}
        assert (await both.listen.until("restored"))[-1] == {"type": "restored", "contractId": "c"}
        await both.say()
        assert text_of(await both.reply()) == "Yes."
