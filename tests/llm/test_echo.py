"""What the echo says."""

from __future__ import annotations

from makima.llm.echo import INTRODUCTION, EchoModel
from makima.llm.protocol import Message


async def said(*messages: Message) -> str:
    return "".join([piece async for piece in EchoModel().reply(messages)]).strip()


async def test_it_introduces_itself_once() -> None:
    heard = Message("user", "Good  morning.")
    assert await said(Message("system", "x"), heard) == f"{INTRODUCTION} You said: Good morning."
    assert await said(heard, Message("assistant", "I am"), Message("user", "Hm?")) == "You said: Hm?"
