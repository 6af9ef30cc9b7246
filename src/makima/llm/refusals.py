"""What an endpoint's refusal means: an error that says whether to try again, when, and what to change."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from makima.errors import UpstreamError

SERVICE = "chat model"
MAX_QUOTED_CHARACTERS = 300

_MENDS = {
    401: "Is MAKIMA_LLM_API_KEY right?",
    403: "Is MAKIMA_LLM_API_KEY right?",
    404: "Are MAKIMA_LLM_BASE_URL and MAKIMA_LLM_MODEL right?",
}


def refusal(response: httpx.Response, body: bytes) -> UpstreamError:
    """The error for an answer that is not 200; `body` is what it says about itself, or the beginning of that."""
    status = response.status_code
    said = _said(body)
    return UpstreamError(
        SERVICE,
        f"it answers {status} {response.reason_phrase}{f': {said}' if said else '.'}",
        retryable=status in (408, 409, 425, 429) or status >= 500,
        retry_after_s=retry_after_s(response.headers.get("retry-after"), datetime.now(UTC)),
        mend=_MENDS.get(status),
    )


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """The wait that a `Retry-After` asks for, in seconds or by a date; None where it says nothing of use."""
    if header is None:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())


def shortened(text: str) -> str:
    """`text` as a sentence on one line, no longer than is read."""
    line = " ".join(text.split())
    if len(line) > MAX_QUOTED_CHARACTERS:
        return f"{line[:MAX_QUOTED_CHARACTERS]}…"
    return line if line.endswith((".", "!", "?")) else f"{line}."


def _said(body: bytes) -> str:
    text = body.decode(errors="replace")
    try:
        fields = json.loads(text)
        error = fields.get("error", fields)
        text = error if isinstance(error, str) else error["message"]
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError):
        if text.lstrip().startswith("<"):  # a page of a proxy: nothing of it helps
            return ""
    return shortened(str(text))
