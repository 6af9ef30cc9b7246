"""How the server logs: as lines for people, or as JSON with the ids of session and request.

In JSON there is nothing of what users say or have spoken, unless the settings ask for it: of an exception only its type
and its frames are kept, as its message may quote a text.
"""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, TypeAlias

from makima.config import Settings
from makima.errors import MakimaError
from makima.server.monitoring import scope as scopes

ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None]

CHATTY: Final = ("uvicorn", "httpx", "httpcore", "websockets", "opentelemetry", "asyncio")
"""Libraries whose lines below a warning are of no use here, and may hold what was sent."""

_access = logging.getLogger("makima.access")


def access(event: str, **fields: object) -> None:
    """Log an event of a request, a session or an utterance. In lines for people only at the level debug."""
    _access.info(event, extra={"fields": {name: value for name, value in fields.items() if value is not None}})


def configure(settings: Settings, for_people: logging.Handler) -> None:
    """Set up logging as the settings say. Lines for people go to the handler that is given."""
    handler = for_people
    if settings.log_format == "json":
        handler = logging.StreamHandler()
        handler.setFormatter(JsonFormatter(with_text=settings.log_text))
    elif settings.log_level != "debug":
        _access.setLevel(logging.WARNING)
    logging.basicConfig(level=settings.log_level.upper(), format="%(message)s", handlers=[handler])
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message, door, session, request, and the event's fields."""

    def __init__(self, *, with_text: bool = False) -> None:
        super().__init__()
        self._with_text = with_text

    def format(self, record: logging.LogRecord) -> str:
        scope = scopes.current()
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._message(record),
        }
        ids = {"door": scope.door, "session": scope.session_id, "request": scope.request_id}
        line |= {name: value for name, value in ids.items() if value is not None and value != scopes.OTHER}
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = self._exception(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)

    def _message(self, record: logging.LogRecord) -> str:
        if self._with_text or not isinstance(record.args, tuple):
            return record.getMessage()
        args = tuple(_type_of(arg) if isinstance(arg, BaseException) else arg for arg in record.args)
        return str(record.msg) % args if args else str(record.msg)

    def _exception(self, info: ExcInfo) -> str:
        if self._with_text:
            return "".join(traceback.format_exception(*info)).strip()
        frames = traceback.extract_tb(info[2])
        where = "; ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
        return f"{_type_of(info[1])} at {where}" if where else _type_of(info[1])


def _type_of(exc: BaseException) -> str:
    """An exception without its message; an error of ours also by its code."""
    name = type(exc).__name__
    return f"{name} ({exc.code})" if isinstance(exc, MakimaError) else name
