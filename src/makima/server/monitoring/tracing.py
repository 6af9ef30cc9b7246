"""Traces by OpenTelemetry: a span for each request or session, and in it one for each utterance.

Off unless `OTEL_EXPORTER_OTLP_ENDPOINT` is set. No span holds anything of a text. The packages are in the extra
`tracing`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from makima import __version__, installation
from makima.config import Settings
from makima.errors import ConfigError, MakimaError
from makima.server.monitoring.scope import Scope

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter


def open_tracing(settings: Settings) -> Tracing | None:
    """Traces as the settings say; None where they name no endpoint.

    Raises: ConfigError where the packages are missing
    """
    if not settings.otlp_endpoint:
        return None
    if find_spec("opentelemetry.sdk") is None or find_spec("opentelemetry.exporter.otlp.proto.http") is None:
        raise ConfigError(
            "OTEL_EXPORTER_OTLP_ENDPOINT", "Traces need OpenTelemetry.", mend=installation.run_install("tracing")
        )
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return Tracing(settings.otlp_service, OTLPSpanExporter(f"{settings.otlp_endpoint.rstrip('/')}/v1/traces"))


class Tracing:
    """Makes spans, and sends them in a thread of its own."""

    def __init__(self, service: str, exporter: SpanExporter) -> None:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        resource = Resource.create({"service.name": service, "service.version": __version__})
        self._provider: TracerProvider = TracerProvider(resource=resource)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self.tracer = self._provider.get_tracer("makima", __version__)

    @contextmanager
    def entrance(self, scope: Scope, name: str, headers: Mapping[str, str]) -> Iterator[Scope]:
        """A span around a request or a session, below the one that its `traceparent` names. Yields its scope."""
        from opentelemetry.trace import SpanKind, set_span_in_context
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        above = TraceContextTextMapPropagator().extract(dict(headers.items()))
        span = self.tracer.start_span(name, above, SpanKind.SERVER, _attributes(scope))
        try:
            yield replace(scope, trace=set_span_in_context(span, above))
        finally:
            span.end()

    def utterance(self, scope: Scope) -> UtteranceSpans:
        """The spans of an utterance that begins now."""
        return UtteranceSpans(self, scope)

    def span(self, name: str, scope: Scope, above: Context | None, began_ns: int, ended_ns: int) -> None:
        """A span that is over."""
        self.tracer.start_span(name, above, attributes=_attributes(scope), start_time=began_ns).end(ended_ns)

    def close(self) -> None:
        """Send what waits. Blocks."""
        self._provider.shutdown()


class UtteranceSpans:
    """The span of an utterance, and in it those of its wait for the engine and for its first audio."""

    def __init__(self, tracing: Tracing, scope: Scope) -> None:
        from opentelemetry.trace import set_span_in_context

        self._tracing = tracing
        self._scope = scope
        self._span = tracing.tracer.start_span("utterance", scope.trace, attributes=_attributes(scope))
        self._inside = set_span_in_context(self._span, scope.trace)

    def queued(self, wait_s: float, since_s: float) -> None:
        """It waited `wait_s` for the engine, until `since_s` ago."""
        until_ns = time.time_ns() - _ns(since_s)
        self._tracing.span("queue wait", self._scope, self._inside, until_ns - _ns(wait_s), until_ns)

    def first_audio(self, after_s: float) -> None:
        """Its first audio is ready."""
        now_ns = time.time_ns()
        self._tracing.span("first audio", self._scope, self._inside, now_ns - _ns(after_s), now_ns)

    def ended(self, outcome: str, audio_s: float, characters: int, error: MakimaError | None) -> None:
        """It is over."""
        from opentelemetry.trace import Status, StatusCode

        self._span.set_attributes(
            {"makima.outcome": outcome, "makima.audio_seconds": audio_s, "makima.characters": characters}
        )
        if error is not None:
            self._span.set_attribute("error.type", error.code)
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


def _attributes(scope: Scope) -> dict[str, str]:
    ids = {"makima.door": scope.door, "session.id": scope.session_id, "makima.request_id": scope.request_id}
    return {name: value for name, value in ids.items() if value is not None}


def _ns(seconds: float) -> int:
    return round(seconds * 1e9)
