"""Where clients put a key or a token: those of this project, and those of every service whose clients come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

SUBPROTOCOL: Final = "makima.v1"
BEARER: Final = "bearer"
OPENAI_SUBPROTOCOL: Final = "openai-insecure-api-key."
"""How OpenAI's SDK sends the key from a browser, which can set no header on a socket."""

_SCHEMES: Final = frozenset({BEARER, "token"})
_HEADERS: Final = ("xi-api-key", "x-api-key")
_QUERY: Final = ("access_token", "api_key", "authorization", "xi-api-key")
_ANSWERED: Final = (SUBPROTOCOL, "realtime", BEARER, "token")


def credential(
    headers: Mapping[str, str], subprotocols: Sequence[str] = (), query: Mapping[str, str] | None = None
) -> str | None:
    """The key or token that a request carries; None if there is none.

    `headers` must be found by lower-case names. Taken are `Authorization: Bearer` and `Token`, `xi-api-key`,
    `X-API-Key`; the subprotocols `bearer.TOKEN`, `bearer, TOKEN`, `token, TOKEN` and `openai-insecure-api-key.TOKEN`,
    as browsers can set no header on a socket; and, where a route passes it, the query of hosted services.
    """
    scheme, _, token = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() in _SCHEMES and token.strip():
        return token.strip()
    for name in _HEADERS:
        if value := headers.get(name, "").strip():
            return value
    return _in_subprotocols(subprotocols) or _in_query(query or {})


def _in_subprotocols(offered: Sequence[str]) -> str | None:
    for position, protocol in enumerate(offered):
        for prefix in (f"{BEARER}.", OPENAI_SUBPROTOCOL):
            if protocol.startswith(prefix):
                return protocol.removeprefix(prefix) or None
        if protocol.lower() in _SCHEMES and position + 1 < len(offered):
            return offered[position + 1]
    return None


def _in_query(query: Mapping[str, str]) -> str | None:
    for name in _QUERY:
        if value := query.get(name, "").strip():
            return value.removeprefix("Bearer ")
    return None


def answered_subprotocol(offered: Sequence[str]) -> str | None:
    """The subprotocol to answer with: a known one before one that may send the token back."""
    known = next((protocol for protocol in _ANSWERED if protocol in offered), None)
    return known or (offered[0] if offered else None)
