"""Where a client of any service puts its key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

OPENAI_SUBPROTOCOL: Final = "openai-insecure-api-key."
"""How OpenAI's SDK sends the key from a browser, which can set no header on a socket."""

_SCHEMES: Final = frozenset({"bearer", "token"})
_HEADERS: Final = ("xi-api-key", "x-api-key")
_QUERY: Final = ("access_token", "api_key", "authorization", "xi-api-key")


def credential(
    headers: Mapping[str, str], subprotocols: Sequence[str] = (), query: Mapping[str, str] | None = None
) -> str | None:
    """The key or token that a request carries; None if there is none.

    `headers` must be found by lower-case names. Taken are `Authorization: Bearer` and `Token`, `xi-api-key`,
    `X-API-Key`, the subprotocols `openai-insecure-api-key.KEY`, `token, KEY` and `bearer, KEY`, and, for sockets of
    browsers, the query of Cartesia and ElevenLabs.
    """
    scheme, _, token = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() in _SCHEMES and token.strip():
        return token.strip()
    for name in _HEADERS:
        if value := headers.get(name, "").strip():
            return value
    for position, protocol in enumerate(subprotocols):
        if protocol.startswith(OPENAI_SUBPROTOCOL):
            return protocol.removeprefix(OPENAI_SUBPROTOCOL) or None
        if protocol.lower() in _SCHEMES and position + 1 < len(subprotocols):
            return subprotocols[position + 1]
    for name in _QUERY:
        if query is not None and (value := query.get(name, "").strip()):
            return value.removeprefix("Bearer ")
    return None


def answered_subprotocol(offered: Sequence[str]) -> str | None:
    """The subprotocol to answer with: never one that would send a key back."""
    return next((name for name in offered if name.lower() in ("realtime", "token", "bearer")), None)
