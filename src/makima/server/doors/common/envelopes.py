"""What all routes in OpenAI's shape share: errors as its clients read them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import Request
from fastapi.responses import Response

from makima.errors import MakimaError
from makima.server.error_map import openai_response
from makima.server.services import Services


async def enveloped(
    request: Request, services: Services, answer: Callable[[Request, Services], Awaitable[Response]]
) -> Response:
    """The answer, or the error as OpenAI's clients read it."""
    try:
        return await answer(request, services)
    except MakimaError as exc:
        services.metrics.count_error(exc)
        return openai_response(exc)
