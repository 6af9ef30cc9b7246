"""Counters and histograms for `/metrics`, in the format of Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from weakref import WeakSet

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from makima.engines.protocol import Engine, Observable
from makima.errors import MakimaError
from makima.server.monitoring import scope as scopes
from makima.server.monitoring.stalls import Stalls

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_DOOR = ("door",)
_WAITS_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_FIRST_AUDIO_S = (0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0)
_ONSETS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_FACTORS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.0, 1.25, 1.5, 2.0, 5.0)
_STAGES_S = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0)


class Metrics:
    """One server's figures, in a registry of its own. Where there is a label `door`, it is that of the scope."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._sessions = self._gauge("sessions", "Sessions that speak and are open", _DOOR)
        self._listening = self._gauge("listening", "Sessions that listen and are open", _DOOR)
        self._heard = self._counter("heard", "Utterances that were recognised", _DOOR)
        self._errors = self._counter("errors", "Errors sent, by code", ("code", "door"))
        self._counted: WeakSet[MakimaError] = WeakSet()
        self._stages = self._histogram(
            "reply_stage_seconds",
            "From the end of speech to the first audio of the reply: each stage, and their total",
            _STAGES_S,
            ("stage",),
        )
        self.interruptions = self._counter("interruptions", "Replies that were spoken over")
        # What is known of utterances, see `UtteranceWatch`:
        self.active = self._gauge("active", "Utterances that are being spoken, or wait for the engine", _DOOR)
        self.utterances = self._counter("utterances", "Utterances by how they ended", ("outcome", "door"))
        self.audio_seconds = self._counter("audio_seconds", "Audio sent", _DOOR)
        self.first_audio = self._histogram(
            "first_audio_seconds", "From the utterance's turn to its first audio", _FIRST_AUDIO_S, _DOOR
        )
        self.queue_wait = self._histogram(
            "queue_wait_seconds", "From when an utterance could begin to when the engine began", _WAITS_S, _DOOR
        )
        self.real_time_factor = self._histogram(
            "real_time_factor", "How long audio was waited for, over its length", _FACTORS, _DOOR
        )
        self.tasks = self._gauge("tasks", "Tasks of the event loop", ())
        self.onset = self._histogram(
            "onset_seconds", "Silence that an utterance's audio begins with, after trimming", _ONSETS_S, _DOOR
        )

    def session(self) -> AbstractContextManager[object]:
        """A session that speaks, while it is open."""
        return self._sessions.labels(scopes.current().door).track_inprogress()

    def listening_session(self) -> AbstractContextManager[object]:
        """A session that listens, while it is open."""
        return self._listening.labels(scopes.current().door).track_inprogress()

    def count_heard(self) -> None:
        """Count an utterance that was recognised."""
        self._heard.labels(scopes.current().door).inc()

    def count_error(self, exc: MakimaError) -> None:
        """Count an error that a client is sent, unless it has ended an utterance and was counted as that."""
        if exc not in self._counted:
            self.count_failed(exc, scopes.current().door)

    def count_failed(self, exc: MakimaError, door: str) -> None:
        """Count an error that has ended an utterance. One error may end many, and is counted for each."""
        self._counted.add(exc)
        self._errors.labels(exc.code, door).inc()

    def reply_stage(self, stage: str, took_s: float) -> None:
        """A stage of a reply has taken so long."""
        self._stages.labels(stage).observe(took_s)

    def observe(self, engine: Engine, stalls: Stalls) -> None:
        """Report the engine's figures too, if it has any, and whether it stalls."""
        stalled = self._gauge("engine_stalled", "1 while the engine makes no audio that it owes", ())
        stalled.set_function(lambda: float(stalls.stalled_s is not None))
        if isinstance(engine, Observable):
            self._registry.register(_EngineCollector(engine))

    def render(self) -> bytes:
        return generate_latest(self._registry)

    def _gauge(self, name: str, about: str, labels: tuple[str, ...]) -> Gauge:
        return Gauge(f"makima_{name}", about, labels, registry=self._registry)

    def _counter(self, name: str, about: str, labels: tuple[str, ...] = ()) -> Counter:
        return Counter(f"makima_{name}", about, labels, registry=self._registry)

    def _histogram(self, name: str, about: str, buckets: tuple[float, ...], labels: tuple[str, ...]) -> Histogram:
        return Histogram(f"makima_{name}", about, labels, buckets=buckets, registry=self._registry)


class _EngineCollector(Collector):
    """An engine's figures, read each time the metrics are."""

    def __init__(self, engine: Observable) -> None:
        self._engine = engine

    def collect(self) -> Iterator[Metric]:
        figures = self._engine.figures()
        yield GaugeMetricFamily("makima_engine_slots", "Utterances that the engine speaks at once", figures.slots)
        yield GaugeMetricFamily("makima_engine_speaking", "Slots that are taken", figures.speaking)
        yield GaugeMetricFamily("makima_engine_waiting", "Utterances that wait for a slot", figures.waiting)
        guards = CounterMetricFamily("makima_guards", "How often each guard has acted", labels=["guard"])
        for guard, count in figures.guards.items():
            guards.add_metric([guard], count)
        yield guards
