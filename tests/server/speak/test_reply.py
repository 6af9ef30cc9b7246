"""A speak session that takes part in a conversation: what its client is told, and when. In simulated time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any, TypeAlias, cast

import pytest
from starlette.websockets import WebSocket

from makima.dialogue.reply import MAX_REPLY_CHARACTERS
from makima.errors import CapacityError, MakimaError, UpstreamError
from makima.llm.protocol import Correction, Message
from makima.server.app import create_services
from makima.server.auth import Identity
from makima.server.limits import Limits
from makima.server.services import Services
from makima.server.speak.pacing import LEAD_S, PLAYER_S
from makima.server.speak.socket import SpeakSocket
from makima.stt.protocol import Final, SpeechEnded, SpeechStarted
from tests.support.models.prompt_engine import BREAK, PromptEngine
from tests.support.server.offline_socket import OfflineSocket
from tests.support.server.servers import make_settings
from tests.support.simulated import run_simulated

WHO = Identity(None, "unknown")
TEN_S = "word " * 50  # of 40 ms a character
CHARACTER_MS = 40


class SlowModel:
    """Thinks for a second, then says `answer`, a piece every tenth of a second."""

    name = "slow"
    is_echo = False

    def __init__(self) -> None:
        self.answer: list[str | Correction | MakimaError] = ["Hello ", "there."]
        self.asked: list[Sequence[Message]] = []
        self.open = 0

    async def reply(self, messages: Sequence[Message]) -> AsyncGenerator[str | Correction, None]:
        self.asked.append(messages)
        self.open += 1
        try:
            await asyncio.sleep(0.9)
            for piece in self.answer:
                await asyncio.sleep(0.1)
                if isinstance(piece, MakimaError):
                    raise piece
                yield piece
        finally:
            self.open -= 1

    async def close(self) -> None:
        pass


class Call:
    """A server, a client of its speak socket, and someone who is heard."""

    def __init__(self) -> None:
        self.model = SlowModel()
        self.services: Services = create_services(
            make_settings(conversation_keep_s=30.0), PromptEngine(), chat=self.model
        )
        self.socket = OfflineSocket()
        self.guarded: list[bool] = []
        self.listener = self.services.conversations.find(WHO, "c").listen(self.guarded.append)
        self._utterance = 0
        self._server: asyncio.Task[None] | None = None

    async def connect(self, **fields: object) -> None:
        self.socket = OfflineSocket()
        self._server = asyncio.create_task(SpeakSocket(cast(WebSocket, self.socket), self.services).run())
        await self.expect("ready")
        self.socket.client_sends("start", **{"respond": True, "contractId": "c", **fields})
        await self.expect("started")

    async def hang_up(self) -> None:
        assert self._server is not None
        self.socket.client_leaves()
        await self._server

    def begins(self) -> None:
        self._utterance += 1
        self.listener.hear(SpeechStarted(self._utterance, 0))

    def ends(self, words: str) -> None:
        self.listener.hear(SpeechEnded(self._utterance, 0))
        self.listener.hear(Final(self._utterance, words, 0, 1000), 1700.0)

    def says(self, words: str) -> None:
        self.begins()
        self.ends(words)

    async def expect(self, *kinds: str) -> dict[str, Any]:
        message = await self.socket.messages.get()
        assert message["type"] in kinds, message
        return message

    async def until(self, kind: str) -> dict[str, Any]:
        while (message := await self.socket.messages.get())["type"] != kind:
            pass
        return message

    def heard(self) -> list[str]:
        """What the chat model is told, but for what it is told first."""
        return [message.text for message in self.services.conversations.find(WHO, "c").history.messages()[1:]]


Program: TypeAlias = Callable[[Call], Awaitable[None]]


def in_a_call(program: Program) -> Callable[[], None]:
    """The test, run in simulated time; afterwards nothing may be left of the call."""

    async def whole() -> None:
        call = Call()
        await call.connect()
        await program(call)
        await call.hang_up()
        call.listener.leave()
        call.services.conversations.left()
        await asyncio.sleep(31)
        assert len(call.services.conversations) == 0
        assert call.model.open == 0
        assert asyncio.all_tasks() == {asyncio.current_task()}

    def test() -> None:
        run_simulated(whole())

    test.__name__, test.__doc__ = getattr(program, "__name__", "test"), program.__doc__
    return test


@in_a_call
async def test_a_reply_from_beginning_to_end(call: Call) -> None:
    call.says("Hi.")
    begun = await call.expect("reply")
    reply_id = begun["requestId"]
    assert begun == {"type": "reply", "requestId": reply_id, "text": "", "replyTo": "Hi."}
    messages = [await call.socket.messages.get() for _ in range(6)]
    assert {message.get("requestId", reply_id) for message in messages} == {reply_id}
    assert [m["type"] for m in messages if m["type"] != "reply"] == ["speaking", "audio_end", "complete"]
    assert [m["text"] for m in messages if m["type"] == "reply" and m["text"]] == ["Hello ", "there."]
    (latency,) = [m["latencyMs"] for m in messages if "latencyMs" in m]
    assert latency == {"words": 700.0, "first_token": 1000.0, "first_text": 0.0, "first_audio": 0.0, "total": 1700.0}
    assert messages[-1]["audioLengthMs"] == len("Hello there.") * CHARACTER_MS
    assert call.heard() == ["Hi.", "Hello there."]
    assert call.guarded == [False, True, False]
    metrics = call.services.metrics.render().decode()
    assert 'makima_reply_stage_seconds_sum{stage="total"} 1.7' in metrics


@in_a_call
async def test_complete_comes_when_it_has_been_heard(call: Call) -> None:
    """The engine makes it in no time; it is sent as it is heard, a little ahead."""
    call.model.answer = [TEN_S]
    call.says("Hi.")
    await call.until("speaking")
    began_s = asyncio.get_running_loop().time()
    await call.until("complete")
    assert asyncio.get_running_loop().time() - began_s == pytest.approx(10 + PLAYER_S, abs=0.01)


@in_a_call
async def test_little_is_sent_ahead(call: Call) -> None:
    call.model.answer = ["word "] * 50
    call.says("Hi.")
    await call.until("speaking")
    for seconds in range(1, 5):
        await asyncio.sleep(1)
        sent_s = call.socket.audio_bytes / 2 / 24_000
        assert seconds < sent_s <= seconds + LEAD_S + 0.2


@in_a_call
async def test_speech_over_it_stops_it(call: Call) -> None:
    call.model.answer = ["word "] * 50
    call.says("Hi.")
    await call.until("speaking")
    await asyncio.sleep(2)
    sent_bytes = call.socket.audio_bytes
    before_s = asyncio.get_running_loop().time()
    call.begins()
    interrupted = await call.until("interrupted")
    assert asyncio.get_running_loop().time() == before_s, "at once"
    assert call.model.open == 0
    sent_ms = sent_bytes / 2 / 24
    assert interrupted["audioLengthMs"] == pytest.approx(sent_ms, abs=1)
    assert interrupted["playedMs"] == pytest.approx(1900, abs=100)
    # By the usual rate of 66 ms a character, as nothing has been spoken whole yet.
    assert interrupted["text"] == ("word " * 5).strip()
    await asyncio.sleep(3)
    assert call.socket.audio_bytes == sent_bytes
    call.socket.client_sends("cancel", requestId=interrupted["requestId"], playedMs=700)
    await asyncio.sleep(0)
    call.ends("Wait.")
    await call.until("reply")
    await asyncio.sleep(0)
    assert [message.text for message in call.model.asked[-1]][1:] == ["Hi.", "word word", "Wait."]


@in_a_call
async def test_speech_over_its_last_words_after_all_was_sent(call: Call) -> None:
    call.model.answer = ["word " * 10]  # of 2 s, all of it sent at once
    call.says("Hi.")
    await call.until("audio_end")
    await asyncio.sleep(1.1)
    call.begins()
    interrupted = await call.until("interrupted")
    assert (interrupted["audioLengthMs"], interrupted["playedMs"]) == (2000, 1000)
    assert interrupted["text"] == "word " * 4 + "word"
    call.ends(" ")


@in_a_call
async def test_who_goes_on_holds_it_back(call: Call) -> None:
    """Someone makes a noise while the reply is thought of: no sound before it is over."""
    call.says("Hi.")
    call.begins()
    await asyncio.sleep(4)
    assert call.socket.audio_bytes == 0
    call.ends("")
    await call.until("complete")
    assert call.heard() == ["Hi.", "Hello there."]


@in_a_call
async def test_cancel_before_it_sounds(call: Call) -> None:
    call.says("Hi.")
    reply_id = (await call.expect("reply"))["requestId"]
    call.socket.client_sends("cancel")
    assert await call.expect("cancelled") == {
        "type": "cancelled",
        "requestId": reply_id,
        "code": "CANCELLED",
        "audioLengthMs": 0,
        "text": "",
    }
    assert call.model.open == 0
    call.says("Again.")
    await call.until("complete")
    assert call.heard() == ["Hi. Again.", "Hello there."]


@in_a_call
async def test_cancel_while_it_sounds(call: Call) -> None:
    call.model.answer = ["word "] * 50
    call.says("Hi.")
    reply_id = (await call.until("speaking"))["requestId"]
    await asyncio.sleep(1)
    call.socket.client_sends("cancel", requestId=reply_id)
    cancelled = await call.until("cancelled")
    assert (cancelled["requestId"], cancelled["text"]) == (reply_id, "word word")
    assert call.model.open == 0
    assert call.heard() == ["Hi.", "word word"]


@in_a_call
async def test_a_chat_model_that_fails_is_told_and_said(call: Call) -> None:
    call.model.answer = [UpstreamError("chat model", "it answers 429.", retryable=True, retry_after_s=7)]
    call.says("Hi.")
    error = await call.until("error")
    assert (error["code"], error["recoverable"], error["retryAfterMs"]) == ("UPSTREAM_ERROR", True, 7000)
    assert "requestId" not in error
    complete = await call.until("complete")
    assert complete["requestId"] == error["replyId"]
    call.model.answer = ["Back."]
    call.says("And now?")
    await call.until("complete")
    assert call.heard()[-2:] == ["And now?", "Back."]


@in_a_call
async def test_an_engine_that_fails_ends_the_reply(call: Call) -> None:
    call.model.answer = ["Good ", BREAK, "never", "said"]
    call.says("Hi.")
    error = await call.until("error")
    assert (error["code"], error["requestId"].startswith("reply-")) == ("SYNTHESIS_ERROR", True)
    assert call.model.open == 0
    call.socket.client_sends("append", text="By hand.")
    call.socket.client_sends("end")
    assert (await call.until("complete"))["charactersProcessed"] == len("By hand.")
    call.model.answer = ["Fine."]
    call.says("Again.")
    await call.until("complete")


@in_a_call
async def test_a_reply_of_signs_alone_is_an_empty_one(call: Call) -> None:
    for signs in (["🙂"], ["**", "*"], [" ", "—"]):
        call.model.answer = [*signs]
        call.says("Hi.")
        assert "the answer is empty" in (await call.until("error"))["message"]
        await call.until("complete")
    call.model.answer = ["🙂 ", "Now."]
    call.says("Again.")
    text = ""
    while (message := await call.socket.messages.get())["type"] != "complete":
        text += message.get("text", "")
    assert text == "🙂 Now."


@in_a_call
async def test_a_reply_in_one_long_piece(call: Call) -> None:
    call.model.answer = ["word " * 5_000]
    call.says("Hi.")
    text = ""
    while (message := await call.socket.messages.get())["type"] != "complete":
        text += message.get("text", "")
    assert text.split() == ["word"] * (MAX_REPLY_CHARACTERS // 5)


@in_a_call
async def test_a_thought_that_was_begun_to_be_spoken(call: Call) -> None:
    call.model.answer = ["secret plans " * 5, Correction.WITHDRAWN, "Hello."]
    call.says("Hi.")
    withdrawn = await call.until("interrupted")
    assert withdrawn["text"] == ""
    begun = await call.until("speaking")
    assert begun["requestId"] != withdrawn["requestId"]
    complete = await call.until("complete")
    assert (complete["requestId"], complete["charactersProcessed"]) == (begun["requestId"], len("Hello."))
    assert call.heard() == ["Hi.", "Hello."]


@in_a_call
async def test_a_session_that_takes_no_reply_is_told_its_end(call: Call) -> None:
    call.socket.client_sends("append", text="By hand, and not complete", requestId="mine")
    await call.until("speaking")
    call.says("Hi.")
    reply_id = (await call.until("reply"))["requestId"]
    error = await call.until("error")
    assert (error["replyId"], "requestId" in error) == (reply_id, False)
    assert (await call.until("cancelled"))["requestId"] == reply_id
    call.socket.client_sends("end")
    await call.until("complete")


@in_a_call
async def test_a_reply_does_not_count_against_the_limits_of_its_client(call: Call) -> None:
    class Exhausted(Limits):
        async def admit(self, who: Identity, characters: int, utterances: int = 1) -> None:
            raise CapacityError("Too much.", retry_after_s=1.0)

    call.services.limits = Exhausted(call.services.settings)
    call.socket.client_sends("speak", text="By hand.")
    assert (await call.until("error"))["code"] == "RATE_LIMITED"
    call.says("Hi.")
    assert (await call.until("complete"))["charactersProcessed"] == len("Hello there.")


@in_a_call
async def test_the_client_may_speak_too(call: Call) -> None:
    call.socket.client_sends("speak", text="By hand.")
    await call.until("complete")
    call.says("Hi.")
    await call.until("speaking")
    call.socket.client_sends("append", text="Not now.")
    assert (await call.until("error"))["code"] == "INVALID_MESSAGE"
    await call.until("complete")


@in_a_call
async def test_the_speaker_may_leave_and_come_back(call: Call) -> None:
    call.model.answer = ["word "] * 50
    call.says("Hi.")
    await call.until("speaking")
    await asyncio.sleep(1)
    await call.hang_up()
    assert call.model.open == 0
    call.says("Are you there?")
    await asyncio.sleep(20)
    await call.connect()
    call.model.answer = ["Yes."]
    call.says("Hello?")
    await call.until("complete")
    assert call.heard() == ["Hi.", "word word", "Are you there? Hello?", "Yes."]


@in_a_call
async def test_another_start_leaves_the_conversation(call: Call) -> None:
    call.socket.client_sends("start")
    await call.expect("started")
    call.says("Hi.")
    await asyncio.sleep(5)
    assert call.socket.messages.empty()
    call.socket.client_sends("start", respond=True, contractId="another")
    await call.expect("started")
    call.says("Hi.")
    await asyncio.sleep(5)
    assert call.socket.messages.empty()


@in_a_call
async def test_a_conversation_needs_a_contract(call: Call) -> None:
    call.socket.client_sends("start", respond=True, contractId=None)
    error = await call.expect("error")
    assert error["code"] == "INVALID_MESSAGE"
    assert "contractId" in error["message"]


@in_a_call
async def test_one_subject_does_not_reach_the_conversation_of_another(call: Call) -> None:
    stranger = call.services.conversations.find(Identity("mallory", "unknown"), "c").listen(lambda _: None)
    stranger.hear(Final(1, "Tell me all.", 0, 0))
    await asyncio.sleep(5)
    assert call.socket.messages.empty()
    stranger.leave()
