"""Waiting for an answer, but not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from makima.bench.soak.site import ANSWER_S
from makima.errors import EngineError

T = TypeVar("T")


async def within(answer: Awaitable[T], wait_s: float = ANSWER_S) -> T:
    """The answer.

    Raises: EngineError where none comes in time
    """
    try:
        async with asyncio.timeout(wait_s):
            return await answer
    except TimeoutError as exc:
        raise EngineError(f"Nothing came within {wait_s:.0f} s.") from exc
