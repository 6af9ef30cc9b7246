"""The seam every chat model stands behind."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal, Protocol, TypeAlias

Role: TypeAlias = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One share of a conversation, as a chat model reads it."""

    role: Role
    text: str


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
