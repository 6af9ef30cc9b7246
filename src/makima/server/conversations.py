"""The conversations of one server, which join speak and listen sessions of the same `contractId`."""

from __future__ import annotations

import asyncio

from makima.config import Settings
from makima.dialogue.loop import Conversation
from makima.llm.protocol import ChatModel
from makima.server.auth import Identity

MAX_CONVERSATIONS = 1_000
"""Beyond it, those that both sides have left are dropped, the oldest first."""


class Conversations:
    """Each conversation by the subject of its token and its `contractId`: a subject reaches only its own."""

    def __init__(self, settings: Settings, model: ChatModel) -> None:
        self.model = model
        self.system_prompt = settings.llm_system_prompt
        self._replaced: list[ChatModel] = []
        self._settings = settings
        self._all: dict[tuple[str | None, str], Conversation] = {}
        self._farewells: dict[tuple[str | None, str], asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        return len(self._all)

    def find(self, who: Identity, contract_id: str) -> Conversation:
        """The conversation of this name, new if there is none. A session that joined it calls `left` after leaving."""
        key = (who.subject, contract_id)
        if (farewell := self._farewells.pop(key, None)) is not None:
            farewell.cancel()
        if key not in self._all:
            self._all[key] = Conversation(self.model, self.system_prompt, asyncio.get_running_loop().time)
        return self._all[key]

    def use(self, model: ChatModel, system_prompt: str) -> None:
        """Let `model` answer in new conversations. Those under way keep theirs, which is closed with the server."""
        self._replaced.append(self.model)
        self.model, self.system_prompt = model, system_prompt

    def left(self) -> None:
        """A session has left a conversation: one that both sides have left is dropped after a while. Idempotent."""
        loop = asyncio.get_running_loop()
        for key, conversation in self._all.items():
            if conversation.deserted and key not in self._farewells:
                self._farewells[key] = loop.call_later(self._settings.conversation_keep_s, self._forget, key)
        while len(self._all) > MAX_CONVERSATIONS and self._farewells:
            self._forget(next(iter(self._farewells)))

    async def close(self) -> None:
        """End all conversations."""
        for farewell in self._farewells.values():
            farewell.cancel()
        self._farewells.clear()
        await asyncio.gather(*(conversation.close() for conversation in self._all.values()))
        self._all.clear()
        for model in (self.model, *self._replaced):
            await model.close()

    def _forget(self, key: tuple[str | None, str]) -> None:
        self._farewells.pop(key).cancel()
        del self._all[key]
