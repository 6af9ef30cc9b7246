"""Which chat model the settings give, and what the echo says."""

from __future__ import annotations

import pytest

from makima.errors import ConfigError
from makima.llm.echo import INTRODUCTION
from makima.llm.protocol import ChatModel, Message
from makima.llm.registry import choose
from tests.support.server.servers import make_settings


async def said(model: ChatModel, *messages: Message) -> str:
    return "".join([str(piece) async for piece in model.reply(messages)]).strip()


async def test_unset_it_is_an_echo_that_says_so() -> None:
    echo = choose(make_settings())
    assert echo.is_echo
    heard = Message("user", "Good  morning.")
    assert await said(echo, Message("system", "x"), heard) == f"{INTRODUCTION} You said: Good morning."
    assert await said(echo, heard, Message("assistant", "I am"), Message("user", "Hm?")) == "You said: Hm?"


async def test_an_endpoint() -> None:
    model = choose(make_settings(llm_base_url="http://127.0.0.1:1/v1", llm_model="gpt-x", llm_api_key="k"))
    assert (model.name, model.is_echo) == ("gpt-x", False)
    await model.close()


@pytest.mark.parametrize(
    ("fields", "key"),
    [({"llm_base_url": "example.org/v1", "llm_model": "m"}, "BASE_URL"), ({"llm_base_url": "http://x/v1"}, "_MODEL")],
)
def test_what_does_not_suffice(fields: dict[str, str], key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        choose(make_settings(**fields))
