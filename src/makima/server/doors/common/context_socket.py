"""A socket on which a client has several contexts at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from fastapi import WebSocket

from makima.errors import InvalidMessage
from makima.server.doors.common.contexts import SpokenContext
from makima.server.doors.common.socket import DoorSocket

if TYPE_CHECKING:
    from makima.server.services import Services

MAX_CONTEXTS = 32
"""At once, on one socket."""


class NamedContext(Protocol):
    """A context under the name the client gave it; None where the service has one context without a name."""

    @property
    def name(self) -> str | None: ...

    @property
    def spoken(self) -> SpokenContext: ...


ContextT = TypeVar("ContextT", bound=NamedContext)


class ContextSocket(DoorSocket, Generic[ContextT]):
    """One client's socket. A subclass opens contexts, and each calls `forget` when it has ended."""

    def __init__(self, websocket: WebSocket, services: Services) -> None:
        super().__init__(websocket, services)
        self.contexts: dict[str | None, ContextT] = {}

    async def finish(self) -> None:
        for context in list(self.contexts.values()):
            await context.spoken.close()
            await context.spoken.wait()

    async def released(self) -> None:
        await asyncio.gather(*(context.spoken.cancel() for context in self.contexts.values()))

    def forget(self, context: ContextT) -> None:
        """The context has ended."""
        if self.contexts.get(context.name) is context:
            del self.contexts[context.name]

    def check_room(self, mend: str) -> None:
        """Raises: InvalidMessage with `mend` if no other context may be opened."""
        if len(self.contexts) >= MAX_CONTEXTS:
            raise InvalidMessage(f"More than {MAX_CONTEXTS} contexts are open.", mend=mend)
