"""What answers where no chat model is set: it says back what it heard, and says that it is an echo."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from makima.llm.protocol import Message

INTRODUCTION = "I am only an echo, as no chat model is set."


class EchoModel:
    """The chat seam without a model. It introduces itself until something it said has been heard."""

    name = "echo"
    is_echo = True

    async def reply(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        heard = next((message.text for message in reversed(messages) if message.role == "user"), "")
        if all(message.role != "assistant" for message in messages):
            yield f"{INTRODUCTION} "
        yield "You said: "
        for word in heard.split():
            yield f"{word} "

    async def close(self) -> None:
        pass
