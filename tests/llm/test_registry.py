"""Which chat model the settings give."""

from __future__ import annotations

import pytest

from makima.errors import ConfigError
from makima.llm.registry import choose
from tests.support.server.servers import make_settings


def test_unset_it_is_an_echo() -> None:
    assert choose(make_settings()).is_echo


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
