"""What an endpoint says about its refusal, and when it may be asked again."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.llm.refusals import MAX_QUOTED_CHARACTERS, MAX_RETRY_AFTER_S, refusal, retry_after_s, sentence, wait_s
from makima.server.wire import error

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [
        (None, None),
        ("3", 3.0),
        (" 3 ", 3.0),
        ("0.5", 0.5),
        ("1e2", 100.0),
        ("-3", 0.0),
        ("9" * 30, MAX_RETRY_AFTER_S),
        ("9" * 400, MAX_RETRY_AFTER_S),
        ("inf", MAX_RETRY_AFTER_S),
        ("nan", None),
        ("7, 7", 7.0),
        ("Tue, 24 Nov 2026 12:00:09 GMT", 9.0),
        ("Tuesday, 24-Nov-26 12:00:09 GMT", 9.0),
        ("Tue Nov 24 12:00:09 2026", 9.0),
        ("2026-11-24T12:00:09Z", 9.0),
        ("2026-11-24T13:00:09+01:00", 9.0),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", MAX_RETRY_AFTER_S),
        ("Tue, 24 Nov 99999999999 12:00:09 GMT", None),
        ("", None),
        ("x", None),
        ("5s", 5.0),
        ("1m30s", 90.0),
        ("2 minutes", 120.0),
        ("250ms", 0.25),
        ("5 bananas", None),
    ],
)
def test_retry_after(header: str | None, wait_s: float | None) -> None:
    assert retry_after_s(header, NOW) == wait_s


@given(st.text() | st.from_regex(r"[0-9eE+.,:a-zA-Z -]{0,40}"))
def test_any_retry_after_is_a_wait_or_none(header: str) -> None:
    wait = retry_after_s(header, NOW)
    assert wait is None or 0 <= wait <= MAX_RETRY_AFTER_S


def test_milliseconds_are_more_exact() -> None:
    assert wait_s({"retry-after-ms": "250", "retry-after": "1"}, NOW) == 0.25


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (503, b"", "it answers 503 Service Unavailable."),
        (307, b"", "it answers 307 Temporary Redirect. Is MAKIMA_LLM_BASE_URL right?"),
        (503, b'{"error": null}', "it answers 503 Service Unavailable."),
        (503, b"null", "it answers 503 Service Unavailable."),
        (503, b"{}", "it answers 503 Service Unavailable."),
        (503, b'{"error": {"code": 7, "message": null}}', "it answers 503 Service Unavailable."),
        (503, b"  \n", "it answers 503 Service Unavailable."),
        (503, b"<html>Bad gateway</html>", "it answers 503 Service Unavailable."),
        (503, b"try later", "it answers 503 Service Unavailable: try later."),
        (503, b"try later!", "it answers 503 Service Unavailable: try later!"),
        (400, b'{"error": "no"}', "it answers 400 Bad Request: no."),
        (400, b'{"error": {"message": "no"}}', "it answers 400 Bad Request: no."),
        (400, b'[{"error": {"message": "no"}}]', "it answers 400 Bad Request: no."),
        (400, b'{"detail": [{"loc": ["body"], "msg": "no"}]}', "it answers 400 Bad Request: no."),
        (400, b'{"message": "no', 'it answers 400 Bad Request: {"message": "no.'),
        (400, b"\xef\xbb\xbfno", "it answers 400 Bad Request: no."),
        (599, b"no", "it answers 599: no."),
    ],
)
def test_what_is_said_of_it(status: int, body: bytes, words: str) -> None:
    assert str(refusal(httpx.Response(status), body)) == f"chat model: {words}"


@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda each: st.lists(each) | st.dictionaries(st.text(), each))
)
def test_any_json_is_one_line(value: object) -> None:
    said = str(refusal(httpx.Response(503), json.dumps(value).encode()))
    assert len(said) < MAX_QUOTED_CHARACTERS + 60
    assert "\n" not in said
    assert ".." not in said.replace("…", "") or ".." in json.dumps(value)


@pytest.mark.parametrize(("text", "shown"), [("", ""), (" a\n b ", "a b."), ("a?", "a?"), ("好。", "好。")])
def test_a_sentence(text: str, shown: str) -> None:
    assert sentence(text) == shown


@pytest.mark.parametrize("header", ["9" * 400, "0.5", "x"])
def test_every_wait_can_be_told(header: str) -> None:
    told = error(refusal(httpx.Response(429, headers={"retry-after": header}), b""))
    assert told.get("retryAfterMs") in (None, 500, MAX_RETRY_AFTER_S * 1000)
