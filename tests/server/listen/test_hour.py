"""An hour of conversation in simulated time: the real session, talk and conversation, without a thread or a socket."""

from __future__ import annotations

import asyncio
import gc
import random
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from typing import cast

import pytest
from starlette.websockets import WebSocket

from makima.dialogue.history import MAX_CHARACTERS, MAX_MESSAGES
from makima.dialogue.listener import Listener
from makima.dialogue.reply import SORRY
from makima.errors import SynthesisFailed, UpstreamError
from makima.llm.protocol import Message
from makima.server.app import create_services
from makima.server.auth import Identity
from makima.server.services import Services
from makima.server.speak.socket import SpeakSocket
from makima.stt.protocol import Final, ListenEvent, Missed, SpeechEnded, SpeechStarted
from tests.support.models.prompt_engine import PromptEngine
from tests.support.server.offline_socket import OfflineSocket
from tests.support.server.servers import make_settings
from tests.support.simulated import run_simulated

HOUR_S = 3600.0
KEEP_S = 60.0
CONTRACT = "hour"


class MoodyModel:
    """Answers at the pace of a chat model; now and then it refuses, breaks off, or has the engine fail."""

    name = "moody"
    is_echo = False

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.open = 0
        self.most_characters = self.most_messages = 0

    async def reply(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        assert messages[-1].role == "user"
        self.most_characters = max(self.most_characters, sum(len(message.text) for message in messages[1:]))
        self.most_messages = max(self.most_messages, len(messages) - 1)
        mood = self.chance.random()
        self.open += 1
        try:
            await asyncio.sleep(self.chance.uniform(0.1, 0.8))
            if mood < 0.05:
                raise UpstreamError("chat model", "429", retryable=True, retry_after_s=1.0)
            for number in range(self.chance.randint(3, 60)):
                await asyncio.sleep(0.02)
                yield f"word{number} "
                if mood > 0.95 and number > 5:
                    raise UpstreamError("chat model", "the answer broke off.", retryable=True)
            if 0.05 < mood < 0.08:
                yield "break the engine"
        finally:
            self.open -= 1

    async def close(self) -> None:
        pass


class Person:
    """Someone who talks for an hour: waits for the answer, or does not, or makes a noise."""

    def __init__(self, services: Services, chance: random.Random) -> None:
        self._services = services
        self._chance = chance
        self._listener: Listener | None = None
        self._utterances = 0
        self.did: Counter[str] = Counter()

    def come(self) -> None:
        self._listener = self._services.conversations.find(Identity(None, ""), CONTRACT).listen(lambda _: None)

    def leave(self) -> None:
        assert self._listener is not None
        self._listener.leave()
        self._services.conversations.left()

    async def speak(self, words: str | None) -> None:
        assert self._listener is not None
        self._utterances += 1
        self._listener.hear(SpeechStarted(self._utterances, 0))
        await asyncio.sleep(self._chance.uniform(0.4, 4.0))
        self._listener.hear(SpeechEnded(self._utterances, 0))
        await asyncio.sleep(self._chance.uniform(0.0, 0.4))
        last: ListenEvent = Missed(self._utterances, SynthesisFailed("x"))
        if words is not None:
            last = Final(self._utterances, words, 0, 0)
        self._listener.hear(last, 500.0)

    async def talk_until(self, end_s: float) -> None:
        loop = asyncio.get_running_loop()
        while loop.time() < end_s:
            what = self._chance.choices(["question", "noise", "missed", "leaves"], [20, 3, 1, 1])[0]
            self.did[what] += 1
            if what == "leaves":
                self.leave()
                await asyncio.sleep(self._chance.uniform(0.0, 20.0))
                self.come()
            else:
                words = {"question": "tell me more about it " * self._chance.randint(1, 9), "noise": " "}.get(what)
                await self.speak(words)
            # Long enough to hear the answer out, or not.
            await asyncio.sleep(self._chance.choice([0.2, 1.0, 3.0, 10.0, 25.0]))


class Device:
    """The speak session's client: takes what comes, and comes back when it is cut off."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.heard: Counter[str] = Counter()
        self.open_replies: set[str] = set()
        self.socket = OfflineSocket()

    async def session(self, length_s: float) -> None:
        self.socket = OfflineSocket()
        server = asyncio.create_task(SpeakSocket(cast(WebSocket, self.socket), self._services).run())
        reading = asyncio.create_task(self._read())
        self.socket.client_sends("start", respond=True, contractId=CONTRACT)
        await asyncio.sleep(length_s)
        self.socket.client_leaves()
        await server
        reading.cancel()
        self.open_replies.clear()

    async def _read(self) -> None:
        while True:
            message = await self.socket.messages.get()
            kind, request_id = message["type"], message.get("requestId", "")
            self.heard[kind] += 1
            if kind == "reply":
                if message.get("replyTo"):
                    self.open_replies.add(request_id)
                assert request_id in self.open_replies, f"{message} after its end"
                self.heard["sorry"] += message["text"] == SORRY
            elif kind == "interrupted":
                # What was made in vain is never more than the lead and the pieces at hand.
                assert message["audioLengthMs"] - message["playedMs"] <= 2_500
                self.open_replies.remove(request_id)
            elif kind == "complete" or (kind in ("cancelled", "error") and request_id):
                self.open_replies.remove(request_id)


async def one_hour(seed: int) -> tuple[Person, Device, MoodyModel, Services, list[int]]:
    chance = random.Random(seed)
    model = MoodyModel(chance)
    services = create_services(make_settings(conversation_keep_s=KEEP_S), PromptEngine(), chat=model)
    person, device = Person(services, chance), Device(services)
    loop = asyncio.get_running_loop()
    person.come()
    talking = asyncio.create_task(person.talk_until(HOUR_S))
    objects = []
    while loop.time() < HOUR_S:
        await device.session(chance.uniform(200.0, 600.0))
        gc.collect()
        objects.append(len(gc.get_objects()))
        await asyncio.sleep(chance.uniform(0.0, 10.0))
    await talking
    person.leave()
    assert len(services.conversations) == 1, "they may come back"
    await asyncio.sleep(KEEP_S + 1)
    assert len(services.conversations) == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}
    await services.conversations.close()
    return person, device, model, services, objects


def test_an_hour_of_conversation_leaves_nothing_behind(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")  # what is captured would be counted below
    person, device, model, services, objects = run_simulated(one_hour(seed=1))
    assert person.did["question"] > 150
    for kind in ("reply", "complete", "interrupted", "error", "sorry", "speaking", "audio_end"):
        assert device.heard[kind] > 0, kind
    assert device.heard["interrupted"] > 50
    assert device.heard["cancelled"] == 0, "nothing was cancelled"
    assert model.open == 0, "every chat stream was closed"
    assert 10 < model.most_messages <= MAX_MESSAGES
    assert model.most_characters <= MAX_CHARACTERS + 2_000
    assert not services.sockets
    # The history fills up in the first half; after that nothing grows.
    assert objects[-1] - objects[len(objects) // 2] < 1_000
