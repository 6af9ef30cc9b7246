"""Any endpoint that answers as OpenAI's chat completions do, streamed."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

import httpx

from makima.errors import UpstreamError
from makima.llm.protocol import Message
from makima.llm.refusals import SERVICE, refusal, shortened
from makima.llm.sse import MAX_EVENT_BYTES, EventParser
from makima.llm.thoughts import ThoughtFilter
from makima.text.surrogates import SurrogateJoiner

_DONE = "[DONE]"
_KEPT_S = 120.0
"""A connection may wait for the next reply: people take their time, and a new one takes two or three journeys."""

_AFTERWARDS_S = 0.1
"""For the end of the body after the end of the answer: only then the connection serves the next one too."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the endpoint may take: to be reached, until its answer begins, and between two pieces of it; and how
    long it may think before it says a word, since whoever waits hears nothing of that.
    """

    connect_s: float = 5.0
    first_token_s: float = 30.0
    token_s: float = 10.0
    thinking_s: float = 120.0


class OpenAIModel:
    """The chat seam over HTTP. Connections are kept, so that only the first reply waits for one."""

    is_echo = False

    def __init__(self, base_url: str, model: str, api_key: str | None = None, patience: Patience | None = None) -> None:
        self.name = model
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._shown = re.sub(r"//[^/@]*@", "//", self._url)  # a password in it is nobody's who is told of an error
        self._patience = patience or Patience()
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        # Answers are timed by their tokens: a server's comments keep a connection alive without saying a word.
        timeout = httpx.Timeout(None, connect=self._patience.connect_s)
        limits = httpx.Limits(max_connections=None, keepalive_expiry=_KEPT_S)
        self._client = httpx.AsyncClient(headers=headers, timeout=timeout, limits=limits)

    async def reply(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        thoughts, joiner = ThoughtFilter(), SurrogateJoiner()
        limit_s = self._patience.connect_s + self._patience.first_token_s
        begun_s, silent = time.monotonic(), True
        async with aclosing(self._pieces(messages)) as pieces:
            while True:
                try:
                    async with asyncio.timeout(limit_s):
                        piece = await anext(pieces, None)
                except TimeoutError as exc:
                    raise UpstreamError(SERVICE, f"no word came for {limit_s:g} s.", retryable=True) from exc
                if piece is None:
                    break
                limit_s = self._patience.token_s
                if said := thoughts.feed(_well_formed(joiner.feed(piece))):
                    silent = False
                    yield said
                elif silent and time.monotonic() - begun_s > self._patience.thinking_s:
                    raise UpstreamError(
                        SERVICE, f"it has thought for {self._patience.thinking_s:g} s without a word.", retryable=True
                    )
        if rest := thoughts.flush():
            yield rest

    async def close(self) -> None:
        await self._client.aclose()

    async def _pieces(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        """The answer as it comes; a piece is empty where the model thinks to itself."""
        body = {
            "model": self.name,
            "messages": [{"role": message.role, "content": message.text} for message in messages],
            "stream": True,
        }
        try:
            async with self._client.stream("POST", self._url, json=body) as response:
                if response.status_code != httpx.codes.OK:
                    raise refusal(response, await _beginning(response))
                async with aclosing(_events(response)) as events, aclosing(_answer(events)) as pieces:
                    async for piece in pieces:
                        yield piece
        except (httpx.ConnectError, httpx.ConnectTimeout) as exc:
            raise UpstreamError(
                SERVICE,
                f"{self._shown} cannot be reached.",
                retryable=True,
                mend="Is it running, and is MAKIMA_LLM_BASE_URL right?",
            ) from exc
        except httpx.HTTPError as exc:
            raise UpstreamError(SERVICE, f"the answer broke off: {exc}.", retryable=True) from exc
        except httpx.InvalidURL as exc:
            raise UpstreamError(SERVICE, f"{self._shown}: {exc}.", retryable=False) from exc


async def _answer(events: AsyncIterator[str]) -> AsyncGenerator[str, None]:
    ended = False
    async for event in events:
        if event == _DONE:
            with suppress(TimeoutError):
                async with asyncio.timeout(_AFTERWARDS_S):
                    await anext(events, None)
            return
        piece, last = _read(event)
        ended = ended or last
        yield piece
    if not ended:
        raise UpstreamError(SERVICE, "the answer broke off.", retryable=True)


async def _events(response: httpx.Response) -> AsyncGenerator[str, None]:
    if "json" in response.headers.get("content-type", ""):  # from a server that does not stream
        yield (await _beginning(response, MAX_EVENT_BYTES)).decode(errors="replace")
        return
    parser = EventParser()
    async for data in response.aiter_bytes():
        try:
            events = parser.feed(data)
        except ValueError as exc:
            raise _not_understood() from exc
        for event in events:
            yield event


async def _beginning(response: httpx.Response, most_bytes: int = 4_096) -> bytes:
    """The body, or as much of it as there is use for."""
    body = b""
    async for data in response.aiter_bytes():
        body += data
        if len(body) >= most_bytes:
            break
    return body[:most_bytes]


def _read(event: str) -> tuple[str, bool]:
    """The piece of the answer in one event, and whether it is the last."""
    try:
        fields: Any = json.loads(event)
        if error := fields.get("error"):
            said = error.get("message") if isinstance(error, dict) else error
            raise UpstreamError(SERVICE, f"it says: {shortened(str(said))}", retryable=True)
        choices = fields["choices"]
        if not choices:  # some tell what the answer has cost, in an event without one
            return "", False
        choice = choices[0]
        piece = (choice.get("delta") or choice.get("message") or {}).get("content") or ""
        if not isinstance(piece, str):
            raise _not_understood()
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError) as exc:
        raise _not_understood() from exc
    return piece, choice.get("finish_reason") is not None


def _well_formed(text: str) -> str:
    """`text` without halves of surrogate pairs, which JSON can write and no socket can send."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _not_understood() -> UpstreamError:
    mend = "Is MAKIMA_LLM_BASE_URL the address of an OpenAI-compatible endpoint, usually ending in /v1?"
    return UpstreamError(SERVICE, "what came is no answer.", retryable=True, mend=mend)
