"""Which conversations there are, and how long they are kept. In simulated time."""

from __future__ import annotations

import asyncio

from makima.llm.echo import EchoModel
from makima.server.auth import Identity
from makima.server.conversations import MAX_CONVERSATIONS, Conversations
from tests.support.server.servers import make_settings
from tests.support.simulated import run_simulated

ANN, BOB = Identity("ann", "127.0.0.1"), Identity("bob", "127.0.0.1")


def test_one_for_each_contract_and_subject() -> None:
    async def program() -> None:
        conversations = Conversations(make_settings(), EchoModel())
        one = conversations.find(ANN, "c")
        assert conversations.find(ANN, "c") is one
        assert conversations.find(Identity("ann", "elsewhere"), "c") is one
        assert conversations.find(ANN, "d") is not one
        assert conversations.find(BOB, "c") is not one
        await conversations.close()

    run_simulated(program())


def test_it_is_kept_for_a_while_once_both_sides_have_left() -> None:
    async def program() -> None:
        conversations = Conversations(make_settings(conversation_keep_s=60.0), EchoModel())
        one = conversations.find(ANN, "c")
        one.listen(lambda _: None).leave()
        conversations.left()
        await asyncio.sleep(59)
        listener = conversations.find(ANN, "c").listen(lambda _: None)
        await asyncio.sleep(600)
        assert conversations.find(ANN, "c") is one, "someone is there"
        listener.leave()
        conversations.left()
        conversations.left()
        await asyncio.sleep(59)
        assert len(conversations) == 1
        await asyncio.sleep(2)
        assert len(conversations) == 0

    run_simulated(program())


def test_of_many_that_were_left_the_oldest_is_forgotten() -> None:
    async def program() -> None:
        conversations = Conversations(make_settings(), EchoModel())
        staying = conversations.find(ANN, "staying").listen(lambda _: None)
        for number in range(MAX_CONVERSATIONS + 10):
            conversations.find(ANN, str(number)).listen(lambda _: None).leave()
            conversations.left()
        assert len(conversations) == MAX_CONVERSATIONS
        newest = conversations.find(ANN, str(MAX_CONVERSATIONS + 9))
        assert len(conversations) == MAX_CONVERSATIONS
        assert newest is conversations.find(ANN, str(MAX_CONVERSATIONS + 9))
        staying.leave()
        await conversations.close()
        assert len(conversations) == 0

    run_simulated(program())
