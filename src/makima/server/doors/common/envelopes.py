"""What all routes in OpenAI's shape share: errors as its clients read them, and an id for each request."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable

from fastapi import Request
from fastapi.responses import Response

from makima.errors import MakimaError
from makima.server.error_map import openai_response
from makima.server.services import Services

REQUEST_ID = "x-request-id"


async def enveloped(
    request: Request, services: Services, answer: Callable[[Request, Services], Awaitable[Response]]
) -> Response:
    """The answer, or the error as OpenAI's clients read it; with `x-request-id`."""
    try:
        response = await answer(request, services)
    except MakimaError as exc:
        services.metrics.count_error(exc)
        response = openai_response(exc)
    response.headers[REQUEST_ID] = f"req_{uuid.uuid4().hex}"
    return response
