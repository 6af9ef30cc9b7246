"""What an error is in HTTP and on a socket. Only this module holds status codes of errors and close codes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from makima.errors import CapacityError, InvalidMessage, KeysUnavailable, MakimaError, NotFound
from makima.server import wire

STATUS: Mapping[str, int] = MappingProxyType(
    {
        "INVALID_MESSAGE": 400,
        "INVALID_TEXT": 400,
        "INVALID_AUDIO": 400,
        "INVALID_DOCUMENT": 400,
        "UNAUTHORIZED": 401,
        "FORBIDDEN": 403,
        "VOICE_NOT_FOUND": 404,
        "NOT_FOUND": 404,
        "TIMEOUT": 408,
        "WRONG_STATE": 409,
        "RATE_LIMITED": 429,
        "CANCELLED": 499,
        "SYNTHESIS_ERROR": 500,
        "RECOGNITION_ERROR": 500,
        "UPSTREAM_ERROR": 502,
        "MODEL_LOADING": 503,
        "TTS_LOAD_FAILED": 503,
        "GPU_OUT_OF_MEMORY": 503,
    }
)

OK = 200
BAD_REQUEST = 400
FORBIDDEN = 403
_HOSTED_PATHS = ("/v1/", "/v2/", "/tts/", "/voices/")
"""Below these are the routes that clients of other services ask for."""
NOT_FOUND = 404
INTERNAL = 500
NOT_READY = 503

CLOSE_NORMAL = 1000
CLOSE_GOING_AWAY = 1001
CLOSE_POLICY = 1008
CLOSE_INTERNAL = 1011
CLOSE_LOST = 1006
"""What is reported for a connection that ended without a close frame (RFC 6455, 7.4.1)."""
_CLOSE = {
    "UNAUTHORIZED": 4401,
    "RATE_LIMITED": 4429,
    # What the client asked for, and no failure of the server.
    "INVALID_MESSAGE": CLOSE_POLICY,
    "VOICE_NOT_FOUND": CLOSE_POLICY,
}


def close_code(exc: MakimaError) -> int:
    """The code that closes a socket whose session ends with `exc`."""
    return _CLOSE.get(exc.code, CLOSE_INTERNAL)


def status(exc: MakimaError) -> int:
    """The HTTP status of `exc`, which some sockets report too."""
    return NOT_READY if isinstance(exc, KeysUnavailable) else STATUS.get(exc.code, INTERNAL)


def response(exc: MakimaError) -> JSONResponse:
    """The HTTP answer to `exc`: the socket's `error` message as its body."""
    headers = {}
    if isinstance(exc, CapacityError):
        headers["Retry-After"] = str(max(1, math.ceil(exc.retry_after_s)))
    if exc.code == "UNAUTHORIZED":
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(wire.error(exc), status(exc), headers)


def shutdown_response(exc: CapacityError) -> JSONResponse:
    """The HTTP answer to a request that a shutdown did not wait for."""
    answer = response(exc)
    answer.status_code = NOT_READY
    answer.headers["Connection"] = "close"
    return answer


def openai_response(exc: MakimaError, also: Mapping[str, object] = MappingProxyType({})) -> JSONResponse:
    """The HTTP answer to `exc` in the shape OpenAI's clients read, with fields that clients of another service read."""
    answer = response(exc)
    kind = "invalid_request_error" if answer.status_code < INTERNAL else "server_error"
    error = {"message": str(exc), "type": kind, "param": None, "code": exc.code.lower()}
    headers = {name: value for name, value in answer.headers.items() if name in ("retry-after", "www-authenticate")}
    return JSONResponse({"error": error, **also}, answer.status_code, headers)


def openai_not_found(exc: MakimaError, param: str) -> JSONResponse:
    """The HTTP answer where what `param` names does not exist, in the shape OpenAI's clients read."""
    error = {"message": str(exc), "type": "invalid_request_error", "param": param, "code": f"{param}_not_found"}
    return JSONResponse({"error": error}, NOT_FOUND)


def unrouted(method: str, path: str, exc: HTTPException) -> JSONResponse:
    """The answer to a request that no route takes: 404, or 405 where another method would be taken."""
    what = f"{method} {path}"[:200]
    if exc.status_code == NOT_FOUND:
        found: MakimaError = NotFound(f"There is no {what} here.", mend="GET /openapi.json lists what there is.")
    else:
        taken = (exc.headers or {}).get("Allow", "")
        found = InvalidMessage(f"{what} is not taken.", mend=f"Use {taken}." if taken else None)
    answer = openai_response(found) if path.startswith(_HOSTED_PATHS) else response(found)
    answer.status_code = exc.status_code
    answer.headers.update(exc.headers or {})
    return answer
