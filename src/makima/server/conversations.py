"""The conversations of one server: speak and listen sessions with the same `contractId` find each other here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from makima.config import Settings
from makima.dialogue.loop import Conversation, Listener
from makima.llm.protocol import ChatModel
from makima.server.auth import Identity
from makima.stt.protocol import ListenEvent

MAX_CONVERSATIONS = 1_000
"""Of those that both sides have left, and may come back to, the oldest is forgotten first."""


class Conversations:
    """Each conversation by its `contractId`, and by whose it is: a token's subject reaches its own alone."""

    def __init__(self, settings: Settings, model: ChatModel) -> None:
        self.model = model
        self._settings = settings
        self._all: dict[tuple[str | None, str], Conversation] = {}
        self._farewells: dict[tuple[str | None, str], asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        return len(self._all)

    def find(self, who: Identity, contract_id: str) -> Conversation:
        """The conversation of this name, new if there is none. Whoever joins it says `left` once they have left it."""
        key = (who.subject, contract_id)
        if (farewell := self._farewells.pop(key, None)) is not None:
            farewell.cancel()
        if key not in self._all:
            self._all[key] = Conversation(self.model, self._settings.llm_system_prompt, asyncio.get_running_loop().time)
        return self._all[key]

    def listen(self, who: Identity, contract_id: str, guard: Callable[[bool], None]) -> JoinedListener:
        """Have a listen session hear for the conversation of this name. `guard` is that of its `ListenStream`."""
        return JoinedListener(self, self.find(who, contract_id).listen(guard))

    def left(self) -> None:
        """Someone has left: forget in a while what both sides have left."""
        loop = asyncio.get_running_loop()
        for key, conversation in self._all.items():
            if conversation.deserted and key not in self._farewells:
                self._farewells[key] = loop.call_later(self._settings.conversation_keep_s, self._forget, key)
        while len(self._all) > MAX_CONVERSATIONS and self._farewells:
            self._forget(next(iter(self._farewells)))

    async def close(self) -> None:
        """End all of them."""
        for farewell in self._farewells.values():
            farewell.cancel()
        self._farewells.clear()
        await asyncio.gather(*(conversation.close() for conversation in self._all.values()))
        self._all.clear()
        await self.model.close()

    def _forget(self, key: tuple[str | None, str]) -> None:
        self._farewells.pop(key).cancel()
        del self._all[key]


class JoinedListener:
    """A listen session's place in a conversation."""

    def __init__(self, conversations: Conversations, listener: Listener) -> None:
        self._conversations = conversations
        self._listener = listener

    def hear(self, event: ListenEvent, position_ms: float | None = None) -> None:
        """Take each event of the session's stream, when so much audio has been fed to it."""
        self._listener.hear(event, position_ms)

    def leave(self) -> None:
        """The session has ended, or turns to another conversation. Idempotent."""
        self._listener.leave()
        self._conversations.left()
