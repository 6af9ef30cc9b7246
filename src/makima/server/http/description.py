"""OpenAPI's description of the routes, and the errors that each of them may answer with."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

OWN: Final = "Error"
OPENAI: Final = "OpenAIError"

_SCHEMAS: Final[dict[str, Any]] = {
    OWN: {
        "type": "object",
        "required": ["type", "code", "message", "recoverable"],
        "properties": {
            "type": {"const": "error"},
            "code": {"type": "string", "description": "Such as INVALID_TEXT; docs/protocol.md has them all"},
            "message": {"type": "string", "description": "What is wrong, and what to do about it"},
            "recoverable": {"type": "boolean"},
            "retryAfterMs": {"type": "integer", "minimum": 1},
        },
    },
    OPENAI: {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["message", "type", "code"],
                "properties": {
                    "message": {"type": "string"},
                    "type": {"enum": ["invalid_request_error", "server_error"]},
                    "param": {"type": ["string", "null"]},
                    "code": {"type": ["string", "null"]},
                },
            }
        },
    },
}
_NOT_READY: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["ready", "reason"],
    "properties": {"ready": {"const": False}, "reason": {"type": "string"}},
}


def describe(app: FastAPI) -> dict[str, Any]:
    """The description of all routes of `app`."""
    description = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    shared = description["components"]["schemas"]
    for path, methods in description["paths"].items():
        for route in methods.values():
            _share_definitions(route, shared)
            _add_errors(route, path)
    for unused in ("HTTPValidationError", "ValidationError"):
        shared.pop(unused, None)
    shared.update(_SCHEMAS)
    return description


def _add_errors(route: dict[str, Any], path: str) -> None:
    responses = route["responses"]
    responses.pop("422", None)  # what FastAPI would answer: here it is 400, in the form of all errors
    form = {"$ref": f"#/components/schemas/{OPENAI if path.startswith(('/v1/', '/tts/')) else OWN}"}
    content = {"application/json": {"schema": form}}
    # Foreign host names and origins are refused before any route, in plain text.
    refused = {**content, "text/plain": {"schema": {"type": "string"}}}
    responses.setdefault("4XX", {"description": "The request is refused", "content": refused})
    if path == "/ready":
        content = {"application/json": {"schema": _NOT_READY}}
    responses.setdefault("5XX", {"description": "The server cannot answer now", "content": content})


def _share_definitions(route: dict[str, Any], shared: dict[str, Any]) -> None:
    """Move the definitions of a route that describes its own body to where references of all routes lead."""
    for content in route.get("requestBody", {}).get("content", {}).values():
        shared.update(content["schema"].pop("$defs", {}))
