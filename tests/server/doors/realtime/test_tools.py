"""Calls of functions through a Realtime session, with a chat endpoint that answers by a script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from makima.llm.openai import OpenAIModel
from tests.conftest import StartServer
from tests.server.doors.json_socket import Frame, JsonSocket, opened
from tests.support.server.chat_server import Answering, Asked, chat_endpoint

TIME = {"type": "function", "name": "time", "description": "Tells the time.", "parameters": {"type": "object"}}


class Endpoint:
    """Calls the function once, and then says what it gave."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.words_first = ""

    async def script(self, answer: Answering, asked: Asked) -> None:
        self.asked.append(asked.body)
        last = asked.body["messages"][-1]
        if last["role"] == "tool":
            await answer.say("It is ", last["content"], ".")
            return
        await answer.begin()
        if self.words_first:
            await answer.token(self.words_first)
        for call in (
            {"index": 0, "id": "call_1", "type": "function", "function": {"name": "time", "arguments": ""}},
            {"index": 0, "function": {"arguments": '{"zone":'}},
            {"index": 0, "function": {"arguments": ' "UTC"}'}},
        ):
            await answer.event({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]})
        await answer.event({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
        await answer.done()


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


@pytest.fixture
def socket(start_server: StartServer, endpoint: Endpoint) -> Iterator[JsonSocket]:
    with chat_endpoint(endpoint.script) as url:
        server = start_server(chat=OpenAIModel(url, "m"))
        with opened(server, "/v1/realtime?model=gpt-realtime") as client:
            client.send(type="session.update", session={"tools": [TIME], "tool_choice": "auto"})
            _until(client, "session.updated")
            yield client


def _until(socket: JsonSocket, kind: str) -> list[Frame]:
    frames = [frame for frame in socket.until(lambda frame: frame["type"] == kind) if isinstance(frame, dict)]
    assert not [frame for frame in frames if frame["type"] == "error"]
    return frames


def _ask(socket: JsonSocket, **response: object) -> list[Frame]:
    content = [{"type": "input_text", "text": "What time is it?"}]
    socket.send(type="conversation.item.create", item={"type": "message", "role": "user", "content": content})
    _until(socket, "conversation.item.done")
    socket.send(type="response.create", response=response)
    return _until(socket, "response.done")


@pytest.mark.parametrize("modality", ["audio", "text"])
def test_a_call_and_its_output(socket: JsonSocket, endpoint: Endpoint, modality: str) -> None:
    frames = _ask(socket, output_modalities=[modality])
    assert [frame["type"] for frame in frames] == [
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
    ]
    (call,) = frames[-1]["response"]["output"]
    assert (call["type"], call["name"], call["call_id"]) == ("function_call", "time", "call_1")
    assert call["arguments"] == frames[5]["arguments"] == '{"zone": "UTC"}'
    assert frames[-1]["response"]["status"] == "completed"
    assert endpoint.asked[0]["tools"] == [
        {"type": "function", "function": {name: value for name, value in TIME.items() if name != "type"}}
    ]
    assert endpoint.asked[0]["tool_choice"] == "auto"

    output = {"type": "function_call_output", "call_id": "call_1", "output": "noon"}
    socket.send(type="conversation.item.create", item=output)
    _until(socket, "conversation.item.done")
    socket.send(type="response.create", response={"output_modalities": [modality]})
    answer = _until(socket, "response.done")[-1]["response"]["output"][0]["content"][0]
    assert (answer.get("transcript") or answer.get("text")) == "It is noon."
    function = {"name": "time", "arguments": '{"zone": "UTC"}'}
    assert endpoint.asked[1]["messages"][-2:] == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
        },
        {"role": "tool", "content": "noon", "tool_call_id": "call_1"},
    ]


def test_words_before_a_call_are_spoken_before_it_is_told(socket: JsonSocket, endpoint: Endpoint) -> None:
    endpoint.words_first = "One moment."
    frames = _ask(socket)
    kinds = [frame["type"] for frame in frames]
    assert kinds.index("response.output_audio.done") < kinds.index("response.function_call_arguments.delta")
    assert [item["type"] for item in frames[-1]["response"]["output"]] == ["message", "function_call"]


def test_a_call_without_an_output_is_not_told_to_the_model(socket: JsonSocket, endpoint: Endpoint) -> None:
    _ask(socket)
    _ask(socket)
    assert [message["role"] for message in endpoint.asked[1]["messages"]][-2:] == ["user", "user"]


def test_tools_are_not_offered_where_they_are_switched_off(socket: JsonSocket, endpoint: Endpoint) -> None:
    frames = _ask(socket, tools=[])
    assert "tools" not in endpoint.asked[0]
    assert frames[-1]["response"]["output"] == []  # of a function that was not offered
