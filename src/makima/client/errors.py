"""What goes wrong at the server, as an exception."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ServerError(Exception):
    """The server refused, or failed. `code` is one of docs/protocol.md, or `CONNECTION`.

    Units: retry_after_s in seconds, None where the server names no time
    """

    def __init__(
        self, code: str, message: str, *, recoverable: bool = False, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.recoverable = recoverable
        self.retry_after_s = retry_after_s

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> ServerError:
        """The exception for an `error` message."""
        wait_ms = fields.get("retryAfterMs")
        return cls(
            str(fields.get("code", "UNKNOWN")),
            str(fields.get("message", "The server failed.")),
            recoverable=bool(fields.get("recoverable")),
            retry_after_s=None if wait_ms is None else float(wait_ms) / 1000,
        )
