"""`makima.server.monitoring.logs`: JSON lines with ids, and without what was said."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from makima.config import load_settings
from makima.errors import ConfigError, SynthesisFailed
from makima.server.monitoring import logs
from makima.server.monitoring import scope as scopes
from makima.server.monitoring.logs import JsonFormatter
from makima.server.monitoring.scope import Scope
from tests.support.server.servers import ProcessServer
from tests.support.server.streams import eventually

SECRET = "zebra marmalade"


@pytest.fixture
def in_a_scope() -> Iterator[None]:
    before = scopes.current()
    scopes.enter(Scope("speak", "s1", "r1"))
    yield
    scopes.enter(before)


def line(message: str, *args: object, exc: BaseException | None = None, with_text: bool = False) -> dict[str, Any]:
    info = (type(exc), exc, exc.__traceback__) if exc is not None else None
    record = logging.LogRecord("makima.x", logging.WARNING, "x.py", 1, message, args, info)
    parsed: dict[str, Any] = json.loads(JsonFormatter(with_text=with_text).format(record))
    return parsed


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as exc:  # noqa: BLE001 - for its traceback
        return exc


@pytest.mark.usefixtures("in_a_scope")
def test_a_line() -> None:
    made = line("loading %s %d", "it", 3)
    assert made.pop("time").endswith("+00:00")
    assert made == {
        "level": "warning",
        "logger": "makima.x",
        "message": "loading it 3",
        "door": "speak",
        "session": "s1",
        "request": "r1",
    }


def test_outside_of_any_request_there_are_no_ids() -> None:
    assert set(line("It starts.")) == {"time", "level", "logger", "message"}


@pytest.mark.parametrize("with_text", [False, True])
def test_exceptions_may_quote_a_text(with_text: bool) -> None:
    made = json.dumps(line("failed: %s", ValueError(SECRET), exc=raised(ValueError(SECRET)), with_text=with_text))
    assert (SECRET in made) == with_text
    assert "ValueError" in made
    assert "test_logs.py" in made


def test_an_error_of_ours_is_told_by_its_code() -> None:
    assert line("no reply: %s", SynthesisFailed(SECRET))["message"] == "no reply: SynthesisFailed (SYNTHESIS_ERROR)"


def test_fields_without_a_value_are_left_out(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "makima.access"):
        logs.access("utterance", outcome="end", error=None)
    (record,) = caplog.records
    assert json.loads(JsonFormatter().format(record))["outcome"] == "end"
    assert "error" not in json.loads(JsonFormatter().format(record))


def events(server: ProcessServer) -> list[dict[str, Any]]:
    return [json.loads(printed) for printed in server.printed]


@pytest.mark.parametrize("with_text", [False, True])
def test_a_server_at_its_most_talkative(tmp_path: Path, with_text: bool) -> None:
    settings = {"MAKIMA_LOG_FORMAT": "json", "MAKIMA_LOG_LEVEL": "debug", "MAKIMA_LOG_TEXT": str(int(with_text))}
    with ProcessServer(tmp_path, TTS_ENGINE="espeak", MAKIMA_STT="none", **settings) as server:
        headers = {"x-request-id": "mine-1"}
        for path, body in (("/api/v1/tts", {"text": SECRET}), ("/v1/audio/speech", {"input": SECRET, "model": "x"})):
            answer = httpx.post(server.url + path, json=body, headers=headers, trust_env=False, timeout=20)
            assert answer.status_code == 200
            assert answer.headers["x-request-id"] == "mine-1"
        httpx.get(f"{server.url}/{SECRET}?text={SECRET}", trust_env=False)
        httpx.get(f"{server.url}/health", trust_env=False)
        with connect(server.url.replace("http", "ws") + "/api/v1/speak", proxy=None) as socket:
            session = json.loads(socket.recv())["sessionId"]
            socket.send(json.dumps({"type": "speak", "text": SECRET, "requestId": "u1"}))
            while isinstance(told := socket.recv(), bytes) or json.loads(told)["type"] != "complete":
                pass
        assert eventually(lambda: any(event["message"] == "session closed" for event in events(server)))
        printed = events(server)
    assert (SECRET in "".join(server.printed)) == with_text
    spoken = [event for event in printed if event["message"] == "utterance"]
    assert [(event["door"], event["outcome"]) for event in spoken] == [
        *(("tts", "end"), ("openai", "end"), ("speak", "end")),
    ]
    assert [event.get("request") for event in spoken] == ["mine-1", "mine-1", "u1"]
    assert spoken[2]["session"] == session
    assert {"characters", "audioSeconds", "firstAudioMs", "queueMs", "realTimeFactor"} <= set(spoken[0])
    requests = {
        event["route"]: event["status"] for event in printed if event["message"] == "request" and "route" in event
    }
    assert requests == {"/api/v1/tts": 200, "/v1/audio/speech": 200}


def test_lines_for_people_are_few(tmp_path: Path) -> None:
    with ProcessServer(tmp_path, TTS_ENGINE="espeak", MAKIMA_STT="none") as server:
        httpx.post(server.url + "/api/v1/tts", json={"text": "Hello."}, trust_env=False, timeout=20)
    assert not any("utterance" in printed for printed in server.printed if "capacity:" not in printed)


def test_a_format_there_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAKIMA_LOG_FORMAT", "xml")
    with pytest.raises(ConfigError, match="MAKIMA_LOG_FORMAT"):
        load_settings()
