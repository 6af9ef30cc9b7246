"""Any endpoint that answers as OpenAI's chat completions do, streamed."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace

import httpx

from makima.errors import UpstreamError
from makima.llm import requests
from makima.llm.body import BodyParser
from makima.llm.chunks import DONE, ChunkReader, Piece, not_understood
from makima.llm.first_words import first_words_held
from makima.llm.protocol import CallPiece, Correction, Message, Tools
from makima.llm.refusals import SERVICE, refusal, sentence, without_password
from makima.llm.thoughts import Said, ThoughtFilter
from makima.text.surrogates import SurrogateJoiner

_KEPT_S = 120.0
"""A connection may wait for the next reply: people take their time, and a new one takes two or three journeys."""

_AFTER_DONE_S = 0.1
"""For the end of the body after the end of the answer: only then the connection serves the next one too."""

_AFTER_LAST_S = 1.0
"""For what may follow the last piece: a count of tokens, and the mark of the end, which some never send."""

_QUOTED_BYTES = 4_096

_THINKS_FIRST = re.compile(r"(?:^|[^a-z])(?:r1|qwq|think(?:ing|er)?|reason(?:ing|er)?)(?:[^a-z]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the endpoint may take: to be reached, until its answer begins, and between two pieces of it; and how
    long it may think before it says a word, since the listener hears nothing of that.
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
        self._shown = without_password(self._url)
        self._patience = patience or Patience()
        # Whether answers begin in a thought, its opening mark being in the prompt; None until one has ended.
        self._begins_in_thought: bool | None = True if _THINKS_FIRST.search(model) else None
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        # Answers are timed by their tokens: a server's comments keep a connection alive without saying a word.
        timeout = httpx.Timeout(None, connect=self._patience.connect_s)
        limits = httpx.Limits(max_connections=None, keepalive_expiry=_KEPT_S)
        self._client = httpx.AsyncClient(headers=headers, timeout=timeout, limits=limits)

    async def reply(self, messages: Sequence[Message]) -> AsyncGenerator[str | Correction, None]:
        async with aclosing(self._answered(messages, None)) as pieces:
            async for piece in pieces:
                if not isinstance(piece, CallPiece):  # of functions that were not offered
                    yield piece

    def use(self, messages: Sequence[Message], tools: Tools) -> AsyncGenerator[str | Correction | CallPiece, None]:
        return self._answered(messages, tools)

    async def close(self) -> None:
        await self._client.aclose()

    async def _answered(
        self, messages: Sequence[Message], tools: Tools | None
    ) -> AsyncGenerator[str | Correction | CallPiece, None]:
        answer = self._said(messages, tools)
        if self._begins_in_thought is None:
            answer = first_words_held(answer)
        async with aclosing(answer):
            async for said in answer:
                if said.withdrawn:
                    yield Correction.WITHDRAWN
                if said.text:
                    yield said.text
                for call in said.calls:
                    yield call

    async def _said(self, messages: Sequence[Message], tools: Tools | None) -> AsyncGenerator[Said, None]:
        """The answer without thoughts, in time. Every item says something."""
        thoughts, joiner = ThoughtFilter(presumed=self._begins_in_thought is True), SurrogateJoiner()
        limit_s = self._patience.connect_s + self._patience.first_token_s
        begun_s, silent = time.monotonic(), True
        async with aclosing(self._pieces(messages, tools)) as pieces:
            while (piece := await _in_time(pieces, limit_s)) is not None:
                limit_s = self._patience.token_s
                if piece.thought and (released := thoughts.answer_comes_apart()).text:
                    yield released
                said = thoughts.feed(_well_formed(joiner.feed(piece.text)))
                if thoughts.began_in_thought:
                    self._begins_in_thought = True
                if piece.calls:
                    said = replace(said, calls=piece.calls)
                if said.text or said.withdrawn or said.calls:
                    silent = silent and not (said.text or said.calls)
                    yield said
                elif silent and time.monotonic() - begun_s > self._patience.thinking_s:
                    raise UpstreamError(
                        SERVICE, f"it has thought for {self._patience.thinking_s:g} s without a word.", retryable=True
                    )
        if (rest := thoughts.flush()).text:
            yield rest
        if thoughts.presumed_wrongly or self._begins_in_thought is None:
            self._begins_in_thought = False

    async def _pieces(self, messages: Sequence[Message], tools: Tools | None) -> AsyncGenerator[Piece, None]:
        """The answer as it comes."""
        body = requests.body(self.name, messages, tools)
        try:
            async with self._client.stream("POST", self._url, json=body) as response:
                if response.status_code != httpx.codes.OK:
                    raise refusal(response, await _beginning(response))
                async with aclosing(_answer(response)) as pieces:
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
            raise UpstreamError(SERVICE, f"the answer broke off{_because(exc)}", retryable=True) from exc
        except httpx.InvalidURL as exc:
            raise UpstreamError(SERVICE, f"{self._shown}{_because(exc)}", retryable=False) from exc


async def _in_time(pieces: AsyncGenerator[Piece, None], limit_s: float) -> Piece | None:
    try:
        async with asyncio.timeout(limit_s):
            return await anext(pieces, None)
    except TimeoutError as exc:
        raise UpstreamError(SERVICE, f"no word came for {limit_s:g} s.", retryable=True) from exc


@dataclass(slots=True)
class _Progress:
    """What has come of an answer."""

    seen: bool = False
    answered: bool = False
    ended: bool = False
    said: bool = False
    withheld: bool = False

    def take(self, piece: Piece) -> None:
        self.answered = True
        self.ended = self.ended or piece.last
        self.said = self.said or bool(piece.text or piece.calls)
        self.withheld = self.withheld or piece.withheld


async def _answer(response: httpx.Response) -> AsyncGenerator[Piece, None]:
    parser, reader, progress = BodyParser(), ChunkReader(), _Progress()
    async with aclosing(_documents(response, parser)) as documents:
        while (document := await _next(documents, progress)) is not None:
            try:
                pieces = reader.read(document)
            except UpstreamError:
                if progress.ended:  # the answer is complete, whatever goes wrong after it
                    break
                raise
            for piece in pieces:
                progress.take(piece)
                yield piece
            if DONE in pieces:
                with suppress(TimeoutError, httpx.HTTPError):
                    async with asyncio.timeout(_AFTER_DONE_S):
                        await anext(documents, None)
                break
    if not progress.answered:
        raise not_understood()
    if parser.streams and not progress.ended:
        raise UpstreamError(SERVICE, "the answer broke off.", retryable=True)
    if progress.withheld and not progress.said:
        raise UpstreamError(SERVICE, "a content filter of the endpoint has withheld the answer.", retryable=False)


async def _next(documents: AsyncGenerator[str, None], progress: _Progress) -> str | None:
    """The next document; None at the end, or if none comes soon after the last piece."""
    try:
        async with asyncio.timeout(_AFTER_LAST_S if progress.ended else None):
            document = await anext(documents, None)
    except TimeoutError:
        return None
    except httpx.HTTPError as exc:
        if progress.ended:
            return None
        if progress.seen and not progress.answered:
            raise not_understood() from exc
        raise
    progress.seen = True
    return document


async def _documents(response: httpx.Response, parser: BodyParser) -> AsyncGenerator[str, None]:
    async for data in response.aiter_bytes():
        try:
            documents = parser.feed(data)
        except ValueError as exc:
            raise not_understood() from exc
        for document in documents:
            yield document
    for document in parser.flush():
        yield document


async def _beginning(response: httpx.Response) -> bytes:
    """As much of the body as there is use for."""
    body = b""
    async for data in response.aiter_bytes():
        body += data
        if len(body) >= _QUOTED_BYTES:
            break
    return body[:_QUOTED_BYTES]


def _because(exc: Exception) -> str:
    return f": {reason}" if (reason := sentence(str(exc))) else "."


def _well_formed(text: str) -> str:
    """`text` without halves of surrogate pairs, which JSON can write and no socket can send."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
