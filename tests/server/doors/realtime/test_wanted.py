"""What a response is asked for: the functions a model may call, and answers that do not end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest

from makima.errors import InvalidMessage, UpstreamError
from makima.llm.protocol import CallPiece, Message, Tools
from makima.server.doors.realtime import wanted as module
from makima.server.doors.realtime.config import SessionConfig
from makima.server.doors.realtime.items import Items
from makima.server.doors.realtime.wanted import Wanted, answer, tools_of, wanted

TIME = {"type": "function", "name": "time", "description": "Tells the time.", "parameters": {"type": "object"}}
SENT = {name: value for name, value in TIME.items() if name != "type"}


@pytest.mark.parametrize(
    ("session", "asked", "expected"),
    [
        ({}, {}, None),
        ({"tools": [TIME]}, {}, Tools((SENT,), "auto")),
        ({"tools": [TIME], "tool_choice": "none"}, {}, Tools((SENT,), "none")),
        ({"tools": [TIME]}, {"tool_choice": "required"}, Tools((SENT,), "required")),
        ({"tools": [TIME]}, {"tool_choice": {"type": "function", "name": "time"}}, Tools((SENT,), {"name": "time"})),
        ({"tools": [TIME]}, {"tools": []}, None),
        ({}, {"tools": [TIME]}, Tools((SENT,), "auto")),
        ({"tools": [{"type": "mcp", "server_label": "x"}, {"type": "function"}]}, {}, None),
    ],
)
def test_tools(session: dict[str, Any], asked: dict[str, Any], expected: Tools | None) -> None:
    assert tools_of(SessionConfig.model_validate(session), wanted(asked)) == expected


def test_a_wrong_field_is_named() -> None:
    with pytest.raises(InvalidMessage, match=r"response\.tools"):
        wanted({"tools": "all"})


class Endless:
    name = "endless"
    is_echo = False

    async def reply(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        while True:
            yield "word "

    async def use(self, messages: Sequence[Message], tools: Tools) -> AsyncGenerator[CallPiece, None]:
        while True:
            yield CallPiece(0, "call", "time", "x" * 1_000)

    async def close(self) -> None:
        pass


async def test_an_answer_that_does_not_end() -> None:
    asked = Wanted(instructions="Speak.")
    said = [piece async for piece in answer(Endless(), "", SessionConfig(), asked, Items())]
    assert len("".join(map(str, said))) == module.MAX_REPLY_CHARACTERS
    with pytest.raises(UpstreamError, match="do not end"):
        _ = [piece async for piece in answer(Endless(), "", SessionConfig(tools=[TIME]), asked, Items())]
