"""A chat endpoint over real HTTP: answers, and everything that can go wrong with one."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import replace

import pytest

from makima.errors import UpstreamError
from makima.llm.openai import OpenAIModel, Patience
from makima.llm.protocol import Message
from tests.support.server.chat_server import Answering, Asked, ChatServer, Script

HISTORY = [Message("system", "Be brief."), Message("user", "Hi.")]
PATIENCE = Patience(connect_s=5.0, first_token_s=5.0, token_s=0.2)
IMPATIENT = Patience(connect_s=0.1, first_token_s=0.1, token_s=0.1)


async def said(model: OpenAIModel) -> list[str]:
    return [piece async for piece in model.reply(HISTORY)]


async def ask(script: Script, *, patience: Patience = PATIENCE, closes: bool = True) -> list[str]:
    async with ChatServer(script, closes=closes) as server:
        model = OpenAIModel(server.base_url, "m", patience=patience)
        try:
            return await said(model)
        finally:
            await model.close()


async def refused(script: Script, patience: Patience = PATIENCE) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        await ask(script, patience=patience)
    return caught.value


async def test_streams_what_the_endpoint_says_over_one_connection() -> None:
    async def script(answer: Answering, _: Asked) -> None:
        await answer.begin()
        await answer.chunk(": a comment\n\n")
        await answer.event({"choices": [{"delta": {"role": "assistant", "content": ""}}]})
        await answer.event({"choices": [{"delta": {"reasoning_content": "Who is this?"}}]})
        for token in ("Hel", "lo", " there."):
            await answer.token(token)
        await answer.event({"choices": [], "usage": {"total_tokens": 9}})
        await answer.done()

    async with ChatServer(script) as server:
        model = OpenAIModel(f"{server.base_url}/", "gpt-x", "key-1")
        for _ in range(3):
            assert await said(model) == ["Hel", "lo", " there."]
        await model.close()
        asked = server.asked[0]
        assert asked.path == "/v1/chat/completions"
        assert asked.headers["authorization"] == "Bearer key-1"
        assert (asked.body["model"], asked.body["stream"]) == ("gpt-x", True)
        assert asked.body["messages"] == [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi."},
        ]
        assert server.connections == 1


async def test_tokens_come_as_they_are_made() -> None:
    go_on = asyncio.Event()

    async def script(answer: Answering, _: Asked) -> None:
        await answer.begin()
        await answer.token("First")
        await go_on.wait()
        await answer.token(" second")
        await answer.done()

    async with ChatServer(script, closes=True) as server:
        model = OpenAIModel(server.base_url, "m")
        async with aclosing(model.reply(HISTORY)) as reply:
            assert await anext(reply) == "First"
            go_on.set()
            assert [piece async for piece in reply] == [" second"]
        await model.close()


@pytest.mark.parametrize("by", ["closing", "cancelling"])
async def test_giving_up_ends_the_request(by: str) -> None:
    left = asyncio.Event()

    async def script(answer: Answering, _: Asked) -> None:
        await answer.begin()
        await answer.token("One")
        await answer.left()
        left.set()

    async with ChatServer(script) as server:
        model = OpenAIModel(server.base_url, "m", patience=Patience())
        reply = model.reply(HISTORY)
        assert await anext(reply) == "One"
        if by == "closing":
            await reply.aclose()
        else:
            waiting = asyncio.ensure_future(anext(reply))
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        async with asyncio.timeout(10):
            await left.wait()
        await model.close()


async def test_an_answer_may_end_without_the_mark_for_it() -> None:
    async def script(answer: Answering, _: Asked) -> None:
        await answer.begin()
        await answer.token("All.")
        await answer.token("", finish_reason="stop")
        await answer.raw("0\r\n\r\n")

    assert await ask(script) == ["All."]


async def test_an_endpoint_that_does_not_stream() -> None:
    async def script(answer: Answering, _: Asked) -> None:
        body = {"choices": [{"message": {"content": "All at once."}, "finish_reason": "stop"}]}
        await answer.refuse("200 OK", body, Content_Type="application/json")

    assert await ask(script) == ["All at once."]


async def test_a_pair_of_surrogates_in_two_events() -> None:
    async def script(answer: Answering, _: Asked) -> None:
        await answer.say("A \ud83d", "\ude00 b \udfff")

    assert "".join(await ask(script)) == "A 😀 b �"


class TestTrouble:
    async def test_nothing_listens(self) -> None:
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))  # bound, and not listening
            model = OpenAIModel(f"http://127.0.0.1:{held.getsockname()[1]}/v1", "m", patience=PATIENCE)
            with pytest.raises(UpstreamError, match=r"cannot be reached.*MAKIMA_LLM_BASE_URL") as caught:
                await said(model)
            await model.close()
        assert caught.value.retryable

    @pytest.mark.parametrize(
        ("status", "retryable", "words"),
        [
            ("401 Unauthorized", False, "401 Unauthorized: no such key. Is MAKIMA_LLM_API_KEY right?"),
            ("404 Not Found", False, "MAKIMA_LLM_MODEL"),
            ("400 Bad Request", False, "400"),
            ("500 Internal Server Error", True, "500"),
            ("503 Service Unavailable", True, "503"),
        ],
    )
    async def test_refusals(self, status: str, retryable: bool, words: str) -> None:
        async def script(answer: Answering, _: Asked) -> None:
            await answer.refuse(status, {"error": {"message": "no such\n key"}})

        error = await refused(script)
        assert words in str(error)
        assert "no such key" in str(error)
        assert error.recoverable == error.retryable == retryable

    async def test_429_says_when(self) -> None:
        async def script(answer: Answering, _: Asked) -> None:
            await answer.refuse("429 Too Many Requests", {"error": "slow down"}, Retry_After="7")

        error = await refused(script)
        assert (error.retryable, error.retry_after_s) == (True, 7.0)

    async def test_stalls_before_the_answer(self) -> None:
        async def script(answer: Answering, _: Asked) -> None:
            await answer.begin()
            while True:  # alive, and without a word
                await answer.chunk(": still here\n\n")
                await asyncio.sleep(0.02)

        assert "no word came" in str(await refused(script, IMPATIENT))

    async def test_stalls_between_tokens(self) -> None:
        async def script(answer: Answering, _: Asked) -> None:
            await answer.begin()
            await answer.token("One")
            await answer.left()

        assert "no word came for 0.2 s" in str(await refused(script))

    async def test_thinks_for_ever(self) -> None:
        async def script(answer: Answering, _: Asked) -> None:
            await answer.begin()
            await answer.token("<think>")
            with suppress(ConnectionError):
                while True:
                    await answer.token("hm ")
                    await asyncio.sleep(0.01)

        error = await refused(script, replace(PATIENCE, thinking_s=0.2))
        assert "has thought for 0.2 s" in str(error)
        assert error.retryable

    async def test_a_password_in_the_address_is_not_told(self) -> None:
        model = OpenAIModel("http://ann:secret@127.0.0.1:9/v1", "m", patience=IMPATIENT)
        with pytest.raises(UpstreamError) as caught:
            _ = [piece async for piece in model.reply([Message("user", "Hello")])]
        await model.close()
        assert "http://127.0.0.1:9/v1" in str(caught.value)
        assert "secret" not in str(caught.value)

    @pytest.mark.parametrize("how", ["in the middle", "politely", "at once"])
    async def test_drops(self, how: str) -> None:
        async def script(answer: Answering, _: Asked) -> None:
            if how == "at once":
                return
            await answer.begin()
            await answer.token("One")
            if how == "politely":
                await answer.raw("0\r\n\r\n")

        error = await refused(script)
        assert "broke off" in str(error)
        assert error.retryable

    @pytest.mark.parametrize(
        "garbage",
        [
            b"data: <html>\n\n",
            b"data: []\n\n",
            b"data: {}\n\n",
            b'data: {"choices": 7}\n\n',
            b'data: {"choices": [{"delta": {"content": 7}}]}\n\n',
            b"data: " + b"[" * 100_000 + b"\n\n",
            b"data: \xff\xfe\n\n",
            b"\x00" * 70_000,
        ],
    )
    async def test_garbage(self, garbage: bytes) -> None:
        async def script(answer: Answering, _: Asked) -> None:
            await answer.begin()
            for _count in range(20):
                await answer.chunk(garbage)
            await answer.raw("0\r\n\r\n")

        assert "what came is no answer" in str(await refused(script))

    async def test_not_http(self) -> None:
        async def script(answer: Answering, _: Asked) -> None:
            await answer.raw("SSH-2.0-OpenSSH_9.9\r\n")

        assert (await refused(script)).retryable

    async def test_an_error_in_the_stream(self) -> None:
        async def script(answer: Answering, _: Asked) -> None:
            await answer.begin()
            await answer.event({"error": {"message": "out of memory"}})
            await answer.done()

        assert "it says: out of memory" in str(await refused(script))

    async def test_it_goes_on_after_each(self) -> None:
        answers: list[Callable[[Answering], Awaitable[None]]] = [
            lambda answer: answer.refuse("500 Oh"),
            lambda answer: answer.say("Back."),
        ]

        async def script(answer: Answering, _: Asked) -> None:
            await answers.pop(0)(answer)

        async with ChatServer(script) as server:
            model = OpenAIModel(server.base_url, "m", patience=PATIENCE)
            with pytest.raises(UpstreamError):
                await said(model)
            assert await said(model) == ["Back."]
            await model.close()
