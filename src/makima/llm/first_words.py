"""Holds the first words of an answer for a moment, so that they need not be withdrawn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from types import TracebackType
from typing import Self

from makima.errors import UpstreamError
from makima.llm.thoughts import Said

HOLD_S = 0.1
"""The beginning of a stream often comes at once, from a cache or a fast endpoint. A listener hears no difference."""

_WAITING = 64


async def first_words_held(answer: AsyncGenerator[Said, None], hold_s: float = HOLD_S) -> AsyncGenerator[Said, None]:
    """`answer`, of which the first words come `hold_s` later, or as soon as it is known whether they are a thought."""
    loop, held, failure, ended = asyncio.get_running_loop(), list[Said](), None, False
    until_s: float | None = None
    async with _ReadAhead(answer) as ahead:
        while True:
            try:
                said = await ahead.next(until_s)
            except TimeoutError:
                break
            except UpstreamError as exc:
                failure = exc
                break
            if said is None:
                ended = True
                break
            if said.withdrawn:
                held = [*(Said(calls=each.calls) for each in held if each.calls), Said(said.text, calls=said.calls)]
                break
            held.append(said)
            until_s = until_s or loop.time() + hold_s
        for said in held:
            yield said
        if failure is not None:
            raise failure
        while not ended and (said := await ahead.next()) is not None:
            yield said


class _ReadAhead:
    """Reads `answer` in a task of its own: a wait for its next piece can end without ending the answer."""

    def __init__(self, answer: AsyncGenerator[Said, None]) -> None:
        self._answer = answer
        self._read: asyncio.Queue[Said | Exception | None] = asyncio.Queue(_WAITING)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def next(self, until_s: float | None = None) -> Said | None:
        """The next piece, or None at the end.

        Raises: TimeoutError at `until_s` of the loop's clock; what the answer raises
        """
        async with asyncio.timeout_at(until_s):
            said = await self._read.get()
        if isinstance(said, Exception):
            raise said
        return said

    async def _run(self) -> None:
        try:
            async with aclosing(self._answer) as answer:
                async for said in answer:
                    await self._read.put(said)
        except Exception as exc:  # noqa: BLE001, raised where the answer is read
            await self._read.put(exc)
        else:
            await self._read.put(None)
