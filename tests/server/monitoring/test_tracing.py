"""`makima.server.monitoring.tracing`: the spans that a collector gets."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest

from makima.engines.fake import FAIL_WORD
from makima.errors import ConfigError
from makima.server.monitoring import tracing
from tests.conftest import StartServer
from tests.support.server.client import speak_client
from tests.support.server.servers import make_settings

trace_service = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")

TRACE_ID, ABOVE = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


class Collector(HTTPServer):
    """What traces are sent to. Keeps the spans."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.spans: list[Any] = []
        self.services: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def named(self, name: str) -> Any:
        (span,) = [span for span in self.spans if span.name == name]
        return span


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert self.path == "/v1/traces"
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert isinstance(self.server, Collector)
        for resource in trace_service.ExportTraceServiceRequest.FromString(body).resource_spans:
            self.server.services.add(attributes_of(resource.resource)["service.name"])
            self.server.spans += [span for scope in resource.scope_spans for span in scope.spans]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def attributes_of(span: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes}


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


async def test_a_request_and_its_utterance(start_server: StartServer, collector: Collector) -> None:
    server = start_server(otlp_endpoint=collector.url + "/", otlp_service="speech-1")
    headers = {"traceparent": f"00-{TRACE_ID}-{ABOVE}-01", "x-request-id": "r1"}
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, headers=headers) as http:
        assert (await http.post("/v1/audio/speech", json={"input": "Hello.", "model": "tts-1"})).status_code == 200
    server.stop()
    assert collector.services == {"speech-1"}
    door, utterance = collector.named("POST openai"), collector.named("utterance")
    queue, first = collector.named("queue wait"), collector.named("first audio")
    assert {span.trace_id.hex() for span in collector.spans} == {TRACE_ID}
    assert door.parent_span_id.hex() == ABOVE
    assert utterance.parent_span_id == door.span_id
    assert queue.parent_span_id == first.parent_span_id == utterance.span_id
    for span in (queue, first):
        assert utterance.start_time_unix_nano - 10_000_000 <= span.start_time_unix_nano
        assert span.start_time_unix_nano <= span.end_time_unix_nano <= utterance.end_time_unix_nano
    told = attributes_of(utterance)
    assert told.pop("makima.audio_seconds") == pytest.approx(0.24)
    assert told == {
        "makima.door": "openai",
        "makima.request_id": "r1",
        "makima.outcome": "end",
        "makima.characters": 6,
    }


async def test_a_session_and_an_utterance_that_fails(start_server: StartServer, collector: Collector) -> None:
    server = start_server(otlp_endpoint=collector.url)
    async with speak_client(server.url) as client:
        await client.say(FAIL_WORD)
        session_id = client.ready["sessionId"]
    server.stop()
    session, utterance = collector.named("session speak"), collector.named("utterance")
    assert utterance.parent_span_id == session.span_id
    assert utterance.status.code == 2
    assert attributes_of(utterance)["error.type"] == "SYNTHESIS_ERROR"
    assert attributes_of(session)["session.id"] == attributes_of(utterance)["session.id"] == session_id
    assert FAIL_WORD not in str(collector.spans)


def test_it_is_off_by_default() -> None:
    assert tracing.open_tracing(make_settings()) is None
    assert tracing.open_tracing(make_settings(otlp_endpoint="")) is None


def test_the_packages_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"OTEL_EXPORTER_OTLP_ENDPOINT.*tracing"):
        tracing.open_tracing(make_settings(otlp_endpoint="http://127.0.0.1:4318"))
