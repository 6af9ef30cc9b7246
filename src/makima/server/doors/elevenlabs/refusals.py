"""Errors over HTTP as ElevenLabs' clients read them."""

from __future__ import annotations

from fastapi.responses import Response

from makima.errors import MakimaError
from makima.server.error_map import openai_response


def refusal(exc: MakimaError) -> Response:
    """The error, under `detail` as ElevenLabs' clients look for it."""
    return openai_response(exc, {"detail": {"status": exc.code.lower(), "message": str(exc)}})
