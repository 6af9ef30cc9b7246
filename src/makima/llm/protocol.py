"""The seam every chat model stands behind."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

Role: TypeAlias = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function that a model has called. `arguments` is JSON text, as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One share of a conversation, as a chat model reads it. One of a `tool` is the output of a call."""

    role: Role
    text: str
    calls: tuple[ToolCall, ...] = ()
    call_id: str | None = None


@dataclass(frozen=True, slots=True)
class Tools:
    """Functions that a model may call.

    `functions` have `name`, `description` and `parameters` (a JSON schema). `choice` is `auto`, `none`, `required`, or
    the name of the one that must be called, as `{"name": …}`.
    """

    functions: tuple[Mapping[str, Any], ...]
    choice: str | Mapping[str, str] = "auto"


@dataclass(frozen=True, slots=True)
class CallPiece:
    """The next piece of a call: its id and name once, its arguments cut anywhere. `index` tells calls apart."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""


class Correction(Enum):
    """What an answer may hold besides text."""

    WITHDRAWN = "withdrawn"
    """All that was given of the answer until now is no part of it: the model had been thinking."""


class ChatModel(Protocol):
    """Answers a conversation, piece by piece."""

    @property
    def name(self) -> str:
        """What it is called, for people."""

    @property
    def is_echo(self) -> bool:
        """Whether it only says back what it heard, so that a page can say so."""

    def reply(self, messages: Sequence[Message]) -> AsyncGenerator[str | Correction, None]:
        """Yield the answer in pieces, cut anywhere and of any length. Closing the generator, or cancelling its task,
        ends the request.

        Raises: UpstreamError, also after some pieces
        """

    async def close(self) -> None:
        """Let go of connections. Idempotent."""


@runtime_checkable
class ToolUser(Protocol):
    """A chat model that may call functions."""

    def use(self, messages: Sequence[Message], tools: Tools) -> AsyncGenerator[str | Correction | CallPiece, None]:
        """As `ChatModel.reply`, with the calls between the pieces of text.

        Raises: UpstreamError, also after some pieces
        """
