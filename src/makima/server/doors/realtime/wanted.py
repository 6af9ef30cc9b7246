"""What a response is asked for, and the words and calls that answer it."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from makima.errors import UpstreamError
from makima.llm.protocol import CallPiece, ChatModel, Correction, Message, Tools, ToolUser
from makima.server.doors.realtime.config import SessionConfig, explained
from makima.server.doors.realtime.items import Items, messages, read

MAX_REPLY_CHARACTERS = 8_000
"""A quarter of an hour of speech: an answer that has not ended by then has run away."""

MAX_ARGUMENT_CHARACTERS = 200_000
"""Of all calls of one response."""

_READ_ALOUD = re.compile(r"\b(read|speak|say|repeat)\b.*\b(aloud|out loud|verbatim|word for word)\b", re.I | re.S)


class Wanted(BaseModel):
    """What `response.create` asks for, where it differs from the session."""

    model_config = ConfigDict(extra="ignore")

    conversation: Literal["auto", "none"] = "auto"
    instructions: str | None = None
    input: list[dict[str, Any]] | None = None
    output_modalities: list[Literal["text", "audio"]] | None = None
    metadata: dict[str, Any] | None = None
    audio: dict[str, Any] | None = None
    max_output_tokens: Annotated[int, Field(ge=1)] | Literal["inf"] | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None

    @property
    def reads_aloud(self) -> bool:
        """Whether a text is only to be read aloud: asked for beside the conversation, by these words."""
        return (
            self.conversation == "none" and bool(self.input) and _READ_ALOUD.search(self.instructions or "") is not None
        )


def wanted(fields: object) -> Wanted:
    """The `response` of a `response.create`.

    Raises: InvalidMessage naming the field that is wrong
    """
    try:
        return Wanted.model_validate(fields or {})
    except ValidationError as exc:
        raise explained(exc, "response") from exc


async def answer(
    model: ChatModel, usual_instructions: str, config: SessionConfig, asked: Wanted, items: Items
) -> AsyncGenerator[str | Correction | CallPiece, None]:
    """The answer in pieces; none where there is nothing to answer.

    Raises: InvalidMessage, UpstreamError
    """
    given = [read(fields) for fields in asked.input] if asked.input is not None else None
    if asked.reads_aloud and given is not None:
        yield " ".join(item.text for item in given if item.role == "user")
        return
    own = config.instructions or usual_instructions
    instructions = "\n\n".join(filter(None, (own, asked.instructions)))
    said = messages(instructions, given if given is not None else list(items))
    if all(message.role not in ("user", "tool") for message in said):
        # Without a question, what the response was told to do is all there is to answer.
        if not asked.instructions:
            return
        said.append(Message("user", asked.instructions))
    tools = tools_of(config, asked)
    pieces = model.use(said, tools) if tools is not None and isinstance(model, ToolUser) else model.reply(said)
    async with aclosing(pieces):
        async for piece in _bounded(pieces):
            yield piece


def tools_of(config: SessionConfig, asked: Wanted) -> Tools | None:
    """The functions that the chat model may call: the response's own, or the session's. Other kinds are left out."""
    given = asked.tools if asked.tools is not None else config.tools
    known = ("name", "description", "parameters", "strict")
    functions = tuple(
        {name: tool[name] for name in known if name in tool}
        for tool in given
        if tool.get("type", "function") == "function" and isinstance(tool.get("name"), str)
    )
    choice = asked.tool_choice if asked.tool_choice is not None else config.tool_choice
    if isinstance(choice, Mapping):
        name = choice.get("name")
        choice = {"name": name} if isinstance(name, str) else "auto"
    return Tools(functions, choice) if functions else None


async def _bounded(
    pieces: AsyncGenerator[str | Correction | CallPiece, None] | AsyncGenerator[str | Correction, None],
) -> AsyncGenerator[str | Correction | CallPiece, None]:
    said = called = 0
    async for piece in pieces:
        yield piece
        if isinstance(piece, CallPiece):
            called += len(piece.arguments)
            if called > MAX_ARGUMENT_CHARACTERS:
                raise UpstreamError("chat model", "the arguments of a call do not end.", retryable=True)
        elif isinstance(piece, str):
            said += len(piece)
            if said >= MAX_REPLY_CHARACTERS:
                return
        else:
            said = 0
