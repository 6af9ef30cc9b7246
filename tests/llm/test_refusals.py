"""When an endpoint that refuses may be asked again. Its statuses are tested over HTTP, in test_openai.py."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from makima.llm.refusals import retry_after_s


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [
        (None, None),
        ("3", 3.0),
        ("Tue, 24 Nov 2026 12:00:09 GMT", 9.0),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
        ("x", None),
    ],
)
def test_retry_after(header: str | None, wait_s: float | None) -> None:
    assert retry_after_s(header, datetime(2026, 11, 24, 12, tzinfo=UTC)) == wait_s
