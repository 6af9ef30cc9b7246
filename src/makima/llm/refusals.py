"""What an endpoint's refusal means: an error that says whether to try again, when, and what to change."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from makima.errors import UpstreamError

SERVICE = "chat model"
MAX_QUOTED_CHARACTERS = 300

MAX_RETRY_AFTER_S = 86_400.0
"""A day: an endpoint that asks for more is out of order, or its quota is used up, and tomorrow is soon enough."""

_MENDS = {
    401: "Is MAKIMA_LLM_API_KEY right?",
    403: "Is MAKIMA_LLM_API_KEY right?",
    404: "Are MAKIMA_LLM_BASE_URL and MAKIMA_LLM_MODEL right?",
}
_AMOUNT = r"(?:(\d{1,9}(?:\.\d{1,6})?)\s?"
_DURATION = re.compile(
    rf"{_AMOUNT}h(?:ours?|rs?)?)?\s?{_AMOUNT}m(?:in(?:ute)?s?)?)?\s?{_AMOUNT}s(?:ec(?:ond)?s?)?)?\s?{_AMOUNT}ms)?"
)
_SECRET = re.compile(r"//[^/@]*@")
_REASONS = ("message", "detail", "details", "error", "errors", "reason", "msg", "title", "error_description")


def refusal(response: httpx.Response, body: bytes) -> UpstreamError:
    """The error for an answer that is not 200; `body` is what it says about itself, or the beginning of that."""
    status = response.status_code
    name = f"{status} {response.reason_phrase}".strip()
    said = sentence(_said(body))
    return UpstreamError(
        SERVICE,
        f"it answers {name}{f': {said}' if said else '.'}",
        retryable=status in (408, 409, 425, 429) or status >= 500,
        retry_after_s=wait_s(response.headers, datetime.now(UTC)),
        mend=_moved(response) if response.is_redirect else _MENDS.get(status),
    )


def without_password(address: str) -> str:
    """`address` as it may be shown to those who are told of an error."""
    return _SECRET.sub("//", address)


def wait_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """The wait that an answer's headers ask for, or None."""
    if (ms := _number(headers.get("retry-after-ms"))) is not None:  # some say it more exactly
        return _bounded(ms / 1000)
    return retry_after_s(headers.get("retry-after"), now)


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """The wait that a `Retry-After` asks for, in seconds or by a date; None where it says nothing of use.

    Units: 0 to `MAX_RETRY_AFTER_S`
    """
    if header is None:
        return None
    if (seconds := _number(header)) is not None:
        return _bounded(seconds)
    at = _date(header.strip())
    if at is not None:
        return _bounded((at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())
    if (seconds := _duration(header)) is not None:
        return _bounded(seconds)
    first, several, _ = header.partition(",")  # a proxy has added its own
    return _bounded(seconds) if several and (seconds := _number(first)) is not None else None


def sentence(text: str) -> str:
    """`text` as a sentence on one line, no longer than is read; empty where there is none."""
    line = " ".join(text.split())
    if len(line) > MAX_QUOTED_CHARACTERS:
        return f"{line[:MAX_QUOTED_CHARACTERS]}…"
    return line if not line or line.endswith((".", "!", "?", "…", "。", "！", "？")) else f"{line}."


def reason_in(value: object, depth: int = 4) -> str:
    """What an error says, in whatever field of it; empty where it says nothing."""
    if isinstance(value, str):
        return value
    if depth and isinstance(value, dict):
        return next((said for name in _REASONS if (said := reason_in(value.get(name), depth - 1))), "")
    if depth and isinstance(value, list):
        return next((said for each in value[:10] if (said := reason_in(each, depth - 1))), "")
    return ""


def _said(body: bytes) -> str:
    text = body.decode(errors="replace").removeprefix("\ufeff").strip()
    if text.startswith("<"):  # a page of a proxy: nothing of it helps
        return ""
    if not text.startswith(("{", "[", '"')) and text != "null":
        return text
    try:
        return reason_in(json.loads(text))
    except (ValueError, RecursionError):  # cut off, or only like JSON
        return text


def _moved(response: httpx.Response) -> str:
    to = without_password(response.headers.get("location", ""))
    shown = f" It points to {to[:MAX_QUOTED_CHARACTERS]}" if to.isprintable() and to else ""
    return f"Is MAKIMA_LLM_BASE_URL right?{shown}"


def _duration(text: str) -> float | None:
    """`1m30s`, `5 seconds`: no standard has them, some gateways write them."""
    parts = _DURATION.fullmatch(text.strip().lower())
    if parts is None or not text.strip():
        return None
    hours, minutes, seconds, ms = (float(part or 0) for part in parts.groups())
    return 3600 * hours + 60 * minutes + seconds + ms / 1000


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _bounded(seconds: float) -> float:
    return min(max(0.0, seconds), MAX_RETRY_AFTER_S)


def _date(text: str) -> datetime | None:
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            return read(text)
        except (ValueError, OverflowError, TypeError, IndexError):
            continue
    return None
