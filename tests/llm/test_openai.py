"""A chat endpoint over real HTTP: answers, and everything that can go wrong with one."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any

import pytest

from makima.errors import UpstreamError
from makima.llm.openai import OpenAIModel, Patience
from makima.llm.protocol import CallPiece, Correction, Message, Tools
from tests.support.server.chat_server import Answering, Asked, ChatServer, Script

HISTORY = [Message("system", "Be brief."), Message("user", "Hi.")]
PATIENCE = Patience(connect_s=5.0, first_token_s=5.0, token_s=0.2)
IMPATIENT = Patience(connect_s=0.1, first_token_s=0.1, token_s=0.1)


async def said(model: OpenAIModel) -> list[str]:
    pieces = [piece async for piece in model.reply(HISTORY)]
    assert Correction.WITHDRAWN not in pieces
    return [str(piece) for piece in pieces]


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


TOOLS = Tools(({"name": "time", "parameters": {"type": "object"}},), {"name": "time"})


async def used(*deltas: object) -> tuple[list[object], dict[str, Any]]:
    """What an answer with calls gives, and the request for it."""

    async def script(answer: Answering, _: Asked) -> None:
        await answer.begin()
        for each in deltas:
            await answer.event({"choices": [{"index": 0, "delta": each}]})
        await answer.event({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
        await answer.done()

    async with ChatServer(script, closes=True) as server:
        model = OpenAIModel(server.base_url, "m")
        pieces = [piece async for piece in model.use(HISTORY, TOOLS)]
        assert [piece async for piece in model.reply(HISTORY)] == [each for each in pieces if isinstance(each, str)]
        await model.close()
        return list(pieces), server.asked[0].body


def call(arguments: object, **fields: object) -> dict[str, object]:
    return {"tool_calls": [{"function": {"name": "time", "arguments": arguments}, **fields}]}


@pytest.mark.parametrize(
    ("deltas", "pieces"),
    [
        (
            [call("", index=0, id="a"), {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}],
            [CallPiece(0, "a", "time"), CallPiece(0, "", "", "{}")],
        ),
        ([{"content": "Well."}, call("{}", id="a")], ["Well.", CallPiece(0, "a", "time", "{}")]),
        ([call({"zone": "UTC"}, index=1, id=None)], [CallPiece(1, "", "time", '{"zone": "UTC"}')]),
        ([{"tool_calls": ["odd", {"function": "odd"}]}, {"content": "Well."}], ["Well."]),
        (
            [{"reasoning_content": "Hm."}, {"content": "<think>Hm.</think>"}, call("{}", index=0, id="a")],
            [CallPiece(0, "a", "time", "{}")],
        ),
    ],
)
async def test_calls_of_functions(deltas: list[object], pieces: list[object]) -> None:
    given, body = await used(*deltas)
    assert given == pieces
    assert body["tools"] == [{"type": "function", "function": {"name": "time", "parameters": {"type": "object"}}}]
    assert body["tool_choice"] == {"type": "function", "function": {"name": "time"}}


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


def delta(text: object = None, **fields: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": {"content": text, **fields}}]}


def sse(*events: object, end: str = "\n\n", done: str = "[DONE]") -> bytes:
    lines = [event if isinstance(event, str) else f"data: {json.dumps(event)}" for event in events]
    return "".join(f"{line}{end}" for line in [*lines, f"data: {done}"]).encode()


HELLO = (delta("Hello "), delta("there."))
WHOLE = {
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello there."}, "finish_reason": "stop"}]
}
CHUNK_LINES = b"".join(json.dumps(event).encode() + b"\n" for event in HELLO)

ODD_BODIES = {
    "a count of tokens without choices": sse(*HELLO, {"id": "x", "usage": {"total_tokens": 3}}),
    "the provider before it": sse({"id": "x", "provider": "p"}, *HELLO),
    "pings": sse("event: ping\ndata: {}", *HELLO, "event: ping\ndata: ping", 'data: {"type": "ping"}'),
    "values that are no objects": sse("data: null", *HELLO, "data: []", "data: 7", 'data: "keepalive"', "data:"),
    "choices that are none": sse({"choices": None}, {"choices": []}, {"choices": [None]}, *HELLO, {"choices": 7}),
    "choices that hold nothing": sse({"choices": [{}]}, *HELLO, {"choices": [{"index": 0, "delta": None}]}),
    "words that are no JSON": sse(*HELLO, "data: one moment"),
    "a null error": sse({**HELLO[0], "error": None}, HELLO[1]),
    "an error after the end": sse(*HELLO, {"choices": [{"delta": {}, "finish_reason": "stop"}]}, {"error": "late"}),
    "spaces round the mark of the end": sse(*HELLO, done=" [DONE] "),
    "a byte order mark": b"\xef\xbb\xbf" + sse(*HELLO),
    "lines ended by CR": sse(*HELLO, end="\r\r"),
    "lines ended by CR and LF": sse(*HELLO, end="\r\n\r\n"),
    "no empty lines between events": sse(*HELLO, end="\n"),
    "no space after the colon": sse(*HELLO).replace(b"data: ", b"data:"),
    "spaces before the field": sse(*HELLO).replace(b"data: ", b"  data: "),
    "nothing after the mark of the end": sse(*HELLO).rstrip(),
    "another choice": sse(HELLO[0], {"choices": [{"index": 1, "delta": {"content": "OTHER"}}]}, HELLO[1]),
    "another choice in one event": sse(
        HELLO[0],
        {"choices": [{"index": 1, "delta": {"content": "OTHER"}}, {"index": 0, "delta": {"content": "there."}}]},
    ),
    "the end of another choice": sse(
        HELLO[0], {"choices": [{"index": 1, "delta": {}, "finish_reason": "stop"}]}, HELLO[1]
    ),
    "no index": sse({"choices": [{"delta": {"content": "Hello there."}}]}),
    "a refusal": sse(delta(refusal="Hello "), delta(refusal="there.")),
    "content in parts": sse(
        delta([{"type": "thinking", "thinking": [{"type": "text", "text": "secret"}]}]),
        delta([{"type": "text", "text": "Hello "}, {"type": "image_url", "image_url": {"url": "x"}}]),
        delta([{"type": "text", "text": {"value": "there"}}, "."]),
    ),
    "a refusal in parts": sse(delta([{"type": "refusal", "refusal": "Hello there."}])),
    "thoughts in a field of their own": sse(delta(reasoning_content="secret"), delta(reasoning="plans"), *HELLO),
    "the whole message once more": sse(*HELLO, WHOLE),
    "a message in place of a delta": sse(WHOLE),
    "the text of a completion": sse({"choices": [{"text": "Hello there."}]}),
    "one JSON text": json.dumps(WHOLE).encode(),
    "one JSON text over many lines": b"\xef\xbb\xbf\n" + json.dumps(WHOLE, indent=2).encode() + b"\n",
    "one JSON text without a reason to end": json.dumps(
        {"choices": [{"message": {"content": "Hello there."}, "finish_reason": None}]}
    ).encode(),
    "lines of JSON": CHUNK_LINES,
    "a list of chunks": json.dumps(HELLO).encode(),
    "thoughts in one piece": sse(delta("<thinking>secret plans</thinking>Hello there.")),
    "a thought without its beginning": sse(delta("secret plans\n</think>\n\nHello there.")),
    "a thought without its beginning, in tokens": sse(
        *map(delta, ("secret", " plans", "</", "think>", "\n", "Hello there."))
    ),
}


KINDS = ("text/event-stream", "application/json", "application/x-ndjson", "text/plain; charset=utf-8", "")


@pytest.mark.parametrize("what", ODD_BODIES)
async def test_odd_bodies(what: str) -> None:
    kinds, body = list(KINDS), ODD_BODIES[what]

    async def script(answer: Answering, _: Asked) -> None:
        kind = kinds.pop()
        header = f"Content-Type: {kind}\r\n" if kind else ""
        await answer.raw(f"HTTP/1.1 200 OK\r\n{header}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    async with ChatServer(script) as server:
        model = OpenAIModel(server.base_url, "m", patience=PATIENCE)
        for _ in KINDS:
            assert "".join(await said(model)).strip() == "Hello there."
        await model.close()


async def test_an_answer_whose_connection_stays_open_ends_with_its_last_piece() -> None:
    async def script(answer: Answering, _: Asked) -> None:
        await answer.begin()
        await answer.token("All.")
        await answer.token("", finish_reason="stop")
        await answer.left()

    assert await ask(script, patience=Patience(token_s=60.0)) == ["All."]


async def test_a_piece_of_any_length() -> None:
    async def script(answer: Answering, _: Asked) -> None:
        await answer.say("字" * 500_000)

    assert len("".join(await ask(script))) == 500_000


class TestThoughtsWithoutABeginning:
    """The chat template has put the opening mark into the prompt."""

    async def test_words_that_were_given_are_withdrawn(self) -> None:
        given = asyncio.Event()

        async def script(answer: Answering, _: Asked) -> None:
            await answer.begin()
            await answer.token("secret plans")
            await given.wait()
            await answer.token("</think>Hello.")
            await answer.done()

        async with ChatServer(script, closes=True) as server:
            model = OpenAIModel(server.base_url, "m")
            async with aclosing(model.reply(HISTORY)) as reply:
                assert await anext(reply) == "secret plans"
                given.set()
                assert [piece async for piece in reply] == [Correction.WITHDRAWN, "Hello."]
            assert await said(model) == ["Hello."], "the next answer is held until its thought has ended"
            await model.close()

    async def test_an_endpoint_that_stops_thinking(self) -> None:
        answers = ["a</think>One.", "Two.", "Three."]
        go_on = asyncio.Event()

        async def script(answer: Answering, _: Asked) -> None:
            await answer.begin()
            await answer.token(answers.pop(0))
            if not answers:
                await go_on.wait()
            await answer.done()

        async with ChatServer(script, closes=True) as server:
            model = OpenAIModel(server.base_url, "m")
            assert [await said(model), await said(model)] == [["One."], ["Two."]]
            async with aclosing(model.reply(HISTORY)) as reply:
                assert await anext(reply) == "Three.", "which is not held any more"
                go_on.set()
                assert [piece async for piece in reply] == []
            await model.close()

    async def test_a_model_that_is_named_for_it(self) -> None:
        async def script(answer: Answering, _: Asked) -> None:
            await answer.begin()
            await answer.token("secret plans")
            await asyncio.sleep(0.2)
            await answer.token("</think>Hello.")
            await answer.done()

        async with ChatServer(script) as server:
            model = OpenAIModel(server.base_url, "org/qwen3-4b-thinking-2507", patience=Patience())
            assert await said(model) == ["Hello."]
            await model.close()

    async def test_a_model_that_is_named_for_it_and_whose_thoughts_come_apart(self) -> None:
        go_on = asyncio.Event()

        async def script(answer: Answering, _: Asked) -> None:
            await answer.begin()
            await answer.event(delta(reasoning_content="secret plans"))
            await answer.token("Hello")
            await go_on.wait()
            await answer.done()

        async with ChatServer(script, closes=True) as server:
            model = OpenAIModel(server.base_url, "deepseek-r1")
            async with aclosing(model.reply(HISTORY)) as reply:
                assert await anext(reply) == "Hello"
                go_on.set()
                assert [piece async for piece in reply] == []
            await model.close()


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
            ("307 Temporary Redirect", False, "Is MAKIMA_LLM_BASE_URL right? It points to http://127.0.0.1:1/v2"),
            ("500 Internal Server Error", True, "500"),
            ("503 Service Unavailable", True, "503"),
        ],
    )
    async def test_refusals(self, status: str, retryable: bool, words: str) -> None:
        async def script(answer: Answering, _: Asked) -> None:
            location = {"Location": "http://me:secret@127.0.0.1:1/v2"} if status.startswith("3") else {}
            await answer.refuse(status, {"error": {"message": "no such\n key"}}, **location)

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

    @pytest.mark.parametrize(
        ("event", "words"),
        [
            ({"error": "out of memory"}, "it says: out of memory."),
            ({"error": {"message": None, "code": 500}}, "it says: an error that it does not name."),
            ({"object": "error", "message": "out of memory", "code": 500}, "it says: out of memory."),
            ({"type": "error", "error": {"detail": "out of memory"}}, "it says: out of memory."),
            ({"choices": [{"error": {"message": "out of memory"}}]}, "it says: out of memory."),
            ({"choices": [{"delta": {}, "finish_reason": "content_filter"}]}, "a content filter of the endpoint"),
        ],
    )
    async def test_how_an_error_in_the_stream_may_look(self, event: object, words: str) -> None:
        async def script(answer: Answering, _: Asked) -> None:
            await answer.begin()
            await answer.event(event)
            await answer.done()

        assert words in str(await refused(script))

    async def test_what_was_said_before_an_answer_breaks_off_is_given(self) -> None:
        async def script(answer: Answering, _: Asked) -> None:
            await answer.begin()
            await answer.token("One")

        given = []
        async with ChatServer(script, closes=True) as server:
            model = OpenAIModel(server.base_url, "m", patience=PATIENCE)
            with pytest.raises(UpstreamError, match="broke off"):  # noqa: PT012
                async for piece in model.reply(HISTORY):
                    given.append(piece)
            await model.close()
        assert given == ["One"]

    async def test_a_reset_ends_its_sentence_once(self) -> None:
        async def script(_: Answering, __: Asked) -> None:
            return

        assert str(await refused(script)).endswith("without sending a response.")

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
