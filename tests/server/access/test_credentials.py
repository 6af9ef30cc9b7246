"""Where a key is found in a request."""

from __future__ import annotations

import pytest

from makima.server.access.credentials import answered_subprotocol, credential


@pytest.mark.parametrize(
    ("headers", "subprotocols", "query", "found"),
    [
        ({"authorization": "Bearer k"}, [], {}, "k"),
        ({"authorization": "bearer  k "}, [], {}, "k"),
        ({"authorization": "Token k"}, [], {}, "k"),
        ({"authorization": "Bearer"}, [], {}, None),  # a client without a key
        ({"authorization": "Basic k"}, [], {}, None),
        ({"xi-api-key": "k"}, [], {}, "k"),
        ({"x-api-key": "k"}, [], {}, "k"),
        ({}, ["makima.v1", "bearer.k"], {}, "k"),
        ({}, ["bearer", "k"], {}, "k"),
        ({}, ["token", "k"], {}, "k"),
        ({}, ["realtime", "openai-insecure-api-key.k"], {}, "k"),
        ({}, ["realtime", "openai-insecure-api-key."], {}, None),
        ({}, [], {"api_key": "k"}, "k"),
        ({}, [], {"authorization": "Bearer k"}, "k"),
        ({"xi-api-key": "k"}, ["bearer.other"], {"api_key": "other"}, "k"),
        ({}, ["realtime"], {"model": "m"}, None),
    ],
)
def test_a_key_is_found(
    headers: dict[str, str], subprotocols: list[str], query: dict[str, str], found: str | None
) -> None:
    assert credential(headers, subprotocols, query) == found


@pytest.mark.parametrize(
    ("offered", "answered"),
    [
        (["realtime", "openai-insecure-api-key.k"], "realtime"),
        (["openai-insecure-api-key.k", "realtime"], "realtime"),
        (["bearer.k", "makima.v1"], "makima.v1"),
        (["token", "k"], "token"),
        ([], None),
    ],
)
def test_a_key_is_not_sent_back(offered: list[str], answered: str | None) -> None:
    assert answered_subprotocol(offered) == answered
