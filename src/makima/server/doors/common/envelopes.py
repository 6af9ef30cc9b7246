"""What all routes of other services' clients share: errors as those read them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias

from fastapi import Request
from fastapi.responses import Response

from makima.errors import MakimaError
from makima.server.error_map import openai_response

if TYPE_CHECKING:
    from makima.server.services import Services

Refusal: TypeAlias = Callable[[MakimaError], Response]
"""How a service tells its clients of an error."""


async def enveloped(
    request: Request,
    services: Services,
    answer: Callable[[Request, Services], Awaitable[Response]],
    refusal: Refusal = openai_response,
) -> Response:
    """The answer, or the error as OpenAI's clients read it, or those of the service that says so by `refusal`."""
    try:
        return await answer(request, services)
    except MakimaError as exc:
        services.metrics.count_error(exc)
        return refusal(exc)
